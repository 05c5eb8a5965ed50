import { updateAge } from './age.js';
import { maxNrAccesses } from './attrs.js';
import type { DamonContext } from './context.js';
import { weightedAverage } from './exact.js';
import type { KernelProfile } from './profile.js';
import type { RegionList } from './region-list.js';

const BP = 10_000;

/**
 * Merge neighbours of all targets at the end of a window, with a growing threshold until there are at most max_nr_regions or
 * the threshold is the greatest possible. The size limit is never relaxed, so more than max_nr_regions may stay.
 * Ages change in the first pass only.
 *
 * @kernel mm/damon/core.c kdamond_merge_regions (7.3, 6.12)
 */
export function mergeRegions(ctx: DamonContext, threshold: number, szLimit: number): void {
  const maxThreshold = maxNrAccesses(ctx.attrs);
  let thres = threshold;
  for (let countAge = true; ; countAge = false) {
    for (let t = 0; t < ctx.targets.length; t++) mergeRegionsOf(ctx.targets[t].regions, thres, szLimit, countAge, ctx.profile);
    if (ctx.nrRegions <= ctx.attrs.maxNrRegions || thres >= maxThreshold) return;
    thres = thres < Math.floor(maxThreshold / 2) ? Math.max(1, 2 * thres) : maxThreshold;
  }
}

/**
 * One pass over one target, in place: a region joins the one before it (as merged so far) if they touch, their counts differ by at most
 * `threshold` and together they have at most `szLimit` bytes.
 *
 * @kernel mm/damon/core.c damon_merge_regions_of (7.3, 6.12)
 */
export function mergeRegionsOf(regions: RegionList, threshold: number, szLimit: number, countAge: boolean, profile: KernelProfile): void {
  const { start, end, nrAccesses } = regions;
  let into = -1;
  for (let i = 0; i < regions.length; i++) {
    if (countAge) updateAge(regions, i, threshold, profile);
    const joins =
      into >= 0 && end[into] === start[i] && Math.abs(nrAccesses[into] - nrAccesses[i]) <= threshold && end[i] - start[into] <= szLimit;
    if (joins) mergeTwoRegions(regions, into, i, profile);
    else if (++into !== i) regions.copyRegion(i, into);
  }
  regions.length = into + 1;
}

/**
 * Extend `left` over its neighbour `right`. nr_accesses and age become averages weighted by bytes, rounded down; last_nr_accesses stays
 * the left one's. `right` is left for the caller to drop.
 *
 * @kernel mm/damon/core.c damon_merge_two_regions (7.3, 6.12)
 */
export function mergeTwoRegions(regions: RegionList, left: number, right: number, profile: KernelProfile): void {
  const { start, end, nrAccesses, age } = regions;
  const leftBytes = end[left] - start[left];
  const rightBytes = end[right] - start[right];
  nrAccesses[left] = weightedAverage(nrAccesses[left], leftBytes, nrAccesses[right], rightBytes);
  age[left] = weightedAverage(age[left], leftBytes, age[right], rightBytes);
  if (profile.mvsum === 'incremental') regions.nrAccessesBp[left] = nrAccesses[left] * BP;
  end[left] = end[right];
}
