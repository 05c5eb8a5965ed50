import { NS_PER_MS, PAGE_BYTES } from '@damonlab/base';
import { DEFAULT_SAMPLE_CONTROL } from '@damonlab/damon';
import type { SweepArea, WorkloadSpec } from '@damonlab/workload';
import { describe, expect, it } from 'vitest';
import type { MachineConfig, MigrateBySharesConfig } from './config.js';
import type { ExecutorSpec } from './executor.js';
import { Machine } from './machine.js';
import { MONITOR, machineOf, Notes } from './testing/small-machines.js';

const PAGES = 512;
const FAULTS = {
  ...MONITOR,
  attrs: { ...MONITOR.attrs, minNrRegions: 100, maxNrRegions: 400 },
  sample: { ...DEFAULT_SAMPLE_CONTROL, primitive: 'page_fault' as const },
};
const SAMPLES = { ...FAULTS, sample: { ...DEFAULT_SAMPLE_CONTROL, primitive: 'sampled_accesses' as const, sampledEvery: 100 } };
const BY_SHARES: MigrateBySharesConfig = { bytesPerWindow: 64 * PAGE_BYTES, minShare: 0.6, minReports: 4, to: 'most', migrateNs: 1_000 };
const ACCESS_AWARE = { hz: 1000, policy: 'access_aware' as const, intervalNs: NS_PER_MS };

/** Each thread sweeps an area of its own, which lies on the node that `nids` says. */
function sweeps(nids: readonly number[], writeRatio = 1): WorkloadSpec {
  const areas = nids.map((populateNid, i): SweepArea => {
    return { name: `own${i}`, bytes: PAGES * PAGE_BYTES, slackBytes: 0, populateNid, everyNs: 0, firstNs: 0, threads: [i] };
  });
  const pattern = { pattern: 'sweep' as const, durationNs: 1000 * NS_PER_MS, writeRatio, computePs: 300_000, spin: true, areas };
  return { kind: 'synthetic', name: 'sweeps', pattern, threads: nids.length };
}

async function ran(config: MachineConfig, executor: ExecutorSpec = 'inline') {
  const notes = new Notes();
  const machine = await Machine.create({ ...config, durationNs: 100 * NS_PER_MS }, { executor, observer: notes, check: true });
  try {
    await machine.run();
    return { notes, counters: machine.runCounters() };
  } finally {
    await machine.close();
  }
}

const lastCpus = (notes: Notes) => {
  const { threads } = notes.tables;
  const { endNs } = threads[threads.length - 1];
  return threads.filter((row) => row.endNs === endNs).map(({ cpu }) => cpu);
};
/** Pages on node 1 of each area, at the end. */
const onNode1 = (notes: Notes) => {
  const rows = notes.tables.placement.filter(({ nid }) => nid === 1);
  const { endNs } = rows[rows.length - 1];
  return rows.filter((row) => row.endNs === endNs).map(({ pages }) => pages);
};

describe('access_aware', () => {
  const config = (nids: readonly number[], cpus: readonly number[], cpusAllowed: readonly number[], changes: Partial<MachineConfig> = {}) =>
    machineOf([{ name: 'sweeps', workload: sweeps(nids), cpus, cpusAllowed }], { monitor: FAULTS, sched: ACCESS_AWARE, ...changes });

  it.each([
    ['faults', FAULTS],
    ['samples', SAMPLES],
  ])('by %s: threads change places to where their memory is, and stay there', async (_, monitor) => {
    const { notes, counters } = await ran(config([1, 0], [0, 2], [0, 1, 2, 3], { monitor }));
    expect(lastCpus(notes).map((cpu) => Math.floor(cpu / 2))).toEqual([1, 0]);
    expect(counters.sched_moves).toBe(2);
  });

  it('not to where they may not run, and not to a node that is full', async () => {
    expect(lastCpus((await ran(config([1, 0], [0, 2], [0, 2]))).notes)).toEqual([2, 0]);
    const crowded = await ran(config([0, 0, 0, 0], [0, 1, 2, 3], [0, 1, 2, 3]));
    expect([lastCpus(crowded.notes), crowded.counters.sched_moves]).toEqual([[0, 1, 2, 3], 0]);
  });
});

describe('migrate_by_shares', () => {
  const config = (changes: Partial<MigrateBySharesConfig> = {}) => {
    const processes = [{ name: 'sweeps', workload: sweeps([0, 0]), cpus: [0, 2] }];
    return machineOf(processes, { monitor: FAULTS, policies: { migrateByShares: { ...BY_SHARES, ...changes } } });
  };

  it('brings home what a thread of the other node uses, at most so much in a window, at the cost of the kdamond', async () => {
    const { notes, counters } = await ran(config());
    const [first, second] = onNode1(notes);
    expect([first, second > 0.9 * PAGES]).toEqual([0, true]);
    expect(counters.shares_pages_migrated).toBeGreaterThanOrEqual(second);
    expect(counters.shares_quota_exceeds).toBeGreaterThanOrEqual(7);
    let before = 0;
    for (const { region, nid, pages } of notes.tables.placement) {
      if (region !== 'own1' || nid !== 1) continue;
      expect(pages - before).toBeLessThanOrEqual(64);
      before = pages;
    }
    const free = await ran(config({ migrateNs: 0 }));
    expect(counters.kdamond_ns - free.counters.kdamond_ns).toBeGreaterThan(0.5 * 1_000 * second);
  });

  it('broken on purpose, it sends away what is at home', async () => {
    const [first, second] = onNode1((await ran(config({ to: 'fewest' }))).notes);
    expect([first > 0.9 * PAGES, second]).toEqual([true, 0]);
  });
});

describe('dirty_rate', () => {
  const config = (writeRatio: number, changes: Partial<MachineConfig> = {}) => {
    const processes = [{ name: 'sweeps', workload: sweeps([0], writeRatio), cpus: [0] }];
    return machineOf(processes, { monitor: FAULTS, policies: { dirtyRate: true }, ...changes });
  };
  const written = async (of: MachineConfig) => (await ran(of)).notes.tables.dirty_pages.map((row) => row.written);

  it.each(['never', 'always'] as const)(
    'thp %s: every page that is written in a window counts once in it, none that is only read',
    async (thp) => {
      const all = await written(config(1, { thp }));
      expect(all.length).toBeGreaterThan(15);
      // A window has ten sweeps of the area; beside it there are stack, clock and the like.
      for (const pages of all) expect([pages >= PAGES, pages < PAGES + (thp === 'always' ? 2 * PAGES : 20)]).toEqual([true, true]);
      if (thp === 'never') expect(Math.max(...(await written(config(0))))).toBeLessThan(20);
    },
  );

  it('is not logged when nobody asks', async () => {
    const { policies: _, ...plain } = config(1);
    expect(await written(plain)).toEqual([]);
  });
});

it('whoever carries the CPUs, policies decide alike', async () => {
  const processes = [{ name: 'sweeps', workload: sweeps([1, 0, 1]), cpus: [0, 2, 1], cpusAllowed: [0, 1, 2, 3] }];
  const of = machineOf(processes, { monitor: FAULTS, sched: ACCESS_AWARE, policies: { migrateByShares: BY_SHARES, dirtyRate: true } });
  const [one, two] = [await ran(of), await ran(of, 'lanes:2')];
  expect(two).toEqual(one);
});
