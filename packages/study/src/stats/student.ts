import { studentQuantile } from '@damonlab/report';
import type { Interval } from './bootstrap.js';
import { deviationOf, meanOf } from './moments.js';

/**
 * Student's confidence interval of the mean of at least two `values`. For levels that the bootstrap cannot reach: that never looks beyond
 * the most extreme of n values, so it leaves out 0 whenever all of them have one sign, which happens with chance 2^(1 - n).
 */
export function studentInterval(values: readonly number[], level: number): Interval {
  const n = values.length;
  const mean = meanOf(values);
  const half = (studentQuantile((1 + level) / 2, n - 1) * deviationOf(values)) / Math.sqrt(n);
  return { n, mean, low: mean - half, high: mean + half };
}
