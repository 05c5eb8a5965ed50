import { assert } from '@damonlab/base';

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
  return { n, mean, halfWidth: studentT(confidence, n - 1) * Math.sqrt(squares / (n - 1) / n) };
}

/** The t with P(|T| ≤ t) = `confidence` for `freedom` degrees of freedom. */
export function studentT(confidence: number, freedom: number): number {
  assert(confidence > 0 && confidence < 1 && freedom >= 1, 'a confidence between 0 and 1, and a degree of freedom');
  let low = 0;
  let high = 1;
  while (centralShare(high, freedom) < confidence) high *= 2;
  // Bisection: 60 halvings of a bracket that holds the answer leave nothing to double precision.
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (centralShare(middle, freedom) < confidence) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(|T| ≤ t) in closed form for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4). */
function centralShare(t: number, freedom: number): number {
  const theta = Math.atan(t / Math.sqrt(freedom));
  const cos2 = Math.cos(theta) ** 2;
  const odd = freedom % 2 === 1;
  let term = odd ? Math.cos(theta) : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= freedom - 2; k += 2) {
    term *= ((k - 1) / k) * cos2;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (theta + Math.sin(theta) * sum) : Math.sin(theta) * sum;
}
