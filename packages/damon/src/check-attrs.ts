import { formatPath, type PlaceOfKey, UserError } from '@damonlab/base';
import type { DamonAttrs, IntervalsGoal } from './attrs.js';
import type { KernelProfile } from './profile.js';

/** The kernel's least min_nr_regions: with fewer, vaddr's three ranges do not fit. */
export const MIN_NR_REGIONS_FLOOR = 3;

const SAMPLE = ['intervals', 'sample_us'] as const;
const AGGR = ['intervals', 'aggr_us'] as const;
const UPDATE = ['intervals', 'ops_update_us'] as const;
const GOAL = ['intervals', 'intervals_goal'] as const;
const MIN = ['nr_regions', 'min'] as const;
const MAX = ['nr_regions', 'max'] as const;

/**
 * Throws a `UserError` where the kernel answers -EINVAL, and for what no kernel file accepts: fractions, negative numbers,
 * a sampling interval of 0, a goal on a kernel that has none. `place` says where a value stands, by its keys in damo's words.
 *
 * @kernel mm/damon/core.c damon_set_attrs, damon_valid_intervals_goal (7.3; 6.12 without the goal)
 */
export function checkAttrs(attrs: DamonAttrs, profile: KernelProfile, place: PlaceOfKey = formatPath): void {
  const { sampleUs, aggrUs, opsUpdateUs, minNrRegions, maxNrRegions, intervalsGoal } = attrs;
  checkInteger(sampleUs, place(SAMPLE));
  checkInteger(aggrUs, place(AGGR));
  checkInteger(opsUpdateUs, place(UPDATE));
  checkInteger(minNrRegions, place(MIN));
  checkInteger(maxNrRegions, place(MAX));
  if (sampleUs < 1) throw invalid('sampling interval too short', place(SAMPLE), '1 us or more', '0 us');
  if (sampleUs > aggrUs) {
    const what = 'sampling interval longer than the aggregation interval';
    throw invalid(what, place(SAMPLE, AGGR), `sample_us ≤ aggr_us (${aggrUs} us)`, `${sampleUs} us`);
  }
  if (minNrRegions < MIN_NR_REGIONS_FLOOR) {
    throw invalid('too few regions', place(MIN), `${MIN_NR_REGIONS_FLOOR} or more`, String(minNrRegions));
  }
  if (minNrRegions > maxNrRegions) {
    throw invalid('fewest regions above most regions', place(MAX, MIN), `min ≤ max (${maxNrRegions})`, String(minNrRegions));
  }
  if (intervalsGoal.aggrs !== 0) checkGoal(intervalsGoal, sampleUs, profile, place);
}

function checkGoal(goal: IntervalsGoal, sampleUs: number, profile: KernelProfile, place: PlaceOfKey): void {
  if (!profile.intervalsGoal) {
    throw new UserError('intervals_goal is not in this kernel', {
      where: place(GOAL),
      expected: 'kernel 7.3, or no goal',
      actual: `kernel ${profile.kernel}`,
    });
  }
  const { accessBp, aggrs, minSampleUs, maxSampleUs } = goal;
  for (const value of [accessBp, aggrs, minSampleUs, maxSampleUs]) checkInteger(value, place(GOAL));
  if (minSampleUs < 1 || minSampleUs > maxSampleUs) {
    const where = place([...GOAL, 'min_sample_us']);
    const expected = '1 us ≤ min_sample_us ≤ max_sample_us';
    throw invalid('impossible bounds of the sampling interval', where, expected, `${minSampleUs} to ${maxSampleUs} us`);
  }
  if (sampleUs < minSampleUs || sampleUs > maxSampleUs) {
    const where = place(SAMPLE, [...GOAL, 'min_sample_us']);
    throw invalid('sampling interval outside its goal', where, `${minSampleUs} to ${maxSampleUs} us`, `${sampleUs} us`);
  }
}

function checkInteger(value: number, where: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw invalid('bad monitoring attribute', where, 'a whole number', String(value));
}

function invalid(what: string, where: string, expected: string, actual: string): UserError {
  return new UserError(what, { where, expected, actual, errno: 'EINVAL' });
}
