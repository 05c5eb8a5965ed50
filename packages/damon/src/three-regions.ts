import { type AddrRange, alignUp, PAGE_BYTES } from '@damonlab/base';

/**
 * The three ranges of an address space: everything between its first and last mapping, without its two largest gaps.
 * `vmas` are sorted. Undefined with fewer than two gaps. Of equal gaps the lower one counts as the larger.
 *
 * @kernel mm/damon/vaddr.c __damon_va_three_regions (7.3, 6.12)
 */
export function damonVaThreeRegions(vmas: readonly AddrRange[], minRegionSz = PAGE_BYTES): AddrRange[] | undefined {
  const none = { start: 0, end: 0 };
  let largest: AddrRange = none;
  let second: AddrRange = none;
  for (let i = 1; i < vmas.length; i++) {
    const gap = { start: vmas[i - 1].end, end: vmas[i].start };
    if (size(gap) > size(largest)) {
      second = largest;
      largest = gap;
    } else if (size(gap) > size(second)) {
      second = gap;
    }
  }
  if (size(second) === 0) return undefined;
  const [low, high] = largest.start < second.start ? [largest, second] : [second, largest];
  return [
    { start: vmas[0].start, end: low.start },
    { start: low.end, end: high.start },
    { start: high.end, end: vmas[vmas.length - 1].end },
  ].map(({ start, end }) => ({ start: alignUp(start, minRegionSz), end: alignUp(end, minRegionSz) }));
}

function size(range: AddrRange): number {
  return range.end - range.start;
}
