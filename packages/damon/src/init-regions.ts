import { type AddrRange, alignDown, alignUp } from '@damonlab/base';
import type { DamonContext } from './context.js';
import type { DamonOperations } from './operations.js';
import type { RegionList } from './region-list.js';
import { setRegions } from './set-regions.js';

/**
 * The largest size to which regions may merge, in bytes: the total over min_nr_regions, at least the minimum region size.
 * 7.3 rounds it up to the minimum region size.
 *
 * @kernel mm/damon/core.c damon_region_sz_limit (6.12), damon_apply_min_nr_regions (7.3)
 */
export function regionSzLimit(ctx: DamonContext): number {
  const limit = exactSzLimit(ctx);
  return ctx.profile.limitAlign ? alignUp(limit, ctx.minRegionSz) : limit;
}

/**
 * `totalBytes` over min_nr_regions, at least the minimum region size, not rounded: DAMOS puts slices together up to this.
 * @kernel mm/damon/core.c damon_region_sz_limit (7.3, 6.12)
 */
export function exactSzLimit(ctx: DamonContext, totalBytes = ctx.totalBytes()): number {
  return Math.max(Math.floor(totalBytes / ctx.attrs.minNrRegions), ctx.minRegionSz);
}

/**
 * Chop every region above the size limit into slices of it, the remainder last; returns the limit.
 * @kernel mm/damon/core.c damon_apply_min_nr_regions (7.3)
 */
export function applyMinNrRegions(ctx: DamonContext): number {
  const limit = regionSzLimit(ctx);
  for (let t = 0; t < ctx.targets.length; t++) chopRegions(ctx.targets[t].regions, ctx.scratch, limit);
  return limit;
}

function chopRegions(regions: RegionList, scratch: RegionList, limit: number): void {
  if (!hasLarger(regions, limit)) return;
  scratch.length = 0;
  for (let i = 0; i < regions.length; i++) {
    const end = regions.end[i];
    for (let start = regions.start[i]; start < end; start += limit) {
      scratch.appendCopy(regions, i, start, Math.min(start + limit, end));
    }
  }
  regions.swap(scratch);
}

function hasLarger(regions: RegionList, limit: number): boolean {
  for (let i = 0; i < regions.length; i++) if (regions.end[i] - regions.start[i] > limit) return true;
  return false;
}

/**
 * Cut each region into ⌊size / limit⌋ equal pieces, whole multiples of the minimum region size; the last takes the remainder.
 * A region below the limit stays one.
 *
 * @kernel mm/damon/vaddr.c __damon_va_init_regions, damon_va_evenly_split_region (6.12)
 */
export function splitEvenly(regions: RegionList, scratch: RegionList, limit: number, minRegionSz: number): void {
  scratch.length = 0;
  for (let i = 0; i < regions.length; i++) {
    const size = regions.end[i] - regions.start[i];
    const pieces = Math.max(Math.floor(size / limit), 1);
    const piece = alignDown(Math.floor(size / pieces), minRegionSz);
    for (let k = 0; k < pieces; k++) {
      const start = regions.start[i] + k * piece;
      scratch.appendCopy(regions, i, start, k === pieces - 1 ? regions.end[i] : start + piece);
    }
  }
  regions.swap(scratch);
}

/**
 * First regions of all targets and the first size limit. `givenRanges[t]` are the user's; empty or missing: the ops' own choice, and
 * where the ops have none the target starts without regions. Throws `UserError` on bad ranges.
 *
 * @kernel mm/damon/vaddr.c damon_va_init, mm/damon/core.c kdamond_fn (7.3, 6.12)
 */
export function initRegions(ctx: DamonContext, givenRanges: readonly (readonly AddrRange[])[], ops: DamonOperations): void {
  const { profile } = ctx;
  const splitAtStart = ctx.targets.map(({ regions }, t) => {
    const given = givenRanges[t] ?? [];
    const ranges = given.length > 0 ? given : ops.initRanges(t);
    if (ranges !== undefined) setRegions(regions, ranges, ctx.minRegionSz, ctx.scratch);
    return given.length === 0 || profile.initSplitPaddr;
  });
  ctx.szLimit = regionSzLimit(ctx);
  ctx.targets.forEach(({ regions }, t) => {
    if (!splitAtStart[t]) return;
    if (profile.initSplit === 'chop') chopRegions(regions, ctx.scratch, ctx.szLimit);
    else splitEvenly(regions, ctx.scratch, exactSzLimit(ctx, regions.totalBytes()), ctx.minRegionSz);
  });
}
