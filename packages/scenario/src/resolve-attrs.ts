import type { PlaceOfKey } from '@damonlab/base';
import { checkAttrs, type DamonAttrs, type IntervalsGoal, kernelProfile, NO_INTERVALS_GOAL } from '@damonlab/damon';
import type { Kernel } from './resolved.js';
import type { ExperimentMonitor } from './schema.js';

/** What damo asks for when it is told nothing. */
export const DEFAULT_ATTRS: DamonAttrs = {
  sampleUs: 5_000,
  aggrUs: 100_000,
  opsUpdateUs: 1_000_000,
  minNrRegions: 10,
  maxNrRegions: 1_000,
  intervalsGoal: NO_INTERVALS_GOAL,
};

/**
 * Attributes of which only those named in `wanted` differ from `base`.
 * @throws UserError for what the kernel refuses, with its errno, at the `place` of the key.
 */
export function resolveAttrs(
  wanted: Pick<ExperimentMonitor, 'intervals' | 'nr_regions'>,
  base: DamonAttrs,
  kernel: Kernel,
  place: PlaceOfKey,
): DamonAttrs {
  const { intervals = {}, nr_regions = {} } = wanted;
  const goal = intervals.intervals_goal;
  const intervalsGoal: IntervalsGoal =
    goal === undefined
      ? base.intervalsGoal
      : { accessBp: goal.access_bp, aggrs: goal.aggrs, minSampleUs: goal.min_sample_us, maxSampleUs: goal.max_sample_us };
  const attrs = {
    sampleUs: intervals.sample_us ?? base.sampleUs,
    aggrUs: intervals.aggr_us ?? base.aggrUs,
    opsUpdateUs: intervals.ops_update_us ?? base.opsUpdateUs,
    minNrRegions: nr_regions.min ?? base.minNrRegions,
    maxNrRegions: nr_regions.max ?? base.maxNrRegions,
    intervalsGoal,
  };
  checkAttrs(attrs, kernelProfile(kernel), place);
  return attrs;
}
