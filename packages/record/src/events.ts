/** What a run reports while it goes on: the rows of its files. All times are virtual ns since the start of the run, all addresses bytes. */

/** Target id of what belongs to no target. */
export const NO_TARGET = -1;

/** The regions of one target at the end of an aggregation interval, after merge and before split, as `damon:damon_aggregated` has them. */
export interface Snapshot {
  readonly targetId: number;
  readonly startNs: number;
  readonly endNs: number;
  /** Intervals in force during this window (they change under auto-tuning). */
  readonly sampleUs: number;
  readonly aggrUs: number;
  /** Parallel arrays, one entry per region, in address order. */
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly nrAccesses: Uint32Array;
  /** In aggregation intervals. */
  readonly age: Uint32Array;
}

/** Which bytes of a target were really touched in one aggregation window: sorted, disjoint, page-aligned `[start, end)`. */
export interface TruthWindow {
  readonly targetId: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
}

/** One phase of a workload as it happened. */
export interface PhaseRecord {
  /** `NO_TARGET` when physical memory is watched: a phase is about virtual addresses. */
  readonly targetId: number;
  readonly name: string;
  /** True for the warm-up that "hot phases" leave out. */
  readonly initial: boolean;
  readonly startNs: number;
  readonly endNs: number;
  /** The page-rounded ranges that the phase accesses, sorted. */
  readonly hot: readonly { readonly start: number; readonly end: number }[];
  /** Ranges that the phase also touches though it is not about them (masim's random number table in the heap), sorted. */
  readonly alsoTouched?: readonly { readonly start: number; readonly end: number }[];
}

/** Counters of one simulated CPU over one aggregation window. */
export interface CpuCounters {
  readonly cpu: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly accesses: number;
  readonly tlbMisses: number;
  readonly pageFaults: number;
  readonly contextSwitches: number;
  /** ns in which a thread ran, the rest is idle or stolen by the kdamond. */
  readonly busyNs: number;
}

/** Counters that name themselves with the kernel's words (vmstat and DAMON's own), whole run. */
export type RunCounters = Readonly<Record<string, number>>;

/** Who made the accesses that DAMON saw in one aggregation window of a target, region by region. */
export interface AttributionWindow {
  readonly targetId: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly rows: readonly AttributionRow[];
}

export interface AttributionRow {
  readonly regionStart: number;
  readonly regionEnd: number;
  readonly cpu: number;
  readonly tid: number;
  readonly isWrite: boolean;
  /** Region of the workload that the reports were about, as in the access truth, where DAMON's own does not tell (paddr); else empty. */
  readonly workloadRegion: string;
  /** Reports that fell into the region. */
  readonly reports: number;
  /** Of these, the ones that raised nr_accesses: the first of the region in its sample. */
  readonly credited: number;
}

/** Who really made how many accesses in one aggregation window, by region of the workload; for physical memory by that of all processes. */
export interface AccessTruthWindow {
  readonly targetId: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly rows: readonly AccessTruthRow[];
}

export interface AccessTruthRow {
  /** Name (`process/region` for physical memory) and virtual place of the workload's region. */
  readonly region: string;
  readonly start: number;
  readonly end: number;
  readonly cpu: number;
  readonly tid: number;
  readonly isWrite: boolean;
  readonly accesses: number;
}
