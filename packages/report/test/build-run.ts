import type { PhaseRecord, Run, Snapshot, TruthWindow } from '@damonlab/record';

/** `[start, end, nr_accesses, age]`. */
export type RegionRow = readonly [start: number, end: number, nrAccesses: number, age?: number];

/** Window `index` of 100 ms (sample 5 ms, so at most 20 accesses), of target 0 unless said otherwise. */
export function snapshotOf(index: number, regions: readonly RegionRow[], change: Partial<Snapshot> = {}): Snapshot {
  return {
    targetId: 0,
    startNs: index * 100e6,
    endNs: (index + 1) * 100e6,
    sampleUs: 5000,
    aggrUs: 100_000,
    start: Float64Array.from(regions, ([start]) => start),
    end: Float64Array.from(regions, ([, end]) => end),
    nrAccesses: Uint32Array.from(regions, ([, , nrAccesses]) => nrAccesses),
    age: Uint32Array.from(regions, ([, , , age = 0]) => age),
    ...change,
  };
}

export function truthOf(index: number, ranges: readonly (readonly [start: number, end: number])[]): TruthWindow {
  return {
    targetId: 0,
    startNs: index * 100e6,
    endNs: (index + 1) * 100e6,
    start: Float64Array.from(ranges, ([start]) => start),
    end: Float64Array.from(ranges, ([, end]) => end),
  };
}

export function phaseOf(
  name: string,
  startMs: number,
  endMs: number,
  hot: readonly (readonly [number, number])[],
  change: Partial<PhaseRecord> = {},
): PhaseRecord {
  return {
    targetId: 0,
    name,
    initial: false,
    startNs: startMs * 1e6,
    endNs: endMs * 1e6,
    hot: hot.map(([start, end]) => ({ start, end })),
    ...change,
  };
}

export function runOf(snapshots: readonly Snapshot[], change: Partial<Run> = {}): Run {
  return {
    path: 'runs/test-1',
    name: 'test',
    state: 'complete',
    reason: null,
    manifest: null,
    intervals: { sample_us: 5000, aggr_us: 100_000, ops_update_us: 1_000_000 },
    targets: [...new Set(snapshots.map(({ targetId }) => targetId))].sort((a, b) => a - b),
    snapshots,
    truth: [],
    phases: [],
    cpuCounters: [],
    counters: {},
    ...change,
  };
}
