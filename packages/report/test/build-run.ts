import {
  type AccessTruthWindow,
  type AttributionWindow,
  EXPORTER,
  type Manifest,
  noTables,
  type PhaseRecord,
  RUN_FORMAT,
  type Run,
  type SchemeRow,
  type Snapshot,
  type TruthWindow,
} from '@damonlab/record';

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

/** Rows `[region start, end, cpu, tid, isWrite, reports, workload region]` of window `index` of target 0; one report each is credited. */
export function attributionOf(
  index: number,
  rows: readonly (readonly [start: number, end: number, cpu: number, tid: number, isWrite: boolean, reports: number, of?: string])[],
): AttributionWindow {
  return {
    targetId: 0,
    startNs: index * 100e6,
    endNs: (index + 1) * 100e6,
    rows: rows.map(([regionStart, regionEnd, cpu, tid, isWrite, reports, workloadRegion = '']) => ({
      regionStart,
      regionEnd,
      cpu,
      tid,
      isWrite,
      workloadRegion,
      reports,
      credited: 1,
    })),
  };
}

/** Rows `[region, start, end, cpu, tid, isWrite, accesses]` of window `index` of target 0. */
export function accessTruthOf(
  index: number,
  rows: readonly (readonly [region: string, start: number, end: number, cpu: number, tid: number, isWrite: boolean, accesses: number])[],
): AccessTruthWindow {
  return {
    targetId: 0,
    startNs: index * 100e6,
    endNs: (index + 1) * 100e6,
    rows: rows.map(([region, start, end, cpu, tid, isWrite, accesses]) => ({ region, start, end, cpu, tid, isWrite, accesses })),
  };
}

export function manifestOf(scenario: unknown): Manifest {
  const intervals = { sample_us: 5000, aggr_us: 100_000, ops_update_us: 1_000_000 };
  const described = { name: 'test', seed: 1, kernel: '7.3', intervals, scenario };
  return { ...described, format: RUN_FORMAT, formatVersion: 1, exporter: EXPORTER, scenarioHash: '', state: 'complete' };
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

/** A scheme after round `tenths`, at so many 0.1 s: by then it has tried as many regions of 1 MiB. */
export function schemeRowOf(scheme: number, tenths: number, change: Partial<SchemeRow> = {}): SchemeRow {
  return {
    atNs: tenths * 1e8,
    scheme,
    action: 'stat',
    nrTried: tenths,
    szTried: tenths * 2 ** 20,
    nrApplied: 0,
    szApplied: 0,
    szOpsFilterPassed: 0,
    qtExceeds: 0,
    nrSnapshots: tenths,
    effectiveBytes: 0,
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
    attribution: [],
    accessTruth: [],
    tables: noTables(),
    counters: {},
    ...change,
  };
}
