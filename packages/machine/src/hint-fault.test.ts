import { NS_PER_MS } from '@damonlab/base';
import { DEFAULT_SAMPLE_CONTROL, type SampleControl, type SampleFilter } from '@damonlab/damon';
import type { WorkloadSpec } from '@damonlab/workload';
import { describe, expect, it } from 'vitest';
import type { MachineConfig, ProcessConfig } from './config.js';
import type { ExecutorSpec } from './executor.js';
import { Machine } from './machine.js';
import { buildProcesses } from './processes.js';
import { MIB, MONITOR, machineOf, Notes, phases, synthetic } from './testing/small-machines.js';

const KIB = 1024;

/** `processes` watched by hinting faults, or by what `sample` says. Windows go on after the end, until no report is left over. */
function watched(processes: readonly ProcessConfig[], sample: Partial<SampleControl> = {}, changes: Partial<MachineConfig> = {}) {
  const control: SampleControl = { ...DEFAULT_SAMPLE_CONTROL, primitive: 'page_fault', ...sample };
  return machineOf(processes, { monitor: { ...MONITOR, sample: control, lingerNs: 20 * NS_PER_MS }, ...changes });
}

async function run(config: MachineConfig, executor: ExecutorSpec = 'inline') {
  const notes = new Notes();
  const machine = await Machine.create(config, { executor, observer: notes, check: true });
  const outcome = await machine.run();
  await machine.close();
  const totals: Record<string, number> = { ...machine.runCounters() };
  return { notes, outcome, totals };
}

const one = (workload: WorkloadSpec): ProcessConfig[] => [{ name: 'a', workload, cpus: [0] }];

const dataOf = (config: MachineConfig, target: number) =>
  buildProcesses(config)[target].space.regions.filter((region) => region.role === 'data');

/** nr_accesses of the data of process `target`, by byte and window, between 0 and 10; the first windows are left out. */
function heat(config: MachineConfig, notes: Notes, target = 0, untilNs = Number.POSITIVE_INFINITY): number {
  const [data] = dataOf(config, target);
  const windows = notes.snapshots.filter((s) => s.targetId === target && s.startNs >= 10 * NS_PER_MS && s.endNs <= untilNs);
  const sum = windows.reduce((total, { start, end, nrAccesses }) => {
    const overlap = (i: number) => Math.max(0, Math.min(end[i], data.end) - Math.max(start[i], data.start));
    return total + start.reduce((bytes, _, i) => bytes + nrAccesses[i] * overlap(i), 0);
  }, 0);
  expect(windows.length).toBeGreaterThan(2);
  return sum / windows.length / (data.end - data.start);
}

const reportsOf = (notes: Notes) => notes.attributions.flatMap((window) => window.rows);

/** Share of each `key` in the sum of `amount`. */
function shares<Row>(rows: readonly Row[], key: (row: Row) => number | boolean, amount: (row: Row) => number): Map<number, number> {
  const sums = new Map<number, number>();
  let total = 0;
  for (const row of rows) {
    sums.set(Number(key(row)), (sums.get(Number(key(row))) ?? 0) + amount(row));
    total += amount(row);
  }
  return new Map([...sums].map(([id, sum]) => [id, sum / total]));
}

describe('a working set that the TLB holds', () => {
  it.each<['never' | 'always', number]>([
    ['never', 128 * KIB],
    ['always', 8 * MIB],
  ])('is invisible to Accessed bits, and hot by hinting faults (thp %s)', async (thp, bytes) => {
    const seen = async (primitive: SampleControl['primitive']) => {
      const config = watched(one(synthetic(bytes, 60, 1, 'pointer_chase')), { primitive }, { thp });
      const { notes, totals } = await run(config);
      return { heat: heat(config, notes, 0, 60 * NS_PER_MS), misses: totals.tlb_misses };
    };
    const [bits, faults] = [await seen('page_table'), await seen('page_fault')];
    // Not nothing: the last new pages wait for their LRU list, and meanwhile 7.3 does not clear their Accessed bits.
    expect(bits.heat).toBeLessThan(1);
    expect(faults.heat).toBeGreaterThan(5);
    // Each arm costs the page its translation.
    expect(faults.misses).toBeGreaterThan(bits.misses + 100);
  });
});

describe('who made an access', () => {
  /** Threads 0 to 2 share CPU 0; thread 3 has CPU 2 for itself, on the other node. */
  const four = watched([{ name: 'a', workload: synthetic(2 * MIB, 400, 4, 'pointer_chase'), cpus: [0, 0, 0, 2] }]);

  it('shares by thread, CPU and read/write are those of the truth, but for sampling', async () => {
    const { notes } = await run(four);
    const [data] = dataOf(four, 0);
    const reports = reportsOf(notes).filter((row) => row.regionStart < data.end && row.regionEnd > data.start);
    const truth = notes.accessTruths.flatMap((window) => window.rows).filter((row) => row.start === data.start);
    expect(truth.length).toBeGreaterThan(100);
    const sampled = reports.reduce((sum, row) => sum + row.reports, 0);
    expect(sampled).toBeGreaterThan(2_000);
    for (const key of ['tid', 'cpu', 'isWrite'] as const) {
      const real = shares(
        truth,
        (row) => row[key],
        (row) => row.accesses,
      );
      const seen = shares(
        reports,
        (row) => row[key],
        (row) => row.reports,
      );
      expect([...seen.keys()].sort()).toEqual([...real.keys()].sort());
      for (const [id, share] of real) expect(Math.abs(share - (seen.get(id) ?? 0)), `${key} ${id}`).toBeLessThan(0.04);
    }
    const byThread = shares(
      truth,
      (row) => row.tid,
      (row) => row.accesses,
    );
    expect(byThread.get(3)).toBeGreaterThan(0.4);
    for (const { tid, cpu } of reports) expect(cpu).toBe([0, 0, 0, 2][tid]);
  });

  it('reads are reported as reads, writes as writes', async () => {
    for (const defaultRwMode of ['ro', 'wo'] as const) {
      const { notes } = await run(watched(one(phases([40], 64, { defaultRwMode }))));
      const [{ space }] = buildProcesses(watched(one(phases([40], 64))));
      const rows = reportsOf(notes).filter((row) => row.regionStart >= space.regions[0].start && row.regionEnd <= space.regions[0].end);
      expect(rows.length).toBeGreaterThan(5);
      expect(new Set(rows.map((row) => row.isWrite))).toEqual(new Set([defaultRwMode === 'wo']));
    }
  });

  it('a fault costs its thread time', async () => {
    const accesses = async (hintFaultNs: number) => {
      const config = watched(one(synthetic(128 * KIB, 1_000, 1, 'pointer_chase')), {}, { durationNs: 40 * NS_PER_MS });
      return (await run({ ...config, cpu: { ...config.cpu, hintFaultNs } })).totals.accesses;
    };
    expect(await accesses(50_000)).toBeLessThan(0.85 * (await accesses(700)));
  });
});

describe('every report is accounted for', () => {
  /** So many small regions that their reports fill a ring, and the array. */
  const attrs = { ...MONITOR.attrs, minNrRegions: 700, maxNrRegions: 2_000 };
  const crowd = (sample: Partial<SampleControl>): MachineConfig => {
    const config = watched([{ name: 'a', workload: synthetic(4 * MIB, 60, 2, 'pointer_chase'), cpus: [0, 2] }], sample);
    const { monitor } = config;
    if (monitor === null) throw new Error('watched');
    const [{ start, end }] = dataOf(config, 0);
    return {
      ...config,
      monitor: { ...monitor, ops: 'fvaddr', regions: [[{ start, end }]], attrs },
      cpu: { ...config.cpu, hintFaultNs: 100 },
    };
  };

  it.each<[string, MachineConfig]>([
    ['rings, few regions', watched([{ name: 'a', workload: synthetic(2 * MIB, 60, 2), cpus: [0, 2] }])],
    ['rings, more regions than a ring has slots', crowd({})],
    ['the single array', crowd({ channel: 'single_array' })],
    ['rings, arms that pile up', crowd({ disarmAtCheck: false })],
    ['rings and a filter', crowd({ filters: [{ type: 'cpumask', cpus: [2], matching: true, allow: true }] })],
  ])('%s', async (_, config) => {
    const { notes, totals } = await run(config);
    const attributed = reportsOf(notes).reduce((sum, row) => sum + row.reports, 0);
    expect(attributed).toBeGreaterThan(300);
    // A single user: no arm is anybody else's, and no fault gets lost.
    expect(totals.armed).toBe(totals.delivered + totals.disarmed + totals.unmapped);
    expect([totals.misattributed, totals.lost_faults]).toEqual([0, 0]);
    expect(totals.delivered).toBe(totals.queued + totals.ring_full + totals.busy_drop + totals.trylock_drop);
    expect(totals.queued).toBe(totals.samples_drained - totals.repeated + totals.stale + totals.wrapped);
    expect(totals.samples_drained).toBe(totals.filtered_out + totals.samples_no_region + totals.unplaced + attributed);
  });

  it('a ring that is full refuses, and says so', async () => {
    const { totals } = await run(crowd({}));
    expect(totals.ring_full).toBeGreaterThan(100);
    expect(totals.wrapped + totals.repeated).toBe(0);
  });

  it('the single array forgets what nobody has seen, shows some twice, and says so', async () => {
    const { totals } = await run(crowd({ channel: 'single_array' }));
    expect(totals.wrapped).toBeGreaterThan(100);
    expect(totals.repeated).toBeGreaterThan(100);
    expect(totals.ring_full).toBe(0);
  });
});

describe('disarm_at_check', () => {
  /** 64 pages touched for 10 ms and never again, beside 64 that stay hot. */
  const cold = (disarmAtCheck: boolean) => watched(one(phases([10, 1_000], 64)), { disarmAtCheck }, { durationNs: 200 * NS_PER_MS });

  it('off: arms that nobody touches pile up until every cold page is armed', async () => {
    const [on, off] = [(await run(cold(true))).totals, (await run(cold(false))).totals];
    const inForce = ({ armed, delivered, disarmed, unmapped }: Record<string, number>) => armed - delivered - disarmed - unmapped;
    expect(off.disarmed).toBe(0);
    expect([off.lost_arms, on.lost_arms]).toEqual([0, 0]);
    expect(inForce(off)).toBeGreaterThan(64);
    expect(on.disarmed).toBeGreaterThan(100);
    expect(on.lost_arms).toBe(0);
    expect(inForce(on)).toBeLessThanOrEqual(MONITOR.attrs.maxNrRegions);
  });

  it('off: a region that is touched here and there looks hotter than it is', async () => {
    const sparse: WorkloadSpec = {
      kind: 'synthetic',
      name: 'hot_cold',
      pattern: { pattern: 'zipf', theta: 0.01, bytes: 8 * MIB, durationNs: 60 * NS_PER_MS, writeRatio: 0, computePs: 8_000_000 },
      threads: 1,
    };
    const seen = async (disarmAtCheck: boolean) => {
      const config = watched(one(sparse), { disarmAtCheck }, { durationNs: 60 * NS_PER_MS });
      return heat(config, (await run(config)).notes);
    };
    expect(await seen(false)).toBeGreaterThan(1.5 * (await seen(true)));
  });
});

describe('sample filters in a whole run', () => {
  /** Process a only reads, on CPU 0; process b only writes, on CPU 2. Their threads are 0 and 1. */
  const heats = async (filters: readonly SampleFilter[], filterRule: SampleControl['filterRule']) => {
    const processes = (['ro', 'wo'] as const).map((defaultRwMode, i) => {
      return { name: defaultRwMode, workload: phases([60], 64, { defaultRwMode }), cpus: [2 * i] };
    });
    const config = watched(processes, { filters, filterRule }, { durationNs: 60 * NS_PER_MS });
    const { notes } = await run(config);
    return [0, 1].map((target) => (heat(config, notes, target) > 3 ? 'hot' : heat(config, notes, target) === 0 ? 'cold' : 'between'));
  };
  const cpu0 = { type: 'cpumask', cpus: [0], matching: true } as const;
  const thread1 = { type: 'threads', tids: [1], matching: true } as const;
  const write = { type: 'write', matching: true } as const;

  it.each<[string, SampleFilter[], string[], string[]]>([
    ['none', [], ['hot', 'hot'], ['hot', 'hot']],
    ['allow CPU 0', [{ ...cpu0, allow: true }], ['hot', 'cold'], ['hot', 'hot']],
    ['reject CPU 0', [{ ...cpu0, allow: false }], ['cold', 'hot'], ['cold', 'cold']],
    ['allow thread 1', [{ ...thread1, allow: true }], ['cold', 'hot'], ['hot', 'hot']],
    ['allow writes', [{ ...write, allow: true }], ['cold', 'hot'], ['hot', 'hot']],
    ['reject what is no write', [{ ...write, matching: false, allow: false }], ['cold', 'hot'], ['cold', 'cold']],
    [
      'reject all but CPU 0, then allow writes: the one list that works in both',
      [
        { ...cpu0, matching: false, allow: false },
        { ...write, matching: false, allow: true },
      ],
      ['hot', 'cold'],
      ['hot', 'cold'],
    ],
  ])('%s', async (_, filters, damos, literal) => {
    expect(await heats(filters, 'damos')).toEqual(damos);
    expect(await heats(filters, 'literal')).toEqual(literal);
  });
});

describe('edges', () => {
  it('a process that is gone before DAMON begins has no reports, and stops nobody', async () => {
    const processes = [
      { name: 'short', workload: synthetic(MIB, 5), cpus: [0] },
      { name: 'long', workload: synthetic(MIB, 60), cpus: [2] },
    ];
    const config = watched(processes);
    const { monitor } = config;
    if (monitor === null) throw new Error('watched');
    const late = { ...config, monitor: { ...monitor, startNs: 20 * NS_PER_MS } };
    const { notes, totals } = await run(late);
    expect(totals.samples_drained).toBeGreaterThan(50);
    expect(new Set(reportsOf(notes).map((row) => row.tid))).toEqual(new Set([1]));
  });

  it.each<ExecutorSpec>(['lanes:2', 'threads'])('the same run, carried by %s', async (executor) => {
    const config = watched(
      [
        { name: 'a', workload: synthetic(2 * MIB, 40, 4), cpus: [0, 1, 2, 3] },
        { name: 'b', workload: phases([20, 20], 200, {}, 2), cpus: [1, 2] },
      ],
      { disarmAtCheck: false },
    );
    const { notes, totals } = await run(config, executor);
    const alone = await run(config);
    expect(totals).toEqual(alone.totals);
    expect(notes).toEqual(alone.notes);
  });
});
