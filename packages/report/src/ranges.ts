import type { AddrRange } from '@damonlab/base';

/** Sorted, disjoint half-open ranges as parallel arrays. */
export interface Ranges {
  readonly start: ArrayLike<number>;
  readonly end: ArrayLike<number>;
}

/** The union of `ranges`, sorted; ranges that touch become one. */
export function unionOf(ranges: Iterable<AddrRange>): AddrRange[] {
  const union: { start: number; end: number }[] = [];
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    const last = union.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else if (start < end) union.push({ start, end });
  }
  return union;
}

export function asRanges(ranges: Iterable<AddrRange>): { readonly start: Float64Array; readonly end: Float64Array } {
  const union = unionOf(ranges);
  return { start: Float64Array.from(union, (range) => range.start), end: Float64Array.from(union, (range) => range.end) };
}

export function bytesOf(ranges: Ranges): number {
  let bytes = 0;
  for (let i = 0; i < ranges.start.length; i++) bytes += ranges.end[i] - ranges.start[i];
  return bytes;
}
