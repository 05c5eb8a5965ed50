import { NS_PER_MS, PAGE_BYTES } from '@damonlab/base';
import { DEFAULT_SAMPLE_CONTROL } from '@damonlab/damon';
import type { LatencyRow } from '@damonlab/record';
import type { WorkloadSpec } from '@damonlab/workload';
import { describe, expect, it } from 'vitest';
import type { MachineConfig } from './config.js';
import { Machine } from './machine.js';
import { MONITOR, machineOf, Notes } from './testing/small-machines.js';

/** A thread of each node sweeps an area that lies on node 0, and one that it touches first. */
const SWEEPS: WorkloadSpec = {
  kind: 'synthetic',
  name: 'sweeps',
  threads: 2,
  pattern: {
    pattern: 'sweep',
    durationNs: 200 * NS_PER_MS,
    writeRatio: 1,
    computePs: 500_000,
    spin: true,
    areas: ['there', 'first'].map((name, i) => ({
      name,
      bytes: 300 * PAGE_BYTES,
      slackBytes: 0,
      populateNid: i === 0 ? 0 : -1,
      everyNs: 0,
      firstNs: 0,
      threads: [],
    })),
  },
};

async function ran(changes: Partial<MachineConfig>) {
  const notes = new Notes();
  const monitor = { ...MONITOR, sample: { ...DEFAULT_SAMPLE_CONTROL, primitive: 'page_fault' as const } };
  const processes = [{ name: 'sweeps', workload: SWEEPS, cpus: [0, 2] }];
  const config = machineOf(processes, { monitor, durationNs: 100 * NS_PER_MS, ...changes });
  const machine = await Machine.create(config, { executor: 'inline', observer: notes });
  try {
    await machine.run();
    return { notes, counters: machine.runCounters() };
  } finally {
    await machine.close();
  }
}

const countOf = (rows: readonly LatencyRow[], kind: LatencyRow['kind']) =>
  rows.filter((row) => row.kind === kind).reduce((sum, { count, every }) => sum + count * every, 0);

describe('latencies', () => {
  it('are counted: faults all, other accesses one in so many', async () => {
    const { notes, counters } = await ran({ latencyEvery: 101 });
    const { latency, node_load: load } = notes.tables;
    const timed = latency.filter(({ kind }) => kind === 'access').reduce((sum, { count }) => sum + count, 0);
    expect(load.reduce((sum, row) => sum + row.timed, 0)).toBe(timed);
    // Nearly every access writes: a line is owned and written back.
    const lines = load.reduce((sum, row) => sum + row.bytes / 64, 0);
    expect(lines).toBeGreaterThan(1.9 * counters.accesses);
    expect(lines).toBeLessThan(2 * counters.accesses);
    expect(load.filter(({ nid, timed: n }) => nid === 1 && n > 0)).toEqual([]);
    const delivered = notes.tables.sharing.at(-1)?.delivered;
    expect(delivered).toBeGreaterThan(100);
    expect(countOf(latency, 'hint_fault')).toBe(delivered);
    // Two CPUs can meet in a first touch; each has waited.
    expect(countOf(latency, 'first_touch')).toBeGreaterThanOrEqual(300);
    expect(countOf(latency, 'first_touch')).toBeLessThanOrEqual(700);
    const rest = counters.accesses - countOf(latency, 'first_touch') - countOf(latency, 'hint_fault');
    expect(Math.abs(countOf(latency, 'access') / rest - 1)).toBeLessThan(0.05);
    for (const { lowPs, highPs } of latency.filter(({ kind }) => kind === 'hint_fault')) {
      // 700 ns, walk and access: 723 or 725 ns.
      expect([lowPs <= 725_000, highPs > 723_000]).toEqual([true, true]);
    }
  });

  it('cost nothing: a run is the same with them', async () => {
    const [without, timed] = [await ran({}), await ran({ latencyEvery: 7 })];
    expect(without.notes.tables.latency).toEqual([]);
    expect(timed.counters).toEqual(without.counters);
    expect(timed.notes.snapshots).toEqual(without.notes.snapshots);
    expect({ ...timed.notes.tables, latency: [], node_load: [] }).toEqual(without.notes.tables);
  });
});
