import { maxNrAccesses } from './attrs.js';
import type { DamonContext } from './context.js';
import { mulDiv } from './exact.js';
import type { RegionList } from './region-list.js';

const BP = 10_000;

/**
 * Accesses in the last whole window's time, of which `leftBp` / 10000 still lie in the window before: `current` so far in this
 * window and that share of the `last` window's count.
 *
 * @kernel mm/damon/core.c damon_mvsum (7.3)
 */
export function mvsum(current: number, last: number, leftBp: number): number {
  // A whole window left: right after the reset, or before it while `current` is still the last window's.
  return leftBp === BP ? last : current + mulDiv(last, leftBp, BP);
}

/**
 * nr_accesses of region `i` as schemes and readers see it between two aggregations, in accesses per aggregation interval.
 *
 * @kernel mm/damon/core.c damon_nr_accesses_mvsum (7.3); damon_region.nr_accesses_bp (6.12)
 */
export function nrAccessesMvsum(ctx: DamonContext, regions: RegionList, i: number): number {
  if (ctx.profile.mvsum === 'incremental') return Math.floor(regions.nrAccessesBp[i] / BP);
  const left = Math.max(0, ctx.nextAggregationSis - ctx.passedSampleIntervals);
  return mvsum(regions.nrAccesses[i], regions.lastNrAccesses[i], mulDiv(left, BP, maxNrAccesses(ctx.attrs)));
}

/**
 * Keeps `nrAccessesBp` from sample to sample: each takes one window's share of the last count away and adds 10000 for a hit.
 * The share is rounded down, so a residue stays when the samples of a window do not divide 10000, as in the kernel.
 *
 * @kernel mm/damon/core.c damon_update_region_access_rate, damon_moving_sum (6.12)
 */
export class MovingSum {
  #before = new Uint32Array(64);

  /** Call before the check: remembers the counts. */
  capture(regions: RegionList): void {
    if (this.#before.length < regions.length) this.#before = new Uint32Array(2 * regions.length);
    for (let i = 0; i < regions.length; i++) this.#before[i] = regions.nrAccesses[i];
  }

  /** Call after the check of the same regions. `window`: samples per aggregation. */
  slide(regions: RegionList, window: number): void {
    const { nrAccesses, lastNrAccesses, nrAccessesBp } = regions;
    for (let i = 0; i < regions.length; i++) {
      const hits = nrAccesses[i] - this.#before[i];
      nrAccessesBp[i] += hits * BP - Math.floor((lastNrAccesses[i] * BP) / window);
    }
  }
}
