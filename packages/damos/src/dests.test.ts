import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { destinationOf, interleaveIndex } from './dests.js';

describe('destinations', () => {
  const dests = [
    { nid: 0, weight: 2 },
    { nid: 3, weight: 0 },
    { nid: 1, weight: 1 },
  ];

  it('consecutive numbers go round by weights', () => {
    expect([0, 1, 2, 3, 4, 5].map((index) => destinationOf(dests, index))).toEqual([0, 0, 1, 0, 0, 1]);
  });

  it('no weight at all: nowhere', () => {
    expect(destinationOf([{ nid: 0, weight: 0 }], 5)).toBeUndefined();
    expect(destinationOf([], 5)).toBeUndefined();
  });

  it.each([
    [100, 3, 0, 103],
    // Each term is rounded down on its own.
    [511, 511, 9, 0],
    [512, 1_024, 9, 3],
  ])('file offset %d, page %d, order %d: number %d', (pgoff, page, order, expected) => {
    expect(interleaveIndex(pgoff, page, order)).toBe(expected);
  });

  it('each node gets its share of every whole round, wherever that begins', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.nat(1e9), (list, first) => {
        const total = list.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0);
        const got = list.map(() => 0);
        const all = list.map((weight, nid) => ({ nid, weight }));
        for (let i = 0; i < total; i++) got[destinationOf(all, first + i) ?? -1]++;
        expect(got).toEqual(list);
      }),
    );
  });
});
