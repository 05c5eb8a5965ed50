import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascending, mean, percentile, ratio } from './stats.js';

describe('percentile', () => {
  it.each([
    // numpy.percentile's default gives the same.
    [[1, 2, 3, 4], 25, 1.75],
    [[1, 2, 3, 4], 50, 2.5],
    [[15, 18], 50, 16.5],
    [[115, 115.75, 118, 119], 25, 115.5625],
    [[7], 75, 7],
    [[3, 9], 0, 3],
    [[3, 9], 100, 9],
  ])('of %j at %d is %d', (values, p, expected) => {
    expect(percentile(values, p)).toBeCloseTo(expected, 12);
  });

  it('is null of nothing', () => {
    expect(percentile([], 50)).toBeNull();
    expect(mean([])).toBeNull();
    expect(ratio(1, 0)).toBeNull();
  });

  it('lies between its neighbours and never falls', () => {
    const values = fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1 });
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 99 }), (list, p) => {
        const sorted = ascending(list);
        const [lower, upper] = [percentile(sorted, p) ?? -1, percentile(sorted, p + 1) ?? -1];
        expect(lower).toBeGreaterThanOrEqual(sorted[0]);
        expect(upper).toBeGreaterThanOrEqual(lower);
        expect(upper).toBeLessThanOrEqual(sorted[sorted.length - 1]);
      }),
    );
  });
});
