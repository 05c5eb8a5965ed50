import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOf } from './interval.js';

describe('intervalOf', () => {
  it('of nothing, of one, of a sample worked by hand', () => {
    expect(intervalOf([], 0.95)).toEqual({ n: 0, mean: null, halfWidth: null });
    expect(intervalOf([3], 0.95)).toEqual({ n: 1, mean: 3, halfWidth: null });
    const { mean, halfWidth } = intervalOf([1, 2, 3, 4], 0.95);
    expect(mean).toBe(2.5);
    // s = 1.290994, s/√4 = 0.645497, times t(3) = 3.182446.
    expect(halfWidth).toBeCloseTo(2.05426, 5);
  });

  it('moves and grows with its values', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 50 }), (sample, factor) => {
        const a = intervalOf(sample, 0.9);
        const b = intervalOf(
          sample.map((value) => 7 + factor * value),
          0.9,
        );
        expect(b.mean).toBeCloseTo(7 + factor * Number(a.mean), 6);
        expect(b.halfWidth).toBeCloseTo(factor * Number(a.halfWidth), 6);
        expect(Number(intervalOf(sample, 0.99).halfWidth)).toBeGreaterThanOrEqual(Number(a.halfWidth));
      }),
    );
  });
});
