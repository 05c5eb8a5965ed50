import { NS_PER_MS, PAGE_BYTES } from '@damonlab/base';
import { STAT_EVERYTHING } from '@damonlab/damos';
import { DEFAULT_TUNABLES } from '@damonlab/numa-balancing';
import type { WorkloadSpec } from '@damonlab/workload';
import { describe, expect, it } from 'vitest';
import type { MachineConfig } from './config.js';
import type { ExecutorSpec } from './executor.js';
import { Machine } from './machine.js';
import { DAMON_ONLY, MONITOR, machineOf, Notes, twoNodes } from './testing/small-machines.js';

const PAGES = 400;
/** One thread sweeps memory that it touches at once, and from 40 ms on some that is new. */
const SWEEP: WorkloadSpec = {
  kind: 'synthetic',
  name: 'sweep',
  threads: 2,
  pattern: {
    pattern: 'sweep',
    durationNs: 80 * NS_PER_MS,
    writeRatio: 0,
    computePs: 1_000,
    spin: false,
    areas: ['old', 'new'].map((name, i) => {
      const firstNs = i * 40 * NS_PER_MS;
      return { name, bytes: PAGES * PAGE_BYTES, slackBytes: 0, populateNid: -1, everyNs: 0, firstNs, threads: [0] };
    }),
  },
};
/** A thread wants 64 bytes each 26 ns: the fast node is full. */
const TOPOLOGY = {
  ...twoNodes(16),
  latencyNs: [
    [5, 8],
    [8, 5],
  ],
  bandwidthGBps: [2, 2],
};
const TUNER = { cutoff: 1, sampleNs: NS_PER_MS, adjustNs: 5 * NS_PER_MS, sets: ['sysfs' as const] };
const WEIGHTED = { mode: 'weighted_interleave' as const, nodes: [0, 1], weights: [255, 1] };
const SCHEME = {
  ...STAT_EVERYTHING,
  action: 'migrate_hot' as const,
  dests: [
    { nid: 0, weight: 1 },
    { nid: 1, weight: 0 },
  ],
};

function config(changes: Partial<MachineConfig>, mempolicy?: typeof WEIGHTED): MachineConfig {
  const policy = mempolicy === undefined ? {} : { mempolicy };
  const processes = [{ name: 'sweep', workload: SWEEP, cpus: [0], ...policy }];
  return machineOf(processes, {
    topology: TOPOLOGY,
    latencyEvery: 11,
    durationNs: 75 * NS_PER_MS,
    policies: { interleaveTuner: TUNER },
    ...changes,
  });
}

async function ran(machineConfig: MachineConfig, executor: ExecutorSpec = 'inline') {
  const notes = new Notes();
  const machine = await Machine.create(machineConfig, { executor, observer: notes, check: true });
  try {
    await machine.run();
    return { counters: machine.runCounters(), notes };
  } finally {
    await machine.close();
  }
}

/** Percent of a region's pages that lie on node 0 in the last window. */
function localOf({ tables }: Notes, region: string): number {
  const rows = tables.placement.filter((row) => row.region === region && row.pages > 0);
  const end = Math.max(...rows.map(({ endNs }) => endNs));
  const [on0 = 0, on1 = 0] = [0, 1].map((nid) => rows.find((row) => row.endNs === end && row.nid === nid)?.pages);
  return (100 * on0) / (on0 + on1);
}

describe('the tuner of weights', () => {
  it('sysfs: new pages go by its weights, and what is there stays', async () => {
    const { counters, notes } = await ran(config({ monitor: MONITOR }, WEIGHTED));
    expect(counters.interleave_tuner_changes).toBeGreaterThan(2);
    expect(localOf(notes, 'old')).toBeGreaterThan(99);
    expect(localOf(notes, 'new')).toBeLessThan(95);
    expect(counters.pgmigrate_success ?? 0).toBe(0);
  });

  it('a process without weighted interleaving does not care', async () => {
    const { notes } = await ran(config({ monitor: MONITOR }));
    expect(localOf(notes, 'new')).toBe(100);
  });

  it('dests: the next round of the scheme moves what is there', async () => {
    const monitor = { ...MONITOR, schemes: [SCHEME] };
    const { counters, notes } = await ran(config({ monitor, policies: { interleaveTuner: { ...TUNER, sets: ['dests'] } } }));
    expect(localOf(notes, 'old')).toBeLessThan(95);
    expect(counters.pgmigrate_success).toBeGreaterThan(0);
  });

  it('a fast node that is not saturated keeps everything', async () => {
    const { counters, notes } = await ran(config({ monitor: MONITOR, policies: { interleaveTuner: { ...TUNER, cutoff: 100 } } }, WEIGHTED));
    expect(counters).toMatchObject({ interleave_tuner_changes: 0, interleave_tuner_local_percent: 100 });
    expect(localOf(notes, 'new')).toBeGreaterThan(99);
  });

  it('is the same on any executor', async () => {
    const one = config({ monitor: { ...MONITOR, schemes: [SCHEME] }, policies: { interleaveTuner: { ...TUNER, sets: ['dests'] } } });
    expect((await ran(one, 'lanes:2')).counters).toEqual((await ran(one)).counters);
  });
});

describe('NUMA balancing by weight, which no kernel has', () => {
  const numaBalancing = {
    kernel: '7.3' as const,
    mode: 1,
    tunables: { ...DEFAULT_TUNABLES, scanDelayMs: 4, scanPeriodMinMs: 4, scanPeriodMaxMs: 60 },
    leakWhenOff: true,
    cost: { migrateNs: 2_000, scanPteNs: 50, scanPageNs: 1, scanChunkNs: 500 },
  };
  const sharing = { ...DAMON_ONLY, owners: ['numa_balancing' as const] };

  it('faults bring pages where the weights of now say; without the option such processes are left alone', async () => {
    const local = async (labByWeight?: true) => {
      const numa = labByWeight === undefined ? numaBalancing : { ...numaBalancing, labByWeight };
      const { notes, counters } = await ran(config({ numaBalancing: numa, sharing }, WEIGHTED));
      return { old: localOf(notes, 'old'), faults: counters.numa_hint_faults };
    };
    const [byWeight, kernel] = [await local(true), await local()];
    expect(byWeight.old).toBeLessThan(95);
    expect(kernel.old).toBeGreaterThan(99);
    expect(kernel.faults).toBe(0);
  });

  it('what was put on the slow node before the start comes by its weight, not to the thread', async () => {
    const { pattern } = SWEEP as Extract<WorkloadSpec, { kind: 'synthetic' }>;
    const areas = (pattern as Extract<typeof pattern, { pattern: 'sweep' }>).areas.map((area) => ({ ...area, populateNid: 1 }));
    const workload = { ...SWEEP, pattern: { ...pattern, areas } } as WorkloadSpec;
    const local = async (labByWeight?: true) => {
      const numa = labByWeight === undefined ? numaBalancing : { ...numaBalancing, labByWeight };
      const machine = config({ numaBalancing: numa, sharing, policies: {} }, { ...WEIGHTED, weights: [3, 1] });
      const { notes } = await ran({ ...machine, processes: [{ ...machine.processes[0], workload }] });
      return localOf(notes, 'old');
    };
    expect([await local(), await local(true)]).toEqual([0, 75]);
  });
});
