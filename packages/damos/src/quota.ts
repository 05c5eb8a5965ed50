import { feedLoopNextInput, mulDiv } from '@damonlab/damon';
import { type QuotaConfig, U64_MAX } from './config.js';
import { goalOf, type QuotaGoal } from './goals.js';
import type { DamosProfile } from './profile.js';

/** The state of a scheme's quota: it survives commits. @kernel include/linux/damon.h struct damos_quota */
export class Quota {
  config: QuotaConfig;
  goals: QuotaGoal[];
  /** Effective size: bytes that may be charged in this window. */
  esz = 0;
  /** The same in 1/10000 bytes, as the goals' tuner keeps it. */
  eszBp = 0n;
  /** Regions with a lower priority are left alone. */
  minScore = 0;
  /** Bytes charged in this window. */
  chargedSz = 0;
  /** Bytes charged in all windows before. */
  totalChargedSz = 0;
  /** Time that actions took in all windows, ns. */
  totalChargedNs = 0;
  /** When this window began, in jiffies; −1 before the first. */
  chargedFrom = -1;
  /** Where the next window goes on: target index, −1 for nowhere in particular, and byte address. */
  chargeTargetFrom = -1;
  chargeAddrFrom = 0;

  constructor(config: QuotaConfig) {
    this.config = config;
    this.goals = config.goals.map((goal) => goalOf(goal));
  }

  /**
   * Take new limits; what has been charged, the effective size of this window and the cursor stay. Goals are matched by index.
   * @kernel mm/damon/core.c damos_commit_quota (7.3)
   */
  commit(config: QuotaConfig): void {
    this.config = config;
    this.goals = config.goals.map((goal, i) => goalOf(goal, this.goals[i]));
  }

  clearCursor(): void {
    this.chargeTargetFrom = -1;
    this.chargeAddrFrom = 0;
  }
}

/** Whether the user gave any limit. */
export function hasLimits({ config, goals }: Quota): boolean {
  return config.timeMs !== 0 || config.szBytes !== 0 || goals.length > 0;
}

/**
 * Whether the quota limits anything now.
 * @kernel mm/damon/core.c damos_quota_is_set (7.3); the test of esz in damon_do_apply_schemes (6.12)
 */
export function quotaIsSet(quota: Quota, profile: DamosProfile): boolean {
  return quota.esz !== 0 || (!profile.quotaFirstWindowUnlimited && hasLimits(quota));
}

/** @kernel mm/damon/core.c damos_quota_is_full (7.3); damon_do_apply_schemes (6.12) */
export function quotaIsFull(quota: Quota, profile: DamosProfile, minRegionSz: number): boolean {
  if (!quotaIsSet(quota, profile)) return false;
  const left = quota.esz - quota.chargedSz;
  return left <= 0 || (profile.quotaFullBelowPage && left < minRegionSz);
}

/**
 * Charge `bytes`, of which the action did `appliedBytes`. With a ratio for failures the charge may exceed what was tried only when
 * the ratio is above 1.
 *
 * @kernel mm/damon/core.c damos_charge_quota (7.3); damos_apply_scheme (6.12)
 */
export function chargeQuota(quota: Quota, bytes: number, appliedBytes: number): void {
  const { failChargeNum, failChargeDenom } = quota.config;
  const inFull = failChargeDenom === 0 || appliedBytes > bytes;
  quota.chargedSz += inFull ? bytes : appliedBytes + mulDiv(bytes - appliedBytes, failChargeNum, failChargeDenom);
}

const BP = 10_000n;
const NS_PER_MS = 1_000_000n;
const ULONG_MAX = 2n ** 64n - 1n;
/** Bytes per ms that a scheme is thought to manage before it has acted: 1024 pages. */
const FIRST_THROUGHPUT = 4096n * 1024n;

/**
 * Bytes that the next window may charge: the least of what the goals, the time and the size allow. `score` is that of the goals,
 * 10000 when reached, undefined without any.
 *
 * @kernel mm/damon/core.c damos_set_effective_quota (7.3, 6.12)
 */
export function effectiveSize(quota: Quota, score: bigint | undefined, profile: DamosProfile, minRegionSz: number): number {
  const { timeMs, szBytes } = quota.config;
  if (timeMs === 0 && score === undefined) return szBytes;
  let esz = ULONG_MAX;
  if (score !== undefined) {
    quota.eszBp = tunedSizeBp(quota, score);
    esz = quota.eszBp / BP;
  }
  if (timeMs !== 0) esz = withTimeLimit(esz, quota, profile, BigInt(minRegionSz));
  if (szBytes !== 0 && BigInt(szBytes) < esz) return szBytes;
  return esz > BigInt(U64_MAX) ? U64_MAX : Number(esz);
}

/** @kernel mm/damon/core.c damos_goal_tune_esz_bp_consist, damos_goal_tune_esz_bp_temporal (7.3) */
function tunedSizeBp(quota: Quota, score: bigint): bigint {
  const { goalTuner, szBytes } = quota.config;
  if (goalTuner === 'consist') return feedLoopNextInput(quota.eszBp > BP ? quota.eszBp : BP, score);
  if (score >= BP) return 0n;
  return szBytes !== 0 ? BigInt(szBytes) * BP : ULONG_MAX;
}

function withTimeLimit(esz: bigint, quota: Quota, profile: DamosProfile, minRegionSz: bigint): bigint {
  const perMs = throughput(quota, profile);
  const inTime = perMs * BigInt(quota.config.timeMs);
  if (profile.timeQuotaFloor === 'result') return max(min(BigInt.asUintN(64, inTime), esz), minRegionSz);
  return min(max(inTime, minRegionSz), esz);
}

/** Bytes per ms in all windows so far. */
function throughput({ totalChargedSz, totalChargedNs }: Quota, profile: DamosProfile): bigint {
  if (totalChargedNs === 0) return FIRST_THROUGHPUT;
  const product = BigInt(totalChargedSz) * NS_PER_MS;
  return (profile.productsWrap ? BigInt.asUintN(64, product) : product) / BigInt(totalChargedNs);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
