import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** Two CPUs of two nodes; the one thread touches what the other one has on its node. */
const RACE = `
seed: 3
topology:
  nodes: [{ cpus: 1, memory: 64 MiB }, { cpus: 1, memory: 64 MiB }]
  distance: [[10, 20], [20, 10]]
  latency_ns: [[80, 140], [140, 80]]
processes:
  - workload: { pattern: zipf, size: 16 MiB, duration: 2 s, access: 200 ns }
    threads: 2
monitor: { intervals: { sample_us: 5000, aggr_us: 100000, ops_update_us: 1000000 } }
duration: 2 s
`;

describe('--clock wall', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'damonlab-wall-'));
    writeFileSync(join(dir, 'race.yaml'), RACE);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const run = async (name: string, ...flags: string[]) => {
    const out = join(dir, name);
    const result = await spawnCli(['run', join(dir, 'race.yaml'), '--clock', 'wall', '--out', out, '--check', ...flags]);
    return { ...result, run: join(out, readdirSync(out)[0]) };
  };
  const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

  it('runs in real time, with the same results in the same places, and says that it was wall time', async () => {
    const { status, stdout, stderr, run: made } = await run('bits');
    expect(stderr).not.toMatch(/error/);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^wall time +2\.\d+ s, /m);
    expect(json(join(made, 'manifest.json'))).toMatchObject({ clock: 'wall', state: 'complete' });
    const counters = json(join(made, 'counters.json'));
    expect(counters.accesses).toBeGreaterThan(10_000);
    expect(counters.slices).toBeGreaterThan(100);
    const races = await spawnCli(['report', 'races', made]);
    expect(races.stdout).toMatch(/^descheduled_ns +/m);
    expect(races.stdout).toMatch(/^# half of the wake-ups were less than .* late/m);
    const accuracy = await spawnCli(['report', 'accuracy', made, '--format', 'json']);
    expect(JSON.parse(accuracy.stdout)).toMatchObject({ target_id: 0 });
  });

  it('hinting faults go to one CPU each, and every arm comes to one end', async () => {
    const { status, run: made } = await run('faults', '--sample_primitives', 'page_fault', '--executor', 'lanes:2');
    expect(status).toBe(0);
    const c = json(join(made, 'counters.json'));
    expect(c.delivered).toBeGreaterThan(0);
    const sharing = await spawnCli(['report', 'faults', made, '--format', 'json']);
    const [user] = JSON.parse(sharing.stdout).users;
    expect(c.armed).toBe(c.delivered - c.misattributed + c.lost_faults + c.disarmed + c.unmapped + user.in_force);
    expect(c.queued + c.ring_full + c.busy_drop + c.trylock_drop).toBe(c.delivered);
  });

  it('has races to report, where virtual time has none', async () => {
    const { run: made } = await run('virtual', '--clock', 'virtual');
    const { status, stderr } = await spawnCli(['report', 'races', made]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/nothing raced in this run[\s\S]*actual: +clock: virtual/);
  });

  it('ends with status 1 and the cause when a worker fails, and what was recorded until then stays readable', async () => {
    const bound = RACE.replace('memory: 64 MiB', 'memory: 12 MiB').replace('threads: 2', 'mempolicy: { mode: bind, nodes: [0] }');
    writeFileSync(join(dir, 'bound.yaml'), bound);
    const out = join(dir, 'bound');
    const { status, stderr } = await spawnCli(['run', join(dir, 'bound.yaml'), '--clock', 'wall', '--out', out]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/CPU worker \d failed: out of memory: no free frame/);
    const report = await spawnCli(['report', 'summary', join(out, readdirSync(out)[0])]);
    expect(report.status).toBe(0);
    expect(report.stdout).toMatch(/^run +bound, failed: CPU worker \d failed: out of memory/m);
  });

  it('refuses what does not race', async () => {
    const { status, stderr } = await spawnCli(['run', 'zipf', '--clock', 'wall', '--executor', 'inline', '--out', dir]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/CPUs that race need threads[\s\S]*expected: threads, or lanes:N/);
  });

  it.each([
    ['zipf', 'thp=madvise', /thp: madvise: what is advised is known to one thread/],
    ['bandwidth', 'policies.interleave_tuner=on', /interleave_tuner: each CPU has the weights that it began with/],
    ['pageout', 'thp=always', /thp: always with LRU lists/],
    ['pageout', 'monitor.schemes.0.action=hugepage', /schemes: hugepage changes how pages are mapped/],
    ['lazyfree', 'processes.0.madvise.0.advice=collapse', /madvise: collapse changes how pages are mapped/],
  ])('refuses what CPUs that run are in the way of: %s, %s', async (scenario, setting, message) => {
    const { status, stderr } = await spawnCli(['run', scenario, '--set', setting, '--clock', 'wall', '--out', dir]);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('pages out while CPUs run, and what is wanted again comes back', async () => {
    const out = join(dir, 'pageout');
    const flags = ['--clock', 'wall', '--duration', '6500ms', '--check', '--quiet', '--out', out];
    const { status } = await spawnCli(['run', 'pageout', ...flags]);
    expect(status).toBe(0);
    const counters = json(join(out, readdirSync(out)[0], 'counters.json'));
    expect(counters.pswpout).toBeGreaterThan(0);
    expect(counters.pswpin).toBeGreaterThan(0);
    // Pages of files are read again, too.
    expect(counters.pgmajfault).toBeGreaterThanOrEqual(counters.pswpin);
  });

  it.each([
    'two-kdamonds',
    'climbers',
    'paddr-two-node',
    'hand-over',
    'mem-tier',
    'weighted-interleave',
    'bandwidth',
    'two-tiers',
    'tiering-demotion',
    'pageout',
    'lazyfree',
    'deny-list',
  ])('runs %s', async (scenario) => {
    const { status } = await spawnCli(['run', scenario, '--clock', 'wall', '--duration', '500ms', '--quiet', '--out', dir]);
    expect(status).toBe(0);
  });
});
