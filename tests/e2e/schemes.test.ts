import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json, onlyRun, ROOT } from './cli.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-schemes-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const MIB = 2 ** 20;
const EVERYTHING = { apply_interval_us: '100 ms' };

interface Scheme {
  readonly action: string;
  readonly stats: Readonly<Record<string, number>>;
  readonly effective_bytes: readonly (readonly [number, number])[];
  readonly tried_bytes: readonly (readonly [number, number])[];
  readonly tried_regions: readonly { readonly start: number; readonly end: number; readonly nr_accesses: number }[];
}

/** Run a workload with this monitor as a user would, and return what `report schemes` says. */
async function schemesOf(monitor: object, { duration = '3 s', flags = [] as string[], kernel = '7.3' } = {}) {
  const scenario = { kernel, processes: [{ workload: { pattern: 'hot_cold', size: '64 MiB', duration } }], monitor };
  writeFileSync(join(dir, 'lab.yaml'), JSON.stringify(scenario));
  const run = await spawnCli(['run', 'lab.yaml', '--quiet', '--check', ...flags], { cwd: dir });
  expect({ status: run.status, stdout: run.stdout }, run.stderr).toEqual({ status: 0, stdout: '' });
  const report = await spawnCli(['report', 'schemes', '--format', 'json'], { cwd: dir });
  expect(report).toMatchObject({ status: 0, stderr: '' });
  return { schemes: json(report.stdout).schemes as readonly Scheme[], stderr: run.stderr };
}

const goal = (current_value: number) => ({
  ...EVERYTHING,
  quotas: { reset_interval_ms: 100, goals: [{ metric: 'user_input', target_value: 10_000, current_value }] },
});

describe('schemes of action stat', () => {
  it('count everything once per apply interval', async () => {
    const { schemes } = await schemesOf({ schemes: [EVERYTHING, { apply_interval_us: '10 ms' }] });
    const [slow, fast] = schemes.map(({ stats }) => stats);
    expect(slow.nr_snapshots).toBe(29);
    // As the kernel's damos_apply_interval.py has it.
    expect(fast.nr_tried / slow.nr_tried).toBeGreaterThan(9);
    expect(schemes[0].tried_bytes.map(([, bytes]) => bytes / MIB)).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    for (const [, bytes] of schemes[0].tried_bytes) expect(bytes).toBeGreaterThan(64 * MIB);
  });

  it('follow the goal that the user commits', async () => {
    const monitor = { schemes: [goal(0)], commits: [{ at: '1.25 s', schemes: [goal(15_000)] }] };
    const { schemes } = await schemesOf(monitor);
    const sizes = schemes[0].effective_bytes.map(([, bytes]) => bytes);
    // As on Linux 7.3: doubled while nothing is reached, halved at one and a half times the goal.
    const up = Array.from({ length: 12 }, (_, i) => 2 ** (i + 1));
    expect(sizes).toEqual([...up, ...up.slice(0, -1).reverse(), 1]);
    expect(schemes[0].stats).toMatchObject({ sz_tried: 4096, nr_tried: 1 });
  });

  it('do all they may until the goal is reached, with the other tuner', async () => {
    const temporal = (current_value: number) => {
      const { quotas, ...scheme } = goal(current_value);
      return { ...scheme, quotas: { ...quotas, sz_bytes: '1 MiB', goal_tuner: 'temporal' } };
    };
    const commits = [
      { at: '1.25 s', schemes: [temporal(10_000)] },
      { at: '2.25 s', schemes: [temporal(9_999)] },
    ];
    const { schemes } = await schemesOf({ schemes: [temporal(0)], commits });
    expect(schemes[0].effective_bytes.map(([, bytes]) => bytes)).toEqual([MIB, 0, MIB]);
  });

  it('with a quota try no more than it in each look, and go round all memory', async () => {
    const quotas = { sz_bytes: '16 MiB', reset_interval_ms: 100 };
    const { schemes } = await schemesOf({ schemes: [{ ...EVERYTHING, quotas }, EVERYTHING] });
    const [{ stats, tried_bytes }, all] = schemes;
    for (const [, bytes] of tried_bytes) expect(bytes).toBeLessThanOrEqual(16 * MIB);
    const rounds = (28 * 16 * MIB) / all.tried_bytes[0][1];
    expect(rounds).toBeGreaterThan(1);
    // A window that only reaches the end of memory is not full.
    expect(stats.qt_exceeds).toBeGreaterThanOrEqual(28 - Math.ceil(rounds));
    expect(stats.nr_snapshots).toBeGreaterThanOrEqual(Math.floor(rounds) - 1);
    expect(stats.nr_snapshots).toBeLessThanOrEqual(Math.ceil(rounds));
  });

  it('with max_nr_snapshots stop after so many looks at the whole target', async () => {
    const { schemes } = await schemesOf({ schemes: [{ ...EVERYTHING, max_nr_snapshots: 3 }, EVERYTHING] }, { duration: '2 s' });
    const [three, all] = schemes.map(({ stats }) => stats);
    expect(three.nr_snapshots).toBe(3);
    expect(all.nr_snapshots).toBeGreaterThan(15);
    expect(three.sz_tried).toBeLessThan(all.sz_tried / 5);
  });

  it('with a filter see only what lies in it', async () => {
    const address_range = { start: 0, end: 2 ** 32 };
    const { schemes } = await schemesOf(
      { schemes: [{ filters: [{ filter_type: 'addr', allow: true, address_range }] }] },
      { duration: '2 s' },
    );
    const { tried_regions } = schemes[0];
    expect(tried_regions.length).toBeGreaterThan(0);
    for (const { end } of tried_regions) expect(end).toBeLessThanOrEqual(2 ** 32);
  });

  it('with watermarks wait until memory is short, and then nothing is monitored', async () => {
    const watermarks = { metric: 'free_mem_rate', interval_us: '500 ms', high_permil: '50 %', mid_permil: '40 %', low_permil: '20 %' };
    writeFileSync(
      join(dir, 'lab.yaml'),
      JSON.stringify({
        processes: [{ workload: { pattern: 'hot_cold', size: '64 MiB', duration: '2 s' } }],
        monitor: { schemes: [{ watermarks }] },
      }),
    );
    expect(await spawnCli(['run', 'lab.yaml', '--quiet'], { cwd: dir })).toMatchObject({ status: 0 });
    const counters = json((await spawnCli(['report', 'summary', '--format', 'json'], { cwd: dir })).stdout);
    expect(JSON.stringify(counters)).toMatch(/"nr_samples":0/);
    expect(await spawnCli(['report', 'schemes'], { cwd: dir })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/no scheme of the run had its turn/),
    });
  });
});

describe('kdamonds files of damo', () => {
  it('run as they are', async () => {
    const file = join(ROOT, 'packages/scenario/src/testing/kdamonds/vaddr-stat.json');
    const { schemes, stderr } = await schemesOf({ start: '1 s' }, { flags: ['--kdamonds', file] });
    expect(stderr).toBe('');
    expect(schemes.map(({ action }) => action)).toEqual(['stat']);
    expect(schemes[0].stats.nr_tried).toBeGreaterThan(0);
    for (const { nr_accesses } of schemes[0].tried_regions) expect(nr_accesses).toBeGreaterThanOrEqual(1);
    expect(readdirSync(onlyRun(join(dir, 'runs')))).toEqual(expect.arrayContaining(['schemes.parquet', 'tried_regions.parquet']));
  });

  it('and a warning where an action does nothing', async () => {
    const { stderr, schemes } = await schemesOf({ schemes: [{ action: 'lru_prio' }] }, { duration: '1 s' });
    expect(stderr).toMatch(
      /damonlab: warning: lab\.yaml:\S+ monitor\.schemes\[0\]\.action: Linux 7\.3 tries lru_prio on vaddr and applies nothing/,
    );
    expect(schemes[0].stats).toMatchObject({ nr_applied: 0, nr_tried: expect.any(Number) });
  });
});
