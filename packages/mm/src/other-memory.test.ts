import { PAGE_BYTES, Prng } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OtherMemory, Taken, takeOtherMemory } from './other-memory.js';
import { topologyOf } from './testing/spaces.js';

/** In pages, all of the range in one piece by default. */
function other(
  nid: number,
  start: number,
  end: number,
  { kind = 'kernel', pages = end - start, piece = 1 }: Partial<Wanted> = {},
): OtherMemory {
  return { kind, nid, start: start * PAGE_BYTES, end: end * PAGE_BYTES, bytes: pages * PAGE_BYTES, pieceBytes: piece * PAGE_BYTES };
}
interface Wanted {
  readonly kind: OtherMemory['kind'];
  readonly pages: number;
  readonly piece: number;
}

const laid = (others: readonly OtherMemory[], seed = 1) => takeOtherMemory(topologyOf(64, 100), others, Prng.stream(seed, 'other_memory'));
const count = (taken: Uint8Array, by: number) => taken.filter((one) => one === by).length;

describe('other memory', () => {
  it('a range without a size is taken whole, on its node', () => {
    const taken = laid([other(1, 10, 20)]);
    expect([...taken.subarray(74, 84)]).toEqual(new Array(10).fill(Taken.kernel));
    expect(count(taken, Taken.kernel)).toBe(10);
  });

  it('pieces are aligned and free, and as much is taken as was asked for: the same by the same seed', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1000 }), fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 2, 4, 8), (seed, pages, piece) => {
        const others = [other(0, 5, 9), other(0, 0, 64, { kind: 'page_cache', pages, piece })];
        const taken = laid(others, seed);
        expect([count(taken, Taken.kernel), count(taken, Taken.page_cache)]).toEqual([4, pages]);
        const pieces = new Set([...taken.keys()].filter((pfn) => taken[pfn] === Taken.page_cache).map((pfn) => Math.floor(pfn / piece)));
        expect(pieces.size).toBe(Math.ceil(pages / piece));
        expect(laid(others, seed)).toEqual(taken);
      }),
    );
    expect(laid([other(0, 0, 64, { pages: 8 })], 1)).not.toEqual(laid([other(0, 0, 64, { pages: 8 })], 2));
  });

  it('names the entry that finds no room', () => {
    const twice = [other(0, 0, 64, { pages: 60 }), other(0, 0, 64, { kind: 'page_cache', pages: 5 })];
    expect(() => laid(twice)).toThrow(/other_memory\[1\]: other memory finds no room/);
    // Single pages are left, but no piece of four.
    expect(() => laid([other(0, 0, 64, { pages: 60 }), other(0, 0, 64, { pages: 4, piece: 8 })])).toThrow(/no room/);
  });
});
