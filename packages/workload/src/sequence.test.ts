import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offsetAfter } from './sequence.js';

describe('offsetAfter', () => {
  it('is where single steps lead', () => {
    const small = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(small, fc.integer({ min: 0, max: 400 }), fc.nat(299), fc.nat(1000), (bytes, stride, start, count) => {
        const first = start % bytes;
        let offset = first;
        for (let i = 0; i < count; i++) {
          offset += stride;
          if (offset >= bytes) offset = 0;
        }
        expect(offsetAfter(first, count, { stride, bytes })).toBe(offset);
      }),
    );
  });

  it.each([
    { offset: 0, count: 1, stride: 4096, bytes: 10_000_000, after: 4096 },
    { offset: 0, count: 2442, stride: 4096, bytes: 10_000_000, after: 0 },
    { offset: 0, count: 131_072, stride: 4096, bytes: 10_000_000, after: (131_072 % 2442) * 4096 },
    { offset: 0, count: 7, stride: 4096, bytes: 64, after: 0 },
  ])('from $offset, $count steps of $stride in $bytes bytes: $after', ({ offset, count, stride, bytes, after }) => {
    expect(offsetAfter(offset, count, { stride, bytes })).toBe(after);
  });
});
