import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawnCli, withTempDir } from '@damonlab/testkit';
import { describe, expect, it } from 'vitest';
import { BIN, groupLives, json, onlyRun, recording, start, writeStairs } from './cli.js';

/** Long enough that nobody sees its end. */
const FOREVER = ['--repeat', '1000'];

const stateOf = (run: string): unknown => JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8')).state;

async function reported(run: string): Promise<{ state: unknown; n_snap: number; stderr: string }> {
  const { status, stdout, stderr } = await spawnCli(['report', 'summary', run, '--format', 'json']);
  expect(status).toBe(0);
  const { state, n_snap } = json(stdout);
  return { state, n_snap: Number(n_snap), stderr };
}

describe.each(['threads', 'inline'])('a run by %s', (executor) => {
  it('that is stopped by Ctrl-C keeps what it has, says so, and leaves nothing running', async () => {
    await withTempDir(async (dir) => {
      const running = start(['run', writeStairs(dir), ...FOREVER, '--json', '--executor', executor], dir);
      const run = await recording(join(dir, 'runs'), running);
      running.child.kill('SIGINT');
      const { status, stdout, stderr } = await running.ended;
      expect(status).toBe(130);
      expect(json(stdout)).toMatchObject({ state: 'interrupted', summary: { reason: 'stopped by the user' } });
      expect(stderr).toMatch(/stopping; what was recorded is kept/);
      expect(groupLives(running.child)).toBe(false);
      expect(stateOf(run)).toBe('interrupted');
      expect(readdirSync(run)).not.toContain('journal.bin');
      const { state, n_snap, stderr: note } = await reported(run);
      expect(state).toBe('interrupted');
      expect(n_snap).toBeGreaterThan(5);
      expect(note).toMatch(/was interrupted: stopped by the user/);
    });
  });

  it('that is killed is readable up to its last snapshot, and says that it is incomplete', async () => {
    await withTempDir(async (dir) => {
      const running = start(['run', writeStairs(dir), ...FOREVER, '--quiet', '--executor', executor], dir);
      const run = await recording(join(dir, 'runs'), running);
      running.child.kill('SIGKILL');
      expect(await running.ended).toMatchObject({ status: null, signal: 'SIGKILL' });
      expect(groupLives(running.child)).toBe(false);
      expect(stateOf(run)).toBe('running');
      const { state, n_snap, stderr } = await reported(run);
      expect(state).toBe('incomplete');
      expect(n_snap).toBeGreaterThan(5);
      expect(stderr).toMatch(/is incomplete: /);
      const { status, stdout } = await spawnCli(['report', 'heatmap', run]);
      expect(status).toBe(0);
      expect(stdout).toContain('# access_frequency');
    });
  });

  it('that is interrupted twice ends at once', async () => {
    await withTempDir(async (dir) => {
      const running = start(['run', writeStairs(dir), ...FOREVER, '--quiet', '--executor', executor], dir);
      const run = await recording(join(dir, 'runs'), running);
      running.child.kill('SIGINT');
      running.child.kill('SIGTERM');
      const { status, stdout } = await running.ended;
      expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
      expect(groupLives(running.child)).toBe(false);
      expect((await reported(run)).state).toMatch(/incomplete|interrupted/);
    });
  });
});

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** That the run has recorded; default 1. */
  readonly leastSnapshots?: number;
}

/** A failure of the disk: status 1, one message, and a run that does not claim to be complete. */
async function expectFailedRun(cwd: string, result: Result, message: RegExp): Promise<void> {
  expect(result.status).toBe(1);
  expect(result.stdout).toBe('');
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toMatch(/^\s+at /m);
  const where = /recorded so far: (.*)/.exec(result.stderr)?.[1];
  if (where === undefined) return;
  const { state, n_snap } = await reported(resolve(cwd, where));
  expect(state).toMatch(/failed|incomplete/);
  expect(n_snap).toBeGreaterThanOrEqual(result.leastSnapshots ?? 1);
}

describe('a disk that takes no more', () => {
  it.skipIf(process.platform === 'win32')('no limits on file sizes there: a limit on them ends the run with status 1', async () => {
    await withTempDir(async (dir) => {
      const command = `ulimit -f 40; exec "${process.execPath}" "${BIN}" run ${writeStairs(dir)} --out "${dir}/out" --quiet`;
      const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: dir, encoding: 'utf8' });
      await expectFailedRun(dir, { status, stdout, stderr }, /^damonlab: cannot write .*journal\.bin: EFBIG/);
    });
  });

  it('full disk: no half-written file claims to be complete', async (context) => {
    await withTempDir(async (dir) => {
      const disk = join(dir, 'disk');
      mkdirSync(disk);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0;
      context.skip(!mounted, 'needs the right to mount a tmpfs');
      try {
        const { status, stdout, stderr } = await spawnCli(['run', writeStairs(dir), '--repeat', '10', '--out', disk, '--quiet'], {
          cwd: dir,
        });
        await expectFailedRun(dir, { status, stdout, stderr }, /^damonlab: no space left on the disk while writing/);
        const run = onlyRun(disk);
        for (const file of readdirSync(run)) expect(file).not.toMatch(/\.tmp$/);
        expect(existsSync(join(run, 'summary.json'))).toBe(stateOf(run) === 'failed');
      } finally {
        spawnSync('umount', [disk]);
      }
    });
  });

  it('a machine that runs out of memory says so, and keeps what it has', async () => {
    await withTempDir(async (dir) => {
      // The regions fit, but not together with stack, heap and the rest of the process.
      const tight = 'topology={nodes: [{cpus: 1, memory: 39072 KiB}]}';
      const { status, stdout, stderr } = await spawnCli(['run', writeStairs(dir), '--set', tight, '--quiet'], { cwd: dir });
      await expectFailedRun(dir, { status, stdout, stderr, leastSnapshots: 0 }, /^damonlab: out of memory/);
    });
  });
});
