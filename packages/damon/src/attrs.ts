/**
 * Monitoring attributes, in DAMON's own units and words.
 *
 * @kernel include/linux/damon.h struct damon_attrs, struct damon_intervals_goal
 */
export interface DamonAttrs {
  /** Sampling interval in µs, ≥ 1. */
  readonly sampleUs: number;
  /** Aggregation interval in µs, ≥ sampleUs. */
  readonly aggrUs: number;
  /** Operations update interval in µs. */
  readonly opsUpdateUs: number;
  /** ≥ 3. */
  readonly minNrRegions: number;
  /** ≥ minNrRegions. */
  readonly maxNrRegions: number;
  /** Intervals auto-tuning; off when `aggrs` is 0. Not in 6.12. */
  readonly intervalsGoal: IntervalsGoal;
}

export interface IntervalsGoal {
  /** Wanted observed accesses to maximum, in 1/10000. */
  readonly accessBp: number;
  /** Tune every `aggrs` aggregations; 0 switches tuning off. */
  readonly aggrs: number;
  readonly minSampleUs: number;
  readonly maxSampleUs: number;
}

export const NO_INTERVALS_GOAL: IntervalsGoal = Object.freeze({ accessBp: 0, aggrs: 0, minSampleUs: 0, maxSampleUs: 0 });

/** Samples in one aggregation interval: the greatest nr_accesses possible. @kernel include/linux/damon.h damon_max_nr_accesses */
export function maxNrAccesses(attrs: DamonAttrs): number {
  return Math.floor(attrs.aggrUs / attrs.sampleUs);
}

/** @kernel mm/damon/core.c damon_attrs_equals (7.3) */
export function attrsEqual(a: DamonAttrs, b: DamonAttrs): boolean {
  const p = a.intervalsGoal;
  const q = b.intervalsGoal;
  return (
    a.sampleUs === b.sampleUs &&
    a.aggrUs === b.aggrUs &&
    a.opsUpdateUs === b.opsUpdateUs &&
    a.minNrRegions === b.minNrRegions &&
    a.maxNrRegions === b.maxNrRegions &&
    p.accessBp === q.accessBp &&
    p.aggrs === q.aggrs &&
    p.minSampleUs === q.minSampleUs &&
    p.maxSampleUs === q.maxSampleUs
  );
}
