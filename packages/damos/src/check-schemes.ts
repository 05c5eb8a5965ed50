import { formatPath, type KeyPath, type PlaceOfKey, UserError } from '@damonlab/base';
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
 * file accepts: fractions and negative numbers. `place` says where a value stands, by its keys in damo's words (`schemes`, 0,
 * `quotas`, `goals`, 1, `nid`); by default, its path.
 *
 * @kernel mm/damon/sysfs-schemes.c damon_sysfs_mk_scheme, mm/damon/core.c damon_commit_ctx (7.3, 6.12)
 */
export function checkSchemes(schemes: readonly SchemeConfig[], facts: SchemeFacts, place: PlaceOfKey = formatPath): void {
  schemes.forEach((scheme, i) => {
    checkScheme(scheme, new Spot(['schemes', i], place), facts);
  });
}

/** A value of a scheme, by its path. */
class Spot {
  readonly #path: KeyPath;
  readonly #place: PlaceOfKey;

  constructor(path: KeyPath, place: PlaceOfKey) {
    this.#path = path;
    this.#place = place;
  }

  at(...keys: KeyPath): Spot {
    return new Spot([...this.#path, ...keys], this.#place);
  }

  get where(): string {
    return this.#place(this.#path);
  }
}

function checkScheme(scheme: SchemeConfig, spot: Spot, facts: SchemeFacts): void {
  const { profile } = facts;
  checkWord(scheme.action, profile.actions, spot.at('action'), profile);
  checkInteger(scheme.targetNid, -1, U32_MAX, spot.at('target_nid'));
  checkInteger(scheme.applyIntervalUs, 0, U64_MAX, spot.at('apply_interval_us'));
  checkInteger(scheme.maxNrSnapshots, 0, U64_MAX, spot.at('max_nr_snapshots'));
  if (scheme.maxNrSnapshots > 0 && !profile.snapshots) throw notInKernel('max_nr_snapshots', spot.at('max_nr_snapshots'), profile);
  checkPattern(scheme.pattern, spot.at('access_pattern'));
  checkQuota(scheme.quota, spot.at('quotas'), facts);
  checkWatermarks(scheme.watermarks, spot.at('watermarks'));
  scheme.filters.forEach((filter, i) => {
    checkFilter(filter, spot.at('filters', i), facts);
  });
  checkDests(scheme.dests, spot.at('dests'), profile);
}

function checkPattern(pattern: AccessPattern, spot: Spot): void {
  checkInteger(pattern.minSzRegion, 0, U64_MAX, spot.at('sz_bytes', 'min'));
  checkInteger(pattern.maxSzRegion, 0, U64_MAX, spot.at('sz_bytes', 'max'));
  checkInteger(pattern.minNrAccesses, 0, U32_MAX, spot.at('nr_accesses', 'min'));
  checkInteger(pattern.maxNrAccesses, 0, U32_MAX, spot.at('nr_accesses', 'max'));
  checkInteger(pattern.minAgeRegion, 0, U32_MAX, spot.at('age', 'min'));
  checkInteger(pattern.maxAgeRegion, 0, U32_MAX, spot.at('age', 'max'));
}

function checkQuota(quota: QuotaConfig, spot: Spot, facts: SchemeFacts): void {
  const { profile } = facts;
  checkInteger(quota.timeMs, 0, U64_MAX, spot.at('time_ms'));
  checkInteger(quota.szBytes, 0, U64_MAX, spot.at('sz_bytes'));
  checkInteger(quota.resetIntervalMs, 0, U64_MAX, spot.at('reset_interval_ms'));
  checkInteger(quota.weightSz, 0, U32_MAX, spot.at('weights', 'sz_permil'));
  checkInteger(quota.weightNrAccesses, 0, U32_MAX, spot.at('weights', 'nr_accesses_permil'));
  checkInteger(quota.weightAge, 0, U32_MAX, spot.at('weights', 'age_permil'));
  checkInteger(quota.failChargeNum, 0, U32_MAX, spot.at('fail_charge_num'));
  checkInteger(quota.failChargeDenom, 0, U32_MAX, spot.at('fail_charge_denom'));
  if (quota.failChargeDenom !== 0 && !profile.failCharge) throw notInKernel('fail_charge', spot.at('fail_charge_denom'), profile);
  checkWord(quota.goalTuner, profile.temporalTuner ? ['consist', 'temporal'] : ['consist'], spot.at('goal_tuner'), profile);
  quota.goals.forEach((goal, i) => {
    checkGoal(goal, spot.at('goals', i), facts);
  });
}

function checkGoal(goal: QuotaGoalConfig, spot: Spot, { profile, ops, metrics }: SchemeFacts): void {
  checkWord(goal.metric, profile.goalMetrics, spot.at('metric'), profile);
  checkInteger(goal.targetValue, 1, U64_MAX, spot.at('target_value'));
  checkInteger(goal.currentValue, 0, U64_MAX, spot.at('current_value'));
  if (goal.metric.startsWith('node_')) checkInteger(goal.nid, 0, U32_MAX, spot.at('nid'));
  if (goal.metric.startsWith('node_memcg_')) checkMemcg(goal.memcgPath, spot.at('memcg_path'), metrics);
  if (goal.metric === 'node_eligible_mem_bp' && ops.name !== 'paddr') {
    throw new UserError('this goal needs physical addresses', {
      where: spot.where,
      expected: 'ops paddr',
      actual: ops.name,
      errno: 'EINVAL',
    });
  }
}

function checkWatermarks(marks: WatermarksConfig, spot: Spot): void {
  checkInteger(marks.intervalUs, 0, U64_MAX, spot.at('interval_us'));
  checkInteger(marks.high, 0, U64_MAX, spot.at('high_permil'));
  checkInteger(marks.mid, 0, U64_MAX, spot.at('mid_permil'));
  checkInteger(marks.low, 0, U64_MAX, spot.at('low_permil'));
}

function checkFilter(filter: SchemeFilter, spot: Spot, { profile, metrics }: SchemeFacts): void {
  checkWord(filter.type, profile.filterTypes, spot.at('filter_type'), profile);
  if (filter.allow && !profile.filterAllow) throw notInKernel('filters that allow', spot.at('allow'), profile);
  if (filter.type === 'memcg') checkMemcg(filter.path, spot.at('memcg_path'), metrics);
  if (filter.type === 'target') checkInteger(filter.targetIndex, 0, U32_MAX, spot.at('damon_target_idx'));
  if (filter.type === 'addr') checkBounds(filter.start, filter.end, spot.at('address_range'));
  if (filter.type === 'hugepage_size') checkBounds(filter.minBytes, filter.maxBytes, spot.at('hugepage_size'));
}

function checkBounds(least: number, most: number, spot: Spot): void {
  checkInteger(least, 0, U64_MAX, spot);
  checkInteger(most, 0, U64_MAX, spot);
  if (most >= least) return;
  throw new UserError('the end lies before the start', {
    where: spot.where,
    expected: `at least ${least}`,
    actual: String(most),
    errno: 'ENOMEM',
  });
}

function checkMemcg(path: string, spot: Spot, metrics: SchemeFacts['metrics']): void {
  if (metrics.hasMemcg(path)) return;
  throw new UserError('no such memory cgroup', { where: spot.where, actual: JSON.stringify(path), errno: 'ENOMEM' });
}

function checkDests(dests: readonly MigrateDest[], spot: Spot, profile: DamosProfile): void {
  if (dests.length > 0 && !profile.dests) throw notInKernel('weighted destinations', spot, profile);
  dests.forEach(({ nid, weight }, i) => {
    checkInteger(nid, 0, U32_MAX, spot.at(i, 'id'));
    checkInteger(weight, 0, U32_MAX, spot.at(i, 'weight'));
  });
}

function checkWord(word: string, known: readonly string[], spot: Spot, profile: DamosProfile): void {
  if (known.includes(word)) return;
  const what = `Linux ${profile.kernel} does not know this word`;
  throw new UserError(what, { where: spot.where, expected: `one of ${known.join(', ')}`, actual: word, errno: 'EINVAL' });
}

function checkInteger(value: number, least: number, most: number, spot: Spot): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw new UserError('bad number', {
    where: spot.where,
    expected: `a whole number from ${least} to ${most}`,
    actual: String(value),
    errno: 'EINVAL',
  });
}

function notInKernel(what: string, spot: Spot, profile: DamosProfile): UserError {
  return new UserError(`Linux ${profile.kernel} has no ${what}`, { where: spot.where, hint: 'model kernel 7.3, or leave it out' });
}
