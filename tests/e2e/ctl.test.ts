import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { start } from './cli.js';

/** It goes on until somebody stops it. */
const LONG = `
topology: { nodes: [{ cpus: 1, memory: 64 MiB }] }
processes:
  - workload: { pattern: pointer_chase, size: 2 MiB, duration: 100000 s, access: 1 us }
monitor: { intervals: { sample_us: 5000, aggr_us: 100000, ops_update_us: 1000000 } }
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-ctl-'));
  writeFileSync(join(dir, 'long.yaml'), LONG);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Start a run and wait until it can be controlled. */
async function begin(out: string, ...flags: string[]) {
  const outDir = join(dir, out);
  const running = start(['run', 'long.yaml', '--out', outDir, ...flags], dir);
  for (;;) {
    const [name] = existsSync(outDir) ? readdirSync(outDir) : [];
    if (name !== undefined && existsSync(join(outDir, name, 'control.sock'))) return { running, run: join(outDir, name) };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const ctl = (run: string, ...args: string[]) => spawnCli(['ctl', run, ...args], { cwd: dir });
const manifest = (run: string) => JSON.parse(readFileSync(join(run, 'manifest.json'), 'utf8'));

/** Each request is a process of its own, and a busy machine starts one in seconds. */
const TIMEOUT_MS = 240_000;

describe('damonlab ctl', { timeout: TIMEOUT_MS }, () => {
  it('looks at a run, lets it stand still, changes it, and stops it as Ctrl-C does', async () => {
    const { running, run } = await begin('virtual');
    expect((await ctl(run, 'pause')).stdout).toMatch(/^paused at .* s of 100000\.000 s of virtual time: \d+ regions, intervals 5000 us/);
    const stands = JSON.parse((await ctl(run, 'status', '--json')).stdout);
    expect(JSON.parse((await ctl(run, 'status', '--json')).stdout)).toEqual(stands);
    expect((await ctl(run, 'snapshot')).stdout).toMatch(/^# target 0: \d+ regions\n[0-9a-f]+-[0-9a-f]+ nr_accesses \d+ age \d+\n/);
    const change = ['--monitoring_intervals', '10ms', '50ms', '1s', '--monitoring_nr_regions_range', '30', '90'];
    expect((await ctl(run, 'commit', ...change)).stdout).toMatch(/^committed at .*: intervals 10000 us, 50000 us, .* 30 to 90 regions\n$/);
    expect((await ctl(run, 'resume')).stdout).toMatch(/^running at/);
    expect((await ctl(run, 'stop')).stdout).toMatch(/^stopping at/);
    expect((await running.ended).status).toBe(130);
    expect(manifest(run)).toMatchObject({ state: 'interrupted', clock: 'virtual' });
    expect(manifest(run).scenario.machine.monitor.commits).toEqual([
      { atNs: stands.nowNs + 1, attrs: expect.objectContaining({ sampleUs: 10_000, minNrRegions: 30 }) },
    ]);
  });

  it('says what is wrong', async () => {
    const { running, run } = await begin('wrong');
    const bad = await ctl(run, 'commit', '--monitoring_intervals', '5ms', '1ms', '1s');
    expect(bad.status).toBe(2);
    expect(bad.stderr).toMatch(/^damonlab: .*sample_us: .* longer than the aggregation interval[\s\S]*1000 us[\s\S]*EINVAL/);
    const [nothing, nobody, unknown] = await Promise.all([
      ctl(run, 'commit'),
      ctl(run, 'handover', '--start', 'damon'),
      ctl(run, 'handover', '--start', 'nobody'),
    ]);
    expect(nothing.stderr).toMatch(/nothing to commit[\s\S]*--monitoring_intervals/);
    expect(nobody.stderr).toMatch(/nobody uses hinting faults in this machine/);
    expect(unknown.stderr).toMatch(/no such user[\s\S]*damon or numa_balancing/);
    await ctl(run, 'stop');
    await running.ended;
    const late = await ctl(run, 'status');
    expect(late.status).toBe(2);
    expect(late.stderr).toMatch(/the run does not go on[\s\S]*it has ended/);
    expect((await ctl(dir, 'status')).stderr).toMatch(/not a run directory/);
  });

  it('works in wall time, with many asking at once, and over a path that is too long for a socket', async () => {
    mkdirSync(join(dir, 'deep', 'x'.repeat(60)), { recursive: true });
    const { running, run } = await begin(join('deep', 'x'.repeat(60), 'y'.repeat(60)), '--clock', 'wall');
    const answers = await Promise.all(['pause', 'status', 'snapshot', 'resume'].map((action) => ctl(run, action)));
    expect(answers.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    expect((await ctl(run, 'stop')).status).toBe(0);
    expect((await running.ended).status).toBe(130);
    expect(manifest(run)).toMatchObject({ state: 'interrupted', clock: 'wall' });
    expect(readdirSync(run)).not.toContain('control.sock');
  });
});
