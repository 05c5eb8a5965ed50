import { alignDown } from '@damonlab/base';
import type { DamonContext } from './context.js';
import { type DamonRandom, damonRand } from './damon-rand.js';
import type { KernelProfile } from './profile.js';
import type { RegionList } from './region-list.js';

/**
 * What the kernel remembers between splits in file-static variables: every kdamond of a machine shares one, so that contexts
 * influence each other. Give contexts their own to keep them apart.
 *
 * @kernel mm/damon/core.c kdamond_split_regions last_nr_regions, damon_split_some_regions rotation
 */
export class SplitMemory {
  /** Number of regions at the call before that remembered it. */
  lastNrRegions = 0;
  /** Calls of the rotating split so far. */
  rotation = 0;
}

/** How regions are cut: by whose draws, in which kernel's way, into parts of which least size in bytes. */
export interface SplitWay {
  readonly rng: DamonRandom;
  readonly profile: KernelProfile;
  readonly minRegionSz: number;
}

/**
 * Split the regions of all targets at random places, so that the next window can tell their parts apart: in two, or in three when
 * the number of regions stood still and is far from its maximum. Above half of max_nr_regions 7.3 splits some, 6.12 none.
 *
 * @kernel mm/damon/core.c kdamond_split_regions (7.3, 6.12)
 */
export function splitRegions(ctx: DamonContext, rng: DamonRandom, memory: SplitMemory): void {
  const { profile, minRegionSz } = ctx;
  const nr = ctx.nrRegions;
  const max = ctx.attrs.maxNrRegions;
  const way = { rng, profile, minRegionSz };
  if (nr > Math.floor(max / 2)) {
    if (profile.splitAboveHalf === 'rotating' && nr < max) splitSomeRegions(ctx, Math.floor(max / (max - nr)), way, memory);
    if (profile.rememberNrOnFreeze) memory.lastNrRegions = nr;
    return;
  }
  const pieces = memory.lastNrRegions === nr && nr < Math.floor(max / 3) ? 3 : 2;
  for (let t = 0; t < ctx.targets.length; t++) splitRegionsOf(ctx.targets[t].regions, pieces, way, ctx.scratch);
  memory.lastNrRegions = nr;
}

/**
 * Cut each region of one target up to `pieces` − 1 times: 10, 20, ... or 90 % of it go to the left part, rounded down to the
 * minimum region size, and the left part is cut on. Only regions of more than two minimum sizes are cut.
 *
 * @kernel mm/damon/core.c damon_split_regions_of (7.3, 6.12)
 */
export function splitRegionsOf(regions: RegionList, pieces: number, way: SplitWay, scratch: RegionList): void {
  scratch.length = 0;
  for (let i = 0; i < regions.length; i++) {
    const at = scratch.length;
    let size = regions.end[i] - regions.start[i];
    scratch.appendCopy(regions, i, regions.start[i], regions.end[i]);
    for (let cuts = 1; cuts < pieces && size > 2 * way.minRegionSz; cuts++) {
      const left = drawLeftPart(size, way);
      if (left === 0 || left >= size) continue;
      scratch.splitAt(at, left);
      size = left;
    }
  }
  regions.swap(scratch);
}

/**
 * Cut every `step`-th region of the context once, beginning one further at each call, where it has at least two minimum sizes.
 * So monitoring goes on improving near max_nr_regions.
 *
 * @kernel mm/damon/core.c damon_split_some_regions (7.3)
 */
function splitSomeRegions(ctx: DamonContext, step: number, way: SplitWay, memory: SplitMemory): void {
  const { scratch } = ctx;
  let untilNext = memory.rotation++ % step;
  for (let t = 0; t < ctx.targets.length; t++) {
    const { regions } = ctx.targets[t];
    scratch.length = 0;
    for (let i = 0; i < regions.length; i++) {
      const at = scratch.length;
      const size = regions.end[i] - regions.start[i];
      scratch.appendCopy(regions, i, regions.start[i], regions.end[i]);
      if (untilNext-- > 0) continue;
      untilNext = step - 1;
      if (size < 2 * way.minRegionSz) continue;
      const left = drawLeftPart(size, way);
      if (left > 0) scratch.splitAt(at, left);
    }
    regions.swap(scratch);
  }
}

/** Bytes of the left part of a region of `size` bytes; 0 when the draw falls below the minimum. */
function drawLeftPart(size: number, way: SplitWay): number {
  const tenths = damonRand(way.rng, 1, 10, way.profile);
  return alignDown(Math.floor((tenths * size) / 10), way.minRegionSz);
}
