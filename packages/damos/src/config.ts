import type { DamosAction } from './actions.js';

/**
 * A scheme as the user configures it, in the kernel's units and words. Words of 64 bits without a limit are `U64_MAX`.
 * @kernel include/linux/damon.h struct damos
 */
export interface SchemeConfig {
  readonly action: DamosAction;
  /** Node that pages migrate to unless there are `dests`; −1 for none. */
  readonly targetNid: number;
  /** Weighted destinations of vaddr migrations. */
  readonly dests: readonly MigrateDest[];
  /** 0: the aggregation interval. */
  readonly applyIntervalUs: number;
  readonly pattern: AccessPattern;
  readonly quota: QuotaConfig;
  readonly watermarks: WatermarksConfig;
  /** In order of evaluation within each layer. */
  readonly filters: readonly SchemeFilter[];
  /** Stop acting after so many whole looks at a target; 0: never. */
  readonly maxNrSnapshots: number;
}

/**
 * The largest word of 64 bits, as far as a double goes: 2^53 − 1. It too has all low 32 bits set, so that cut to 32 bits it is
 * still the maximum.
 */
export const U64_MAX = Number.MAX_SAFE_INTEGER;
export const U32_MAX = 0xffff_ffff;

/** Bounds, all inclusive. @kernel include/linux/damon.h struct damos_access_pattern */
export interface AccessPattern {
  /** Bytes. */
  readonly minSzRegion: number;
  readonly maxSzRegion: number;
  /** Accesses per aggregation interval, below 2^32. */
  readonly minNrAccesses: number;
  readonly maxNrAccesses: number;
  /** Aggregation intervals, below 2^32. */
  readonly minAgeRegion: number;
  readonly maxAgeRegion: number;
}

export interface MigrateDest {
  readonly nid: number;
  readonly weight: number;
}

/** How much a scheme may do per window of `resetIntervalMs`. @kernel include/linux/damon.h struct damos_quota */
export interface QuotaConfig {
  /** Time that the action may take, ms; 0: no such limit. */
  readonly timeMs: number;
  /** Bytes that the action may be tried on; 0: no such limit. */
  readonly szBytes: number;
  readonly resetIntervalMs: number;
  readonly goals: readonly QuotaGoalConfig[];
  /** `consist` moves step by step towards the goal, `temporal` does all it may until it is reached. */
  readonly goalTuner: GoalTuner;
  /** What an action failed on is charged by this ratio; denominator 0: in full. */
  readonly failChargeNum: number;
  readonly failChargeDenom: number;
  /** Weights of the priority. The kernel takes that of the size too, and does not use it. */
  readonly weightSz: number;
  readonly weightNrAccesses: number;
  readonly weightAge: number;
}

export type GoalTuner = 'consist' | 'temporal';

/** In the kernel's order. @kernel include/linux/damon.h enum damos_quota_goal_metric */
export const GOAL_METRICS = [
  'user_input',
  'some_mem_psi_us',
  'node_mem_used_bp',
  'node_mem_free_bp',
  'node_memcg_used_bp',
  'node_memcg_free_bp',
  'active_mem_bp',
  'inactive_mem_bp',
  'node_eligible_mem_bp',
] as const;

export type GoalMetric = (typeof GOAL_METRICS)[number];

/** @kernel include/linux/damon.h struct damos_quota_goal */
export interface QuotaGoalConfig {
  readonly metric: GoalMetric;
  /** Not 0. */
  readonly targetValue: number;
  /** Of `user_input` only: what the user measured. */
  readonly currentValue: number;
  /** Of the `node_*` metrics. */
  readonly nid: number;
  /** Of the `node_memcg_*` metrics. */
  readonly memcgPath: string;
}

/** When the scheme is active at all. Rates in 1/1000. @kernel include/linux/damon.h struct damos_watermarks */
export interface WatermarksConfig {
  readonly metric: 'none' | 'free_mem_rate';
  readonly intervalUs: number;
  readonly high: number;
  readonly mid: number;
  readonly low: number;
}

/** Core filters look at regions, the others at each folio of a region. */
export const CORE_FILTER_TYPES = ['addr', 'target'] as const;
export const FILTER_TYPES = ['anon', 'active', 'memcg', 'young', 'hugepage_size', 'unmapped', ...CORE_FILTER_TYPES] as const;
export type FilterType = (typeof FILTER_TYPES)[number];

/** Of whom what it says is `matching` (or not), the filter lets in or keeps out. @kernel include/linux/damon.h struct damos_filter */
interface FilterRule {
  readonly matching: boolean;
  readonly allow: boolean;
}

export type CoreFilter = FilterRule &
  ({ readonly type: 'addr'; readonly start: number; readonly end: number } | { readonly type: 'target'; readonly targetIndex: number });

export type OpsFilter = FilterRule &
  (
    | { readonly type: 'anon' | 'active' | 'young' | 'unmapped' }
    | { readonly type: 'memcg'; readonly path: string }
    /** Bounds inclusive. */
    | { readonly type: 'hugepage_size'; readonly minBytes: number; readonly maxBytes: number }
  );

export type SchemeFilter = CoreFilter | OpsFilter;

export function isCoreFilter(filter: SchemeFilter): filter is CoreFilter {
  return filter.type === 'addr' || filter.type === 'target';
}

export const EVERYTHING: AccessPattern = Object.freeze({
  minSzRegion: 0,
  maxSzRegion: U64_MAX,
  minNrAccesses: 0,
  maxNrAccesses: U32_MAX,
  minAgeRegion: 0,
  maxAgeRegion: U32_MAX,
});

export const NO_QUOTA: QuotaConfig = Object.freeze({
  timeMs: 0,
  szBytes: 0,
  resetIntervalMs: 0,
  goals: Object.freeze([]),
  goalTuner: 'consist',
  failChargeNum: 0,
  failChargeDenom: 0,
  weightSz: 0,
  weightNrAccesses: 0,
  weightAge: 0,
});

export const NO_WATERMARKS: WatermarksConfig = Object.freeze({ metric: 'none', intervalUs: 0, high: 0, mid: 0, low: 0 });

/** Count everything. */
export const STAT_EVERYTHING: SchemeConfig = Object.freeze({
  action: 'stat',
  targetNid: -1,
  dests: Object.freeze([]),
  applyIntervalUs: 0,
  pattern: EVERYTHING,
  quota: NO_QUOTA,
  watermarks: NO_WATERMARKS,
  filters: Object.freeze([]),
  maxNrSnapshots: 0,
});
