import type { Prng } from '@damonlab/base';
import { studentQuantile } from '@damonlab/report';
import { meanOf } from './moments.js';
import { normalCdf } from './normal.js';

/** A mean and where it may well lie. */
export interface Interval {
  readonly n: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export const LEVEL = 0.95;
const RESAMPLES = 4000;

/**
 * Confidence interval of the mean of `values` (at least one) by the bootstrap: percentiles of the means of resamples, *expanded* for few
 * values (Hesterberg 2015, "What Teachers Should Know About the Bootstrap", section 3.3). The plain percentile interval is too
 * narrow by sqrt((n - 1) / n) and by the normal instead of Student's quantile: at five values it covers about 83 % instead of 95 %.
 */
export function bootstrapMean(values: readonly number[], rng: Prng, level = LEVEL): Interval {
  const n = values.length;
  const mean = meanOf(values);
  if (n < 2) return { n, mean, low: mean, high: mean };
  const means = new Float64Array(RESAMPLES);
  for (let i = 0; i < RESAMPLES; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += values[rng.below(n)];
    means[i] = sum / n;
  }
  means.sort();
  const tail = normalCdf(-Math.sqrt(n / (n - 1)) * studentQuantile((1 + level) / 2, n - 1));
  return { n, mean, low: at(means, tail), high: at(means, 1 - tail) };
}

/** Quantile `p` of ascending values, linear between the nearest two. */
function at(sorted: Float64Array, p: number): number {
  const rank = p * (sorted.length - 1);
  const below = Math.floor(rank);
  const fraction = rank - below;
  return fraction === 0 ? sorted[below] : sorted[below] * (1 - fraction) + sorted[below + 1] * fraction;
}
