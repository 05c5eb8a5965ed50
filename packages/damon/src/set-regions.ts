import { type AddrRange, alignDown, alignUp, formatPath, type KeyPath, type PlaceOfKey, UserError } from '@damonlab/base';
import type { RegionList } from './region-list.js';

/**
 * `ranges` widened to whole multiples of `minRegionSz`. Throws `UserError` when one is empty or, so widened, they are
 * not sorted or overlap: -EINVAL of damon_set_regions. `place` says where a range stands, by its index.
 */
export function alignRanges(ranges: readonly AddrRange[], minRegionSz: number, place: PlaceOfKey = regionAt): AddrRange[] {
  let previousEnd = 0;
  return ranges.map(({ start, end }, index) => {
    const aligned = { start: alignDown(start, minRegionSz), end: alignUp(end, minRegionSz) };
    if (!isRange(start, end) || aligned.start >= aligned.end || aligned.start < previousEnd) {
      const before = `start ≥ ${previousEnd} (the end of the region before, in whole multiples of ${minRegionSz}), `;
      throw new UserError('impossible region', {
        where: place([index]),
        expected: `${index === 0 ? '' : before}start < end`,
        actual: `${start} to ${end}`,
        errno: 'EINVAL',
      });
    }
    previousEnd = aligned.end;
    return aligned;
  });
}

function regionAt(path: KeyPath): string {
  return formatPath(['regions', ...path]);
}

function isRange(start: number, end: number): boolean {
  return Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end;
}

/** Ranges that touch become one. @kernel mm/damon/core.c damon_commit_target_regions (7.3) */
export function joinRanges(ranges: readonly AddrRange[]): AddrRange[] {
  const joined: AddrRange[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last?.end === range.start) joined[joined.length - 1] = { start: last.start, end: range.end };
    else joined.push(range);
  }
  return joined;
}

/**
 * Make `regions` cover exactly `ranges` and keep what is known: regions outside all ranges go, the first and last region of a
 * range are cut or extended to its ends, what is not covered yet becomes new regions with counters 0.
 * `scratch` is overwritten. Throws `UserError` on bad ranges, `regions` is then unchanged.
 *
 * @kernel mm/damon/core.c damon_set_regions (7.3, 6.12)
 */
export function setRegions(regions: RegionList, ranges: readonly AddrRange[], minRegionSz: number, scratch: RegionList): void {
  const aligned = alignRanges(ranges, minRegionSz);
  scratch.length = 0;
  let next = 0;
  for (const range of aligned) {
    while (next < regions.length && regions.end[next] <= range.start) next++;
    next = fitRange(regions, next, range, scratch);
  }
  regions.swap(scratch);
}

/** Append to `to` what covers `range`, from the regions at `next` on; returns the first region not looked at. */
function fitRange(regions: RegionList, next: number, range: AddrRange, to: RegionList): number {
  let covered = range.start;
  let i = next;
  for (; i < regions.length && regions.start[i] < range.end; i++) {
    const first = i === next;
    const last = i + 1 === regions.length || regions.start[i + 1] >= range.end;
    if (!first && covered < regions.start[i]) to.append(covered, regions.start[i]);
    covered = last ? range.end : regions.end[i];
    to.appendCopy(regions, i, first ? range.start : regions.start[i], covered);
  }
  // A region that reaches into the next range was cut at this one's end and is not seen again, as in the kernel.
  if (i === next) to.append(range.start, range.end);
  return i;
}
