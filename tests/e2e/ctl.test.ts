import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashRun } from '@damonlab/record';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, start } from './cli.js';

const HANDOVER = join(ROOT, 'scenarios/hand-over.yaml');
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-ctl-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Start a run and wait until it can be controlled. */
async function begin(out: string, ...flags: string[]) {
  const outDir = join(dir, out);
  const running = start(['run', HANDOVER, '--out', outDir, ...flags], dir);
  for (;;) {
    const [name] = existsSync(outDir) ? readdirSync(outDir) : [];
    if (name !== undefined && existsSync(join(outDir, name, 'control.sock'))) return { running, run: join(outDir, name) };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ctl = (run: string, ...args: string[]) => spawnCli(['ctl', run, ...args], { cwd: dir });
const manifest = (run: string) => JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8'));

describe('damonlab ctl', () => {
  it('pauses, looks, commits, hands over and goes on; the manifest then tells how to repeat the run, bit for bit', async () => {
    const { running, run } = await begin('virtual');
    const paused = await ctl(run, 'pause', '--json');
    expect(paused.status).toBe(0);
    const { nowNs } = JSON.parse(paused.stdout);
    expect((await ctl(run, 'status')).stdout).toMatch(/^paused at .* s of 12\.000 s of virtual time: \d+ regions, intervals 5000 us/);
    expect(JSON.parse((await ctl(run, 'status', '--json')).stdout).nowNs).toBe(nowNs);
    expect((await ctl(run, 'snapshot')).stdout).toMatch(/^# target 0: \d+ regions\n[0-9a-f]+-[0-9a-f]+ nr_accesses \d+ age \d+\n/);
    const committed = await ctl(run, 'commit', '--monitoring_nr_regions_range', '30', '90');
    expect(committed.stdout).toMatch(/^committed at .*: intervals 5000 us, .* 30 to 90 regions\n$/);
    const refused = await ctl(run, 'handover', '--stop', 'numa_balancing');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/the run is paused[\s\S]*resume it first/);
    expect((await ctl(run, 'resume')).stdout).toMatch(/^running at/);
    expect((await ctl(run, 'handover', '--stop', 'numa_balancing,damon')).stdout).toMatch(/^handed over at .*to nobody/);
    expect((await running.ended).status).toBe(0);
    const { scenario, state } = manifest(run);
    expect(state).toBe('complete');
    expect(scenario.machine.monitor.commits).toEqual([{ atNs: nowNs + 1, attrs: expect.objectContaining({ minNrRegions: 30 }) }]);
    expect(scenario.machine.sharing.schedule).toHaveLength(3);
    const again = await spawnCli(['run', run, '--quiet', '--executor', 'inline', '--out', join(dir, 'again')], { cwd: dir });
    expect(again.status).toBe(0);
    expect(hashRun(join(dir, 'again', readdirSync(join(dir, 'again'))[0]))).toBe(hashRun(run));
  });

  it('works in wall time, with many asking at once, and stops a run as Ctrl-C does', async () => {
    const { running, run } = await begin('wall', '--clock', 'wall');
    const answers = await Promise.all(['pause', 'status', 'snapshot', 'resume', 'status'].map((action) => ctl(run, action)));
    expect(answers.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);
    await ctl(run, 'resume');
    const change = ['--monitoring_intervals', '10ms', '50ms', '1s'];
    expect((await ctl(run, 'commit', ...change)).stdout).toMatch(/intervals 10000 us, 50000 us/);
    expect((await ctl(run, 'stop')).stdout).toMatch(/^stopping at/);
    const { status } = await running.ended;
    expect(status).toBe(130);
    expect(manifest(run)).toMatchObject({ state: 'interrupted', clock: 'wall' });
    expect(manifest(run).scenario.machine.monitor.commits).toHaveLength(1);
  });

  it('says what is wrong', async () => {
    const { running, run } = await begin('wrong');
    const bad = await ctl(run, 'commit', '--monitoring_intervals', '5ms', '1ms', '1s');
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/sampling interval is longer[\s\S]*at most aggr_us, 1000/);
    expect((await ctl(run, 'commit')).stderr).toMatch(/nothing to commit[\s\S]*--monitoring_intervals/);
    expect((await ctl(run, 'handover', '--start', 'nobody')).stderr).toMatch(/no such user[\s\S]*damon or numa_balancing/);
    await ctl(run, 'stop');
    await running.ended;
    const late = await ctl(run, 'status');
    expect(late.status).toBe(2);
    expect(late.stderr).toMatch(/the run does not go on[\s\S]*it has ended/);
    expect((await ctl(dir, 'status')).stderr).toMatch(/not a run directory/);
  });

  it('has its socket elsewhere where its path would be too long', async () => {
    const deep = join('deep', 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(join(dir, 'deep', 'x'.repeat(60)), { recursive: true });
    const { running, run } = await begin(deep);
    expect((await ctl(run, 'stop')).status).toBe(0);
    await running.ended;
    expect(existsSync(join(run, 'control.sock'))).toBe(false);
  });
});
