import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { studentCdf, studentQuantile } from './student.js';

describe('distribution of Student', () => {
  // Any table of Student's distribution.
  it.each([
    [1, 0.975, 12.7062],
    [2, 0.975, 4.3027],
    [4, 0.975, 2.7764],
    [7, 0.95, 1.8946],
    [10, 0.995, 3.1693],
    [30, 0.8, 0.8538],
    [1000, 0.975, 1.9623],
    [3, 0.025, -3.1824],
  ])('Student: df %d, quantile %d', (df, p, t) => {
    expect(studentQuantile(p, df)).toBeCloseTo(t, 4);
  });

  it('Student: the quantile is the inverse, and tends to the normal', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0.001, max: 0.999, noNaN: true }), (df, p) => {
        expect(studentCdf(studentQuantile(p, df), df)).toBeCloseTo(p, 10);
      }),
    );
    expect(studentQuantile(0.975, 2000)).toBeCloseTo(1.96, 2);
  });
});
