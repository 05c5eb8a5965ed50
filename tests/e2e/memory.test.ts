import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnCli } from '@damonlab/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { json } from './cli.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-memory-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const TWO_TIERS = {
  nodes: [
    { cpus: 2, memory: '64 MiB' },
    { cpus: 0, memory: '64 MiB' },
  ],
};
const HOT = { nr_accesses: { min: '5 %', max: 'max' } };
const IDLE = { nr_accesses: { min: '0 %', max: '0 %' } };
/** Ten times as fast as the defaults. */
const INTERVALS = { sample_us: 500, aggr_us: 10_000, ops_update_us: 100_000 };

/** Run a scenario as a user would, checked; what `report summary` and `report placement` say. */
async function runOf(scenario: object) {
  writeFileSync(join(dir, 'lab.yaml'), JSON.stringify(scenario));
  const run = await spawnCli(['run', 'lab.yaml', '--quiet', '--check'], { cwd: dir });
  expect({ status: run.status, stdout: run.stdout }, run.stderr).toEqual({ status: 0, stdout: '' });
  const summary = json((await spawnCli(['report', 'summary', '--format', 'json'], { cwd: dir })).stdout);
  return (summary.counters ?? summary) as Readonly<Record<string, number>>;
}

interface Placement {
  readonly rows: readonly { readonly pages: Readonly<Record<string, number[]>> }[];
  readonly moves: readonly { readonly from: number; readonly to: number; readonly pages: number; readonly delay: number | null }[];
}

async function placement(): Promise<Placement> {
  const report = await spawnCli(['report', 'placement', '--format', 'json'], { cwd: dir });
  expect(report.status, report.stderr).toBe(0);
  return json(report.stdout) as unknown as Placement;
}

/** Bytes of a region on each node at the end. */
async function pagesOf(region: string): Promise<number[]> {
  const { rows } = await placement();
  const pages = rows.at(-1)?.pages[region];
  if (pages === undefined) throw new Error(`no region ${region} in ${JSON.stringify(rows).slice(0, 200)}`);
  return pages;
}

const sweep = (areas: readonly object[]) => [{ name: 'p', workload: { pattern: 'sweep', duration: '1 s', areas } }];

describe('demotion by reclaim', () => {
  const run = async (...flags: string[]) => {
    const ran = await spawnCli(['run', 'tiering-demotion', '--quiet', '--check', '--duration', '2s', ...flags], { cwd: dir });
    expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: '' });
    const { counters } = json((await spawnCli(['report', 'summary', '--format', 'json'], { cwd: dir })).stdout);
    return { counters: counters as Readonly<Record<string, number>>, hot: await pagesOf('hot'), cold: await pagesOf('cold') };
  };

  it('makes the room in DRAM that promotion needs, of what is cold', async () => {
    const { counters, hot, cold } = await run();
    const all = 16384;
    expect(hot).toEqual([all, 0]);
    expect(counters).toMatchObject({ pgpromote_success: all, pgdemote_direct: 0, pgsteal_kswapd: counters.pgdemote_kswapd });
    expect(cold[1]).toBe(counters.pgdemote_kswapd);
  });

  it('off: DRAM stays full of what is cold', async () => {
    const { counters, hot, cold } = await run('--set', 'demotion=off');
    expect(hot[0]).toBeLessThan(3_000);
    expect(cold[1]).toBe(0);
    expect(counters.pgdemote_kswapd).toBeUndefined();
  });

  it('is refused where there is no lower tier', async () => {
    const ran = await spawnCli(['run', 'zipf', '--set', 'demotion=on'], { cwd: dir });
    expect(ran).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /--set demotion=on: nothing can be demoted on this machine\n {2}expected: a topology with a node without CPUs/,
      ),
    });
  });
});

describe('schemes that move memory', () => {
  it('migrate_hot spreads what is hot by the weights of its destinations', async () => {
    const dests = [
      { id: 0, weight: 3 },
      { id: 1, weight: 1 },
    ];
    const counters = await runOf({
      topology: TWO_TIERS,
      duration: '500 ms',
      processes: sweep([
        { name: 'hot', size: '8 MiB', every: '400 us' },
        { name: 'cold', size: '8 MiB', populate: 0, every: '100 s', first: '100 s' },
      ]),
      monitor: { intervals: INTERVALS, schemes: [{ action: 'migrate_hot', dests, access_pattern: HOT }] },
    });
    const [near = 0, far = 0] = await pagesOf('hot');
    expect(far / (near + far)).toBeCloseTo(0.25, 1);
    // Regions have borders that are not the areas', so some of the cold pages go too.
    expect((await pagesOf('cold'))[1]).toBeLessThan(far);
    expect(counters.pgmigrate_success).toBeGreaterThanOrEqual(far);
    expect(counters.kdamond_ns).toBeGreaterThan(far * 3_000);
  });

  it('demotion and promotion of physical memory change the places of hot and cold', async () => {
    const counters = await runOf({
      topology: TWO_TIERS,
      duration: '1 s',
      processes: sweep([
        { name: 'cold', size: '16 MiB', populate: 0, every: '100 s', first: '100 s' },
        { name: 'hot', size: '16 MiB', populate: 1, every: '400 us' },
      ]),
      monitor: {
        ops: 'paddr',
        intervals: INTERVALS,
        schemes: [
          { action: 'migrate_cold', target_nid: 1, access_pattern: { ...IDLE, age: { min: '50 ms', max: 'max' } } },
          { action: 'migrate_hot', target_nid: 0, access_pattern: HOT },
        ],
      },
    });
    const [hot, cold] = [await pagesOf('hot'), await pagesOf('cold')];
    expect((hot[0] ?? 0) / 4096).toBeGreaterThan(0.9);
    expect((cold[1] ?? 0) / 4096).toBeGreaterThan(0.9);
    // Hot from the start, so that the first windows already show it.
    const { moves } = await placement();
    expect(moves.reduce((sum, { pages }) => sum + pages, 0)).toBe(counters.pgmigrate_success);
    const delay = moves.find(({ to }) => to === 0)?.delay;
    expect(delay).toBeGreaterThanOrEqual(0.01);
    expect(delay).toBeLessThan(0.1);
  });
});

describe('pageout', () => {
  const scenario = (swap: object) => ({
    ...swap,
    processes: sweep([
      { name: 'hot', size: '4 MiB', every: '400 us' },
      { name: 'cold', size: '16 MiB', every: '600 ms' },
    ]),
    monitor: { intervals: INTERVALS, schemes: [{ action: 'pageout', access_pattern: { ...IDLE, age: { min: '100 ms', max: 'max' } } }] },
  });

  it('takes out what is idle, and its program waits for it when it wants it back', async () => {
    const counters = await runOf(scenario({ swap: { size: '64 MiB', in: '20 us' } }));
    expect(counters.pswpout).toBeGreaterThan(4_000);
    expect(counters.pgmajfault).toBeGreaterThan(2_000);
    expect(counters.pswpin).toBeGreaterThan(2_000);
  });

  it('without swap space takes nothing out', async () => {
    const counters = await runOf(scenario({}));
    expect(counters.pswpout).toBeUndefined();
    expect(counters.pgfault).toBeLessThan(6_000);
  });
});

describe('memory that is short', () => {
  it('is reclaimed, and the pressure shows', async () => {
    const counters = await runOf({
      topology: { nodes: [{ cpus: 1, memory: '32 MiB' }] },
      swap: { size: '64 MiB', in: '20 us', out: '1 us' },
      processes: [{ workload: { pattern: 'zipf', size: '48 MiB', duration: '400 ms', access: '200 ns' } }],
      monitor: 'off',
    });
    expect(counters.pgsteal_kswapd).toBeGreaterThan(1_000);
    expect(counters.pgmajfault).toBeGreaterThan(100);
    expect(counters.psi_mem_some_us).toBeGreaterThan(1_000);
  });
});

describe('MADV_FREE', () => {
  it('gives memory up, and reclaim drops it without swap space; the report says whose it was', async () => {
    const counters = await runOf({
      topology: { nodes: [{ cpus: 2, memory: '64 MiB' }] },
      swap: 0,
      duration: '600 ms',
      processes: [
        {
          name: 'cache',
          workload: { pattern: 'sweep', duration: '1 s', areas: [{ name: 'buffer', size: '32 MiB', every: '10 s' }] },
          madvise: [{ at: '200 ms', advice: 'free', region: 'buffer', length: '24 MiB' }],
        },
        {
          name: 'growing',
          workload: { pattern: 'sweep', duration: '1 s', areas: [{ size: '31 MiB', every: '10 s', first: '400 ms' }] },
        },
      ],
      monitor: 'off',
    });
    expect(counters).toMatchObject({ madvise_calls: 1, madvise_refused: 0, pglazyfree: 6144, pswpout: 0 });
    expect(counters.pglazyfreed).toBeGreaterThan(100);
    const report = json((await spawnCli(['report', 'processes', '--format', 'json'], { cwd: dir })).stdout);
    const [cache, growing] = (report.rows as { pglazyfree: number; pglazyfreed: number; rss: number }[]).slice(-2);
    expect(cache).toMatchObject({ process: 0, pglazyfree: 6144 * 4096, pglazyfreed: Number(counters.pglazyfreed) * 4096 });
    expect(growing).toMatchObject({ process: 1, pglazyfree: 0, pglazyfreed: 0 });
  });
});

describe('a deny list', () => {
  /** What schemes took of each process, bytes; of the third one all is given up by MADV_FREE. */
  const taken = async (...set: string[]) => {
    const run = await spawnCli(['run', 'deny-list', '--quiet', '--check', ...set], { cwd: dir });
    expect(run.status, run.stderr).toBe(0);
    const [scheme] = json((await spawnCli(['report', 'schemes', '--format', 'json'], { cwd: dir })).stdout).schemes as object[];
    const report = json((await spawnCli(['report', 'processes', '--format', 'json'], { cwd: dir })).stdout);
    const rows = (report.rows as { pageout: number; pglazyfreed: number }[]).slice(-3);
    return { scheme, pageout: rows.map(({ pageout }) => pageout), lazyfreed: rows[2]?.pglazyfreed };
  };

  it('keeps pageout from a cgroup and from what was given up by MADV_FREE, and the counters show it', async () => {
    const denied = await taken();
    expect(denied).toMatchObject({ pageout: [expect.any(Number), 0, 0], lazyfreed: 0 });
    expect(denied.scheme).toMatchObject({ stats: { sz_applied: denied.pageout[0], sz_ops_filter_passed: denied.pageout[0] } });
    expect(denied.pageout[0]).toBeGreaterThan(50 * 2 ** 20);
    const all = await taken('--set', 'monitor.schemes.0.filters=[]');
    expect(all.lazyfreed).toBe(32 * 2 ** 20);
    expect(all.pageout[1]).toBeGreaterThan(20 * 2 ** 20);
  });
});

describe('memory policies and bandwidth', () => {
  const stream = (mempolicy: string, kernel = '7.3') => ({
    kernel,
    topology: {
      ...TWO_TIERS,
      latency_ns: [
        [2, 5],
        [5, 2],
      ],
      bandwidth_GBps: [30, 10],
    },
    tlb: 'off',
    duration: '60 ms',
    processes: [{ workload: { pattern: 'zipf', theta: 0.1, size: '16 MiB', access: '0.1 ns', duration: '80 ms' }, threads: 2, mempolicy }],
    monitor: 'off',
  });

  it('weighted interleaving uses the bandwidth of both nodes, and more accesses are made', async () => {
    const local = await runOf(stream('default'));
    const spread = await runOf(stream('weighted_interleave'));
    const [near = 0, far = 0] = await pagesOf('data');
    // The kernel makes 24 to 8 of 30 to 10 GB/s, in lowest terms.
    expect(far / (near + far)).toBeCloseTo(0.25, 2);
    expect(spread.accesses).toBeGreaterThan(1.02 * (local.accesses ?? 0));
    expect(local.node0_slowdown_permil).toBeGreaterThan(spread.node0_slowdown_permil ?? 0);
  });

  it('6.12 knows no bandwidths: one page each', async () => {
    await runOf(stream('weighted_interleave', '6.12'));
    const [near = 0, far = 0] = await pagesOf('data');
    expect(far / (near + far)).toBeCloseTo(0.5, 2);
  });

  it.each([
    [{ mode: 'bind', nodes: [2] }, /no such node[\s\S]*0 to 1/],
    [{ mode: 'preferred' }, /preferred is one node/],
  ])('%j is refused where it stands', async (mempolicy, message) => {
    const scenario = { topology: TWO_TIERS, processes: [{ workload: { pattern: 'zipf', size: '8 MiB' }, mempolicy }] };
    writeFileSync(join(dir, 'lab.yaml'), JSON.stringify(scenario));
    const run = await spawnCli(['run', 'lab.yaml'], { cwd: dir });
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 2, stderr: expect.stringMatching(message) });
    expect(run.stderr).toMatch(/lab\.yaml:\d+:\d+: processes\[0\]\.mempolicy/);
  });
});
