import { type AddrRange, assert } from '@damonlab/base';
import type { RegionList } from './region-list.js';
import { joinRanges } from './set-regions.js';

/**
 * Throws when `regions` is not what monitoring relies on: whole non-negative byte addresses, no empty region, sorted, no overlap;
 * with `ranges` (sorted, disjoint) also that exactly their bytes are covered. Costs one pass: meant for tests and `--check` runs.
 */
export function checkRegions(regions: RegionList, ranges?: readonly AddrRange[]): void {
  for (let i = 0; i < regions.length; i++) {
    const start = regions.start[i];
    const end = regions.end[i];
    const ok = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end;
    if (!ok) assert(false, `region ${i} is [${start}, ${end})`);
    if (i > 0 && regions.end[i - 1] > start)
      assert(false, `region ${i} starts at ${start}, before the end ${regions.end[i - 1]} of the one before`);
  }
  if (ranges !== undefined) checkCoverage(regions, ranges);
}

function checkCoverage(regions: RegionList, ranges: readonly AddrRange[]): void {
  let i = 0;
  for (const { start, end } of joinRanges(ranges)) {
    let covered = start;
    for (; i < regions.length && regions.start[i] === covered && covered < end; i++) covered = regions.end[i];
    if (covered !== end) assert(false, `[${start}, ${end}) is covered up to ${covered}`);
  }
  if (i < regions.length) assert(false, `region ${i}, [${regions.start[i]}, ${regions.end[i]}), lies outside the ranges`);
}
