import { UserError } from '@damonlab/base';
import {
  type AccessPattern,
  type MigrateDest,
  type QuotaConfig,
  type QuotaGoalConfig,
  type SchemeConfig,
  type SchemeFilter,
  U32_MAX,
  U64_MAX,
  type WatermarksConfig,
} from './config.js';
import type { DamosMetrics, DamosOperations } from './ports.js';
import type { DamosProfile } from './profile.js';

/** What the kernel knows when it checks schemes. */
export interface SchemeFacts {
  readonly profile: DamosProfile;
  readonly ops: Pick<DamosOperations, 'name'>;
  readonly metrics: Pick<DamosMetrics, 'hasMemcg'>;
}

/**
 * Throws a `UserError` where the kernel refuses schemes, with its errno, for what the modelled kernel does not have, and for what no kernel
 * file accepts: fractions and negative numbers.
 *
 * @kernel mm/damon/sysfs-schemes.c damon_sysfs_mk_scheme, mm/damon/core.c damon_commit_ctx (7.3, 6.12)
 */
export function checkSchemes(schemes: readonly SchemeConfig[], facts: SchemeFacts): void {
  schemes.forEach((scheme, i) => {
    checkScheme(scheme, `schemes[${i}]`, facts);
  });
}

function checkScheme(scheme: SchemeConfig, where: string, facts: SchemeFacts): void {
  const { profile } = facts;
  checkWord(scheme.action, profile.actions, `${where}.action`, profile);
  checkInteger(scheme.targetNid, -1, U32_MAX, `${where}.target_nid`);
  checkInteger(scheme.applyIntervalUs, 0, U64_MAX, `${where}.apply_interval_us`);
  checkInteger(scheme.maxNrSnapshots, 0, U64_MAX, `${where}.max_nr_snapshots`);
  if (scheme.maxNrSnapshots > 0 && !profile.snapshots) throw notInKernel('max_nr_snapshots', `${where}.max_nr_snapshots`, profile);
  checkPattern(scheme.pattern, `${where}.access_pattern`);
  checkQuota(scheme.quota, `${where}.quotas`, facts);
  checkWatermarks(scheme.watermarks, `${where}.watermarks`);
  scheme.filters.forEach((filter, i) => {
    checkFilter(filter, `${where}.filters[${i}]`, facts);
  });
  checkDests(scheme.dests, `${where}.dests`, profile);
}

function checkPattern(pattern: AccessPattern, where: string): void {
  checkInteger(pattern.minSzRegion, 0, U64_MAX, `${where}.sz_bytes.min`);
  checkInteger(pattern.maxSzRegion, 0, U64_MAX, `${where}.sz_bytes.max`);
  checkInteger(pattern.minNrAccesses, 0, U32_MAX, `${where}.nr_accesses.min`);
  checkInteger(pattern.maxNrAccesses, 0, U32_MAX, `${where}.nr_accesses.max`);
  checkInteger(pattern.minAgeRegion, 0, U32_MAX, `${where}.age.min`);
  checkInteger(pattern.maxAgeRegion, 0, U32_MAX, `${where}.age.max`);
}

function checkQuota(quota: QuotaConfig, where: string, facts: SchemeFacts): void {
  const { profile } = facts;
  checkInteger(quota.timeMs, 0, U64_MAX, `${where}.time_ms`);
  checkInteger(quota.szBytes, 0, U64_MAX, `${where}.sz_bytes`);
  checkInteger(quota.resetIntervalMs, 0, U64_MAX, `${where}.reset_interval_ms`);
  checkInteger(quota.weightSz, 0, U32_MAX, `${where}.weights.sz_permil`);
  checkInteger(quota.weightNrAccesses, 0, U32_MAX, `${where}.weights.nr_accesses_permil`);
  checkInteger(quota.weightAge, 0, U32_MAX, `${where}.weights.age_permil`);
  checkInteger(quota.failChargeNum, 0, U32_MAX, `${where}.fail_charge_num`);
  checkInteger(quota.failChargeDenom, 0, U32_MAX, `${where}.fail_charge_denom`);
  if (quota.failChargeDenom !== 0 && !profile.failCharge) throw notInKernel('fail_charge', `${where}.fail_charge_denom`, profile);
  checkWord(quota.goalTuner, profile.temporalTuner ? ['consist', 'temporal'] : ['consist'], `${where}.goal_tuner`, profile);
  quota.goals.forEach((goal, i) => {
    checkGoal(goal, `${where}.goals[${i}]`, facts);
  });
}

function checkGoal(goal: QuotaGoalConfig, where: string, { profile, ops, metrics }: SchemeFacts): void {
  checkWord(goal.metric, profile.goalMetrics, `${where}.metric`, profile);
  checkInteger(goal.targetValue, 1, U64_MAX, `${where}.target_value`);
  checkInteger(goal.currentValue, 0, U64_MAX, `${where}.current_value`);
  if (goal.metric.startsWith('node_')) checkInteger(goal.nid, 0, U32_MAX, `${where}.nid`);
  if (goal.metric.startsWith('node_memcg_')) checkMemcg(goal.memcgPath, `${where}.memcg_path`, metrics);
  if (goal.metric === 'node_eligible_mem_bp' && ops.name !== 'paddr') {
    throw new UserError('this goal needs physical addresses', { where, expected: 'ops paddr', actual: ops.name, errno: 'EINVAL' });
  }
}

function checkWatermarks(marks: WatermarksConfig, where: string): void {
  checkInteger(marks.intervalUs, 0, U64_MAX, `${where}.interval_us`);
  checkInteger(marks.high, 0, U64_MAX, `${where}.high_permil`);
  checkInteger(marks.mid, 0, U64_MAX, `${where}.mid_permil`);
  checkInteger(marks.low, 0, U64_MAX, `${where}.low_permil`);
}

function checkFilter(filter: SchemeFilter, where: string, { profile, metrics }: SchemeFacts): void {
  checkWord(filter.type, profile.filterTypes, `${where}.filter_type`, profile);
  if (filter.allow && !profile.filterAllow) throw notInKernel('filters that allow', `${where}.allow`, profile);
  if (filter.type === 'memcg') checkMemcg(filter.path, `${where}.memcg_path`, metrics);
  if (filter.type === 'target') checkInteger(filter.targetIndex, 0, U32_MAX, `${where}.damon_target_idx`);
  if (filter.type === 'addr') checkBounds(filter.start, filter.end, `${where}.address_range`);
  if (filter.type === 'hugepage_size') checkBounds(filter.minBytes, filter.maxBytes, `${where}.hugepage_size`);
}

function checkBounds(least: number, most: number, where: string): void {
  checkInteger(least, 0, U64_MAX, where);
  checkInteger(most, 0, U64_MAX, where);
  if (most >= least) return;
  throw new UserError('the end lies before the start', { where, expected: `at least ${least}`, actual: String(most), errno: 'ENOMEM' });
}

function checkMemcg(path: string, where: string, metrics: SchemeFacts['metrics']): void {
  if (metrics.hasMemcg(path)) return;
  throw new UserError('no such memory cgroup', { where, actual: JSON.stringify(path), errno: 'ENOMEM' });
}

function checkDests(dests: readonly MigrateDest[], where: string, profile: DamosProfile): void {
  if (dests.length > 0 && !profile.dests) throw notInKernel('weighted destinations', where, profile);
  dests.forEach(({ nid, weight }, i) => {
    checkInteger(nid, 0, U32_MAX, `${where}[${i}].id`);
    checkInteger(weight, 0, U32_MAX, `${where}[${i}].weight`);
  });
}

function checkWord(word: string, known: readonly string[], where: string, profile: DamosProfile): void {
  if (known.includes(word)) return;
  const what = `Linux ${profile.kernel} does not know this word`;
  throw new UserError(what, { where, expected: `one of ${known.join(', ')}`, actual: word, errno: 'EINVAL' });
}

function checkInteger(value: number, least: number, most: number, where: string): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new UserError('bad number', { where, expected: `a whole number from ${least} to ${most}`, actual: String(value), errno: 'EINVAL' });
}

function notInKernel(what: string, where: string, profile: DamosProfile): UserError {
  return new UserError(`Linux ${profile.kernel} has no ${what}`, { where, hint: 'model kernel 7.3, or leave it out' });
}
