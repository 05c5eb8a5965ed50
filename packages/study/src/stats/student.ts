import { assert } from '@damonlab/base';
import type { Interval } from './bootstrap.js';
import { deviationOf, meanOf } from './moments.js';

/** P(T ≤ t) for Student's t with `df` degrees of freedom, a whole number ≥ 1: Abramowitz and Stegun 26.7.3 and 26.7.4. */
export function studentCdf(t: number, df: number): number {
  const theta = Math.atan(t / Math.sqrt(df));
  const [sin, cos] = [Math.sin(theta), Math.cos(theta)];
  const isOdd = df % 2 === 1;
  let term = isOdd ? cos : 1;
  let sum = df === 1 ? 0 : term;
  for (let i = isOdd ? 3 : 2; i < df; i += 2) {
    term *= ((i - 1) / i) * cos * cos;
    sum += term;
  }
  const between = isOdd ? (2 / Math.PI) * (theta + sin * sum) : sin * sum;
  return (1 + between) / 2;
}

/** The t with P(T ≤ t) = `p`, 0 < p < 1. */
export function studentQuantile(p: number, df: number): number {
  assert(p > 0 && p < 1 && Number.isInteger(df) && df >= 1, 'a probability and whole degrees of freedom');
  if (p < 0.5) return -studentQuantile(1 - p, df);
  let low = 0;
  let high = 1;
  while (studentCdf(high, df) < p) high *= 2;
  for (let i = 0; i < 200 && low < high; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (studentCdf(middle, df) < p) low = middle;
    else high = middle;
  }
  return high;
}

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
