import { type DamonAttrs, maxNrAccesses } from './attrs.js';
import { checkAttrs } from './check-attrs.js';
import type { DamonContext } from './context.js';
import { mulDiv } from './exact.js';
import type { KernelProfile } from './profile.js';
import type { RegionList } from './region-list.js';

const BP = 10_000;

/**
 * Put new attributes in force: schedules restart from now and the counters of all regions are converted to the new scale.
 * `aggrSamples` is given by auto-tuning only, which keeps the user's ratio. Throws `UserError` and changes nothing when the kernel refuses.
 *
 * @kernel mm/damon/core.c damon_set_attrs (7.3, 6.12)
 */
export function setAttrs(ctx: DamonContext, attrs: DamonAttrs, aggrSamples = maxNrAccesses(attrs)): void {
  checkAttrs(attrs, ctx.profile);
  const aggregating = ctx.passedSampleIntervals >= ctx.nextAggregationSis;
  ctx.aggrSamples = aggrSamples;
  ctx.nextAggregationSis = ctx.passedSampleIntervals + maxNrAccesses(attrs);
  ctx.nextOpsUpdateSis = ctx.passedSampleIntervals + Math.floor(attrs.opsUpdateUs / attrs.sampleUs);
  for (const target of ctx.targets) updateMonitoringResults(target.regions, ctx.attrs, attrs, { aggregating, profile: ctx.profile });
  ctx.attrs = attrs;
  ctx.schemes?.resetSchedules(ctx);
}

/**
 * Convert the counters of all regions from old to new intervals: access counts by way of 1/10000 of the maximum, age by time.
 * `aggregating`: the window is complete. Inside one, 7.3 drops the half-counted nr_accesses and 6.12 converts it.
 *
 * @kernel mm/damon/core.c damon_update_monitoring_results, damon_update_monitoring_result (7.3, 6.12)
 */
export function updateMonitoringResults(
  regions: RegionList,
  from: DamonAttrs,
  to: DamonAttrs,
  how: { readonly aggregating: boolean; readonly profile: KernelProfile },
): void {
  const { aggregating, profile } = how;
  const oldMax = maxNrAccesses(from);
  const newMax = maxNrAccesses(to);
  for (let i = 0; i < regions.length; i++) {
    if (profile.convertLastNr) {
      regions.lastNrAccesses[i] = convertCount(regions.lastNrAccesses[i], oldMax, newMax);
      regions.nrAccesses[i] = aggregating ? convertCount(regions.nrAccesses[i], oldMax, newMax) : 0;
    } else {
      regions.nrAccesses[i] = convertCount(regions.nrAccesses[i], oldMax, newMax);
    }
    if (profile.mvsum === 'incremental') regions.nrAccessesBp[i] = regions.nrAccesses[i] * BP;
    regions.age[i] = mulDiv(regions.age[i], from.aggrUs, to.aggrUs);
  }
}

function convertCount(count: number, oldMax: number, newMax: number): number {
  return mulDiv(mulDiv(count, BP, oldMax), newMax, BP);
}
