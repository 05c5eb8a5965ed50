import { type AddrRange, PAGE_BYTES } from '@damonlab/base';
import fc from 'fast-check';

export interface SortedRangesOptions {
  /** Number of ranges; default 1 to 8. */
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Largest size of a range and of a gap, in pages ≥ 1; default 1024. */
  readonly maxPages?: number;
  /** Bytes that starts and ends are multiples of; default a page. */
  readonly unitBytes?: number;
  /** Can ranges touch each other? Default true. */
  readonly adjacent?: boolean;
}

/** Ranges of addresses as DAMON wants them: sorted, disjoint, none empty, aligned. Shrinks towards few, small and low ranges. */
export function sortedRanges(options: SortedRangesOptions = {}): fc.Arbitrary<AddrRange[]> {
  const { minLength = 1, maxLength = 8, maxPages = 1024, unitBytes = PAGE_BYTES, adjacent = true } = options;
  const piece = fc.record({ gap: fc.nat({ max: maxPages }), size: fc.integer({ min: 1, max: maxPages }) });
  return fc.array(piece, { minLength, maxLength }).map((pieces) => {
    let end = 0;
    return pieces.map(({ gap, size }, i) => {
      const start = end + (gap === 0 && i > 0 && !adjacent ? 1 : gap) * unitBytes;
      end = start + size * unitBytes;
      return { start, end };
    });
  });
}
