import type { AttributionRow, RegionList } from '@damonlab/damon';

/** What a primitive did since it was last asked: the basis of the kdamond's cost. */
export interface PrimitiveWork {
  /** Sampled addresses that were mapped, and that were not. */
  mapped: number;
  hole: number;
  /** Pages armed: each needs a TLB shootdown. */
  armed: number;
}

/** How DAMON learns whether the sampled page of a region was accessed. */
export interface AccessPrimitive {
  readonly work: PrimitiveWork;
  /** Sampling addresses are drawn; `entries[i]` is the page-table entry of region i's, or `NO_ENTRY`. */
  prepare(target: number, regions: RegionList, entries: Int32Array): void;
  /** Raise `nrAccesses` of the regions that were accessed. Called for each target in turn, after the sleep. */
  check(target: number, regions: RegionList, entries: Int32Array): void;
}

/** A primitive that learns of accesses by reports, which say who made them. */
export interface ReportingPrimitive extends AccessPrimitive {
  /** The kdamond wakes up at `nowNs` after a sleep that was meant to be `sampleUs`: take the reports. Before `check`. */
  wake(nowNs: number, sampleUs: number): void;
  /** End an aggregation window of `target`: who made the reports of each region. */
  takeAttribution(target: number, regions: RegionList): AttributionRow[];
  /** What it saw and lost, for the run's counters. */
  totals(): Record<string, number>;
}
