import { assert } from '@damonlab/base';

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
