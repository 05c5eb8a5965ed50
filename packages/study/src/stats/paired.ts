import { assert, type Prng } from '@damonlab/base';
import { studentQuantile } from '@damonlab/report';
import { bootstrapMean, type Interval, LEVEL } from './bootstrap.js';
import { deviationOf, meanOf } from './moments.js';

/** Differences that vary by less, relative to their mean, vary by rounding only. */
const ROUNDING = 1e-12;

/** Chance that a difference of `detectable` is seen. */
const POWER = 0.8;

/** How `b` differs from `a`, pair by pair. */
export interface Difference extends Interval {
  /**
   * Cohen's d_z: the mean difference in standard deviations of the differences. Not Cliff's delta: pairs share their seed, so the
   * noise that counts is that of the difference, and Cliff's delta is 1 as soon as two groups do not overlap, by however much.
   * Null: the differences do not vary.
   */
  readonly dz: number | null;
  /** Whether the interval leaves out 0. */
  readonly seen: boolean;
  /** The smallest true difference that would have been seen four times out of five. */
  readonly detectable: number;
}

/** Compare pairs: `b[i]` and `a[i]` have the same seed. At least two of them. `rng` draws the resamples. */
export function pairedDifference(a: readonly number[], b: readonly number[], rng: Prng, level = LEVEL): Difference {
  assert(a.length === b.length && a.length >= 2, 'pairs, at least two');
  const differences = b.map((value, i) => value - a[i]);
  const interval = bootstrapMean(differences, rng, level);
  const deviation = deviationOf(differences);
  const df = differences.length - 1;
  const quantiles = studentQuantile((1 + level) / 2, df) + studentQuantile(POWER, df);
  return {
    ...interval,
    dz: deviation <= ROUNDING * Math.abs(interval.mean) ? null : meanOf(differences) / deviation,
    seen: interval.low > 0 || interval.high < 0,
    detectable: (quantiles * deviation) / Math.sqrt(differences.length),
  };
}
