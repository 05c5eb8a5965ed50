import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashRun } from '../../packages/record/src/index.js';
import { json, onlyRun } from './cli.js';

let dir: string;
const cli = (...args: string[]) => spawnCli(args, { cwd: dir });

/** What drmemtrace's view tool prints of two threads: each goes over pages of its own, and both over a shared one. */
function viewText(): string {
  const lines = ['<--record#-> <--instr#->: <---tid---> <record details>'];
  for (let i = 0; i < 30_000; i++) {
    const tid = 100 + (i % 2);
    const address = i % 10 < 2 ? 0x7f00_0000_0000 : 0x7e00_0000_0000 + tid * 0x100_0000 + ((i * 7) % 300) * 4096;
    lines.push(`${i} ${i * 1000}: ${tid} ${i % 3 === 0 ? 'write' : 'read'} 8 byte(s) @ 0x${address.toString(16)} by PC 0x400000`);
  }
  return `${lines.join('\n')}\n`;
}

const SCENARIO = `topology: 2-node
processes:
  - { name: one, workload: { trace: view.dltrace }, cpus: spread, cpus_allowed: all }
  - { name: two, workload: { trace: view.dltrace, pace: fast, access: 100 ns, repeat: 2 }, cpus: packed }
monitor:
  intervals: { sample_us: 200, aggr_us: 2000, ops_update_us: 20000 }
  sample_control: { primitive: page_fault }
`;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-trace-'));
  writeFileSync(join(dir, 'view.txt'), viewText());
  writeFileSync(join(dir, 'both.yaml'), SCENARIO);
  const made = await cli('trace', 'import', 'view.txt', '--format', 'drmemtrace', '--output', 'view.dltrace');
  expect(made).toMatchObject({ status: 0, stderr: '' });
  expect(made.stdout).toMatch(/^threads +2\naccesses +30,000 /m);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('traces as workloads', () => {
  it('two processes, two paces: the same run by any executor, and repeated from its manifest', async () => {
    const hashes = [];
    for (const executor of ['inline', 'threads', 'lanes:3']) {
      const out = join(dir, `out-${executor}`);
      expect(await cli('run', 'both.yaml', '--quiet', '--executor', executor, '--out', out)).toMatchObject({ status: 0, stderr: '' });
      hashes.push(hashRun(onlyRun(out)));
    }
    expect(new Set(hashes).size).toBe(1);
    const run = onlyRun(join(dir, 'out-inline'));
    expect(readFileSync(join(run, 'manifest.json'), 'utf8')).not.toContain(dir);
    const again = join(dir, 'again');
    expect(await spawnCli(['run', run, '--quiet', '--out', again], { cwd: tmpdir() })).toMatchObject({ status: 0 });
    expect(hashRun(onlyRun(again))).toBe(hashes[0]);
  });

  it('a sweep over traces, and of one that is the whole scenario', async () => {
    const sweep = {
      scenario: 'both.yaml',
      axes: { first: { key: 'processes.0.workload.trace', list: ['view.dltrace', 'half.dltrace'] } },
      seeds: 2,
      figures: { accesses: 'counters.accesses', recall: 'targets.0.touched.rec_1' },
      runs: 'keep',
    };
    writeFileSync(join(dir, 'traces.sweep.yaml'), JSON.stringify(sweep));
    expect(await cli('trace', 'cut', 'view.dltrace', '--to', '15000000', '--output', 'half.dltrace')).toMatchObject({ status: 0 });
    const swept = await cli('sweep', 'traces.sweep.yaml', '--json', '--quiet', '--verify', '2');
    expect(swept).toMatchObject({ status: 0, stderr: '' });
    const { done, rows, verified } = json(swept.stdout) as { done: number; rows: { accesses: number }[]; verified: unknown };
    expect({ done, verified }).toMatchObject({ done: 4, verified: { checked: 2, differences: [] } });
    expect(rows[1].accesses).toBeLessThan(rows[0].accesses);

    writeFileSync(join(dir, 'alone.sweep.yaml'), JSON.stringify({ scenario: 'view.dltrace', figures: { accesses: 'counters.accesses' } }));
    const alone = await cli('sweep', 'alone.sweep.yaml', '--json', '--quiet');
    expect(alone).toMatchObject({ status: 0, stderr: '' });
  });

  it('a trace by itself: its heatmap lies where it was recorded', async () => {
    const out = join(dir, 'alone');
    const ran = await cli('run', 'view.dltrace', '--out', out, '--monitoring_intervals', '200us', '2ms', '20ms');
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^accesses +30,000 in/m);
    expect(ran.stdout).toMatch(/space \[0x7e0/);
    expect((await cli('validate', 'view.dltrace')).stdout).toMatch(/trace view\.dltrace, 0\.9 MiB touched, pace clock, 2 threads/);
  });

  it.each([
    ['threads', 'threads: 2', /both\.yaml|bad\.yaml:4:\d+: processes\[0\]\.threads: a trace has its own threads/],
    ['an unknown way to place them', 'cpus: packd', /cpus: impossible value|did you mean `packed`/],
  ])('%s are refused at their place', async (_, line, message) => {
    writeFileSync(join(dir, 'bad.yaml'), `processes:\n  -\n    workload: { trace: view.dltrace }\n    ${line}\n`);
    const { status, stderr } = await cli('run', 'bad.yaml', '--quiet');
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('a trace that is not there, or damaged, or changed since the run', async () => {
    writeFileSync(join(dir, 'gone.yaml'), 'processes:\n  - workload: { trace: gone.dltrace }\n');
    expect(await cli('run', 'gone.yaml')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/gone\.dltrace: cannot read the trace/),
    });
    writeFileSync(join(dir, 'cut.dltrace'), readFileSync(join(dir, 'view.dltrace')));
    truncateSync(join(dir, 'cut.dltrace'), 20_000);
    expect(await cli('run', 'cut.dltrace')).toMatchObject({ status: 2, stderr: expect.stringMatching(/is damaged[\s\S]*trace cut/) });
  });
});

describe('damonlab trace', () => {
  it('info: as text, JSON and SVG', async () => {
    const { stdout } = await cli('trace', 'info', 'view.dltrace', '--format', 'json');
    const info = json(stdout) as { reads: number; writes: number; sharing_bytes: number[][]; threads: { tid: number }[] };
    expect(info).toMatchObject({ reads: 20_000, writes: 10_000, source: 'drmemtrace', detail: 'pages' });
    expect(info.threads.map(({ tid }) => tid)).toEqual([100, 101]);
    // Of the pages that only one of them goes to, each has 120: those that are left by 7 * i mod 300 and i mod 10.
    expect(info.sharing_bytes[0][1]).toBe(4096);
    expect(info.sharing_bytes[0][0]).toBe(info.sharing_bytes[1][1]);
    expect((await cli('trace', 'info', 'view.dltrace')).stdout).toMatch(/^thread 0 [\s\S]*^# reuse[\s\S]*^# popularity/m);
    expect(await cli('trace', 'info', 'view.dltrace', '--format', 'svg', '--output', 'info.svg')).toMatchObject({ status: 0, stdout: '' });
    expect(readFileSync(join(dir, 'info.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  it('head, cut and merge', async () => {
    const { stdout } = await cli('trace', 'head', 'view.dltrace', '-n', '2');
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(stdout).toMatch(/thread 0 {2}write {2}0x7f0000000000 {2}page x \d+/);
    expect(await cli('trace', 'cut', 'view.dltrace', '--threads', '1', '--to', '1000000', '--output', 'part.dltrace')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^threads +1\naccesses +500 in/m),
    });
    expect((await cli('trace', 'merge', 'part.dltrace', 'view.dltrace', '--output', 'all.dltrace')).stdout).toMatch(
      /^threads +3\naccesses +30,500 in/m,
    );
    expect(await cli('trace', 'cut', 'view.dltrace', '--threads', 'x', '--output', 'y')).toMatchObject({ status: 2 });
  });

  it('import of a run as a damo record: a program that would have made it', async () => {
    const out = join(dir, 'source');
    await cli('run', 'view.dltrace', '--quiet', '--out', out, '--monitoring_intervals', '200us', '2ms', '20ms');
    const record = join(onlyRun(out), 'damon.data');
    const made = await cli('trace', 'import', record, '--format', 'damo', '--output', 'damo.dltrace');
    expect(made).toMatchObject({ status: 0, stdout: expect.stringMatching(/^threads +1$/m) });
    const replayed = await cli('run', 'damo.dltrace', '--out', join(dir, 'replayed'), '--monitoring_intervals', '200us', '2ms', '20ms');
    expect(replayed.stdout).toMatch(/space \[0x7[ef]0/);
  });

  it('import of what is none: says what it saw, leaves no file', async () => {
    const { status, stdout, stderr } = await cli('trace', 'import', 'both.yaml', '--format', 'lackey', '--output', 'none.dltrace');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/both\.yaml: no access in it[\s\S]*both\.yaml:1 \(byte 0\)/);
    expect(existsSync(join(dir, 'none.dltrace'))).toBe(false);
  });
});
