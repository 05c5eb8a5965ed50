import { intervalOf } from '@damonlab/report';
import type { StopRule } from './plan.js';

/** Is the mean of these values known well enough? Undefined figures of runs are left out. */
export function knownWell(rule: StopRule, values: readonly (number | null)[]): boolean {
  const { mean, halfWidth } = intervalOf(
    values.filter((value) => value !== null),
    rule.confidence,
  );
  if (mean === null || halfWidth === null) return false;
  return halfWidth <= (rule.relative ? rule.bound * Math.abs(mean) : rule.bound);
}
