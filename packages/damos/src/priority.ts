import { type DamonContext, maxNrAccesses, mulDiv, nrAccessesMvsum, type RegionList } from '@damonlab/damon';
import type { ActionPriority } from './actions.js';
import { type QuotaConfig, U32_MAX } from './config.js';

/** Scores are 0 to 99. */
export const MAX_SCORE = 99;
const MAX_SUBSCORE = 100;
const MAX_AGE_IN_LOG = 32;
const US_PER_SEC = 1_000_000;

/**
 * Priority of region `i` under a quota: access rate and logarithm of the age, weighted. Age counts against regions with a rate below 1 %.
 *
 * @kernel mm/damon/ops-common.c damon_hot_score (7.3, 6.12)
 */
export function hotScore(ctx: DamonContext, regions: RegionList, i: number, quota: QuotaConfig): number {
  const { weightNrAccesses, weightAge } = quota;
  const freq = Math.floor((nrAccessesMvsum(ctx, regions, i) * MAX_SUBSCORE) / maxNrAccesses(ctx.attrs));
  const ageLog = ageInLog(mulDiv(regions.age[i], ctx.attrs.aggrUs, US_PER_SEC));
  const signed = freq === 0 ? -ageLog : ageLog;
  const age = Math.floor(Math.floor(((signed + MAX_AGE_IN_LOG) * MAX_SUBSCORE) / MAX_AGE_IN_LOG) / 2);
  let hotness = weightNrAccesses * freq + weightAge * age;
  if (weightNrAccesses + weightAge > 0) hotness = Math.floor(hotness / (weightNrAccesses + weightAge));
  return Math.min(Math.floor((hotness * MAX_SCORE) / MAX_SUBSCORE), MAX_SCORE);
}

/** Number of bits of `seconds`, at most 32. */
function ageInLog(seconds: number): number {
  return MAX_AGE_IN_LOG - Math.clz32(Math.min(seconds, U32_MAX));
}

/**
 * Score of region `i` for an action of this priority; an action without one wants all regions alike.
 * @kernel mm/damon/vaddr.c damon_va_scheme_score, mm/damon/paddr.c damon_pa_scheme_score (7.3, 6.12)
 */
export function schemeScore(ctx: DamonContext, regions: RegionList, i: number, quota: QuotaConfig, priority: ActionPriority): number {
  if (priority === 'any') return MAX_SCORE;
  const hot = hotScore(ctx, regions, i, quota);
  return priority === 'hot' ? hot : MAX_SCORE - hot;
}

/**
 * The score down to which regions fit into `esz` bytes: the largest whose regions, together with all above, have at least that
 * many. `bytesByScore` has nothing above `highest`.
 *
 * @kernel mm/damon/core.c damos_adjust_quota (7.3, 6.12)
 */
export function minScoreFor(bytesByScore: Float64Array, highest: number, esz: number): number {
  let bytes = 0;
  let score = highest;
  for (; ; score--) {
    bytes += bytesByScore[score];
    if (bytes >= esz || score === 0) return score;
  }
}
