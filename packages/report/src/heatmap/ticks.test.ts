import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binaryTicks, decimalTicks } from './ticks.js';

describe('ticks of an axis', () => {
  it.each([
    [0, 10, 6, [0, 2, 4, 6, 8, 10]],
    [0, 9.952, 6, [0, 2, 4, 6, 8]],
    [3, 14, 4, [5, 10]],
    [0, 200, 5, [0, 50, 100, 150, 200]],
    [0, 0.3, 4, [0, 0.1, 0.2, 0.3]],
    [5, 5, 4, [5]],
  ])('from %d to %d, at most %d', (from, to, most, expected) => {
    expect(decimalTicks(from, to, most)).toEqual(expected);
  });

  it('are powers of two for sizes', () => {
    const mib = 2 ** 20;
    expect(binaryTicks(0, 76 * mib, 6).map((tick) => tick / mib)).toEqual([0, 16, 32, 48, 64]);
  });

  it('lie in the range, as many as wanted at most and a fifth of that at least', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 1, max: 1e12 }), fc.integer({ min: 2, max: 20 }));
    fc.assert(
      fc.property(range, fc.constantFrom(decimalTicks, binaryTicks), ([from, length, most], ticks) => {
        const values = ticks(from, from + length, most);
        expect(values.length).toBeLessThanOrEqual(most);
        expect(values.length).toBeGreaterThanOrEqual(Math.floor(most / 5));
        for (const value of values) {
          // Rounding may put a tick a billionth of its step outside.
          expect(value).toBeGreaterThanOrEqual(from - length * 1e-8);
          expect(value).toBeLessThanOrEqual(from + length * (1 + 1e-8));
        }
      }),
    );
  });
});
