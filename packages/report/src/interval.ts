import { studentQuantile } from './student.js';

/** Mean of a sample and the confidence interval of it, by Student's t. */
export interface Interval {
  readonly n: number;
  /** Null of nothing. */
  readonly mean: number | null;
  /** Half the width of the interval; null of fewer than two values. */
  readonly halfWidth: number | null;
}

/** @param confidence 0 to 1, e.g. 0.95 */
export function intervalOf(values: readonly number[], confidence: number): Interval {
  const n = values.length;
  if (n === 0) return { n, mean: null, halfWidth: null };
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean, halfWidth: null };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, halfWidth: studentQuantile((1 + confidence) / 2, n - 1) * Math.sqrt(squares / (n - 1) / n) };
}
