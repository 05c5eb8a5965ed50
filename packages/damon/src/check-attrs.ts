import { UserError } from '@damonlab/base';
import type { DamonAttrs, IntervalsGoal } from './attrs.js';
import type { KernelProfile } from './profile.js';

/** The kernel's least min_nr_regions: with fewer, vaddr's three ranges do not fit. */
export const MIN_NR_REGIONS_FLOOR = 3;

/**
 * Throws a `UserError` where the kernel answers -EINVAL, and for what no kernel file accepts: fractions, negative numbers,
 * a sampling interval of 0, a goal on a kernel that has none.
 *
 * @kernel mm/damon/core.c damon_set_attrs, damon_valid_intervals_goal (7.3; 6.12 without the goal)
 */
export function checkAttrs(attrs: DamonAttrs, profile: KernelProfile): void {
  checkInteger('sample_us', attrs.sampleUs, 1);
  checkInteger('aggr_us', attrs.aggrUs, 1);
  checkInteger('update_us', attrs.opsUpdateUs, 0);
  checkInteger('min_nr_regions', attrs.minNrRegions, MIN_NR_REGIONS_FLOOR);
  checkInteger('max_nr_regions', attrs.maxNrRegions, attrs.minNrRegions, 'min_nr_regions');
  if (attrs.sampleUs > attrs.aggrUs) {
    throw new UserError('the sampling interval is longer than the aggregation interval', {
      where: 'monitoring_attrs: sample_us',
      expected: `at most aggr_us, ${attrs.aggrUs}`,
      actual: String(attrs.sampleUs),
    });
  }
  if (attrs.intervalsGoal.aggrs !== 0) checkGoal(attrs.intervalsGoal, attrs.sampleUs, profile);
}

function checkGoal(goal: IntervalsGoal, sampleUs: number, profile: KernelProfile): void {
  if (!profile.intervalsGoal) {
    throw new UserError(`Linux ${profile.kernel} has no intervals auto-tuning`, {
      where: 'monitoring_attrs: intervals_goal',
      expected: 'aggrs 0',
      actual: `aggrs ${goal.aggrs}`,
      hint: 'model kernel 7.3, or set no goal',
    });
  }
  checkInteger('intervals_goal aggrs', goal.aggrs, 0);
  checkInteger('intervals_goal access_bp', goal.accessBp, 0);
  checkInteger('intervals_goal min_sample_us', goal.minSampleUs, 1);
  checkInteger('intervals_goal max_sample_us', goal.maxSampleUs, goal.minSampleUs, 'min_sample_us');
  if (sampleUs < goal.minSampleUs || sampleUs > goal.maxSampleUs) {
    throw new UserError('the sampling interval lies outside the bounds of its goal', {
      where: 'monitoring_attrs: sample_us',
      expected: `${goal.minSampleUs} to ${goal.maxSampleUs}`,
      actual: String(sampleUs),
    });
  }
}

function checkInteger(name: string, value: number, least: number, leastName?: string): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  const bound = leastName === undefined ? String(least) : `${leastName}, ${least}`;
  throw new UserError('bad monitoring attribute', {
    where: `monitoring_attrs: ${name}`,
    expected: `a whole number, at least ${bound}`,
    actual: String(value),
  });
}
