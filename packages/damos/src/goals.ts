import type { QuotaGoalConfig } from './config.js';
import type { DamosMetrics, PageCount } from './ports.js';
import type { DamosProfile } from './profile.js';

const BP = 10_000;

/** A goal and where it stands. @kernel include/linux/damon.h struct damos_quota_goal */
export interface QuotaGoal {
  config: QuotaGoalConfig;
  /** Value of the metric at the last window start. */
  currentValue: number;
  /** PSI total at the last window start, µs; 0 at first, so that the first difference is the whole time since boot. */
  lastPsiTotalUs: number;
}

/**
 * `config` as a goal; `before` is the one that it replaces: its current value stays (but of user_input), and so does its PSI total.
 * @kernel mm/damon/core.c damos_commit_quota_goal (7.3)
 */
export function goalOf(config: QuotaGoalConfig, before?: QuotaGoal): QuotaGoal {
  return {
    config,
    currentValue: config.metric === 'user_input' ? config.currentValue : (before?.currentValue ?? 0),
    lastPsiTotalUs: before?.lastPsiTotalUs ?? 0,
  };
}

/** What a goal measures with: `eligibleBp` is node_eligible_mem_bp of the scheme on a node. */
export interface GoalGauge {
  readonly metrics: DamosMetrics;
  eligibleBp(nid: number): number;
}

/**
 * Measure all goals anew and return the highest score: the goal that is nearest decides, so the least aggressive wins.
 * 10000 is a goal reached.
 *
 * @kernel mm/damon/core.c damos_quota_score (7.3, 6.12)
 */
export function quotaScore(goals: readonly QuotaGoal[], gauge: GoalGauge, profile: DamosProfile): bigint {
  let highest = 0n;
  for (const goal of goals) {
    measure(goal, gauge);
    const product = BigInt(goal.currentValue) * BigInt(BP);
    const score = (profile.productsWrap ? BigInt.asUintN(64, product) : product) / BigInt(goal.config.targetValue);
    if (score > highest) highest = score;
  }
  return highest;
}

/** @kernel mm/damon/core.c damos_set_quota_goal_current_value (7.3; 6.12 user_input and PSI only) */
function measure(goal: QuotaGoal, gauge: GoalGauge): void {
  const { metric, nid } = goal.config;
  switch (metric) {
    case 'user_input':
      return;
    case 'some_mem_psi_us':
      measurePsi(goal, gauge.metrics);
      return;
    case 'node_eligible_mem_bp':
      goal.currentValue = gauge.eligibleBp(nid);
      return;
    case 'active_mem_bp':
    case 'inactive_mem_bp':
      goal.currentValue = lruBp(metric, gauge.metrics);
      return;
    default:
      goal.currentValue = nodeBp(goal.config, gauge.metrics);
  }
}

function measurePsi(goal: QuotaGoal, metrics: DamosMetrics): void {
  const total = metrics.someMemPsiUs();
  goal.currentValue = total - goal.lastPsiTotalUs;
  goal.lastPsiTotalUs = total;
}

/** @kernel mm/damon/core.c damos_get_in_active_mem_bp (7.3) */
function lruBp(metric: 'active_mem_bp' | 'inactive_mem_bp', metrics: DamosMetrics): number {
  const { active, inactive } = metrics.lruPages();
  return shareBp(metric === 'active_mem_bp' ? active : inactive, active + inactive);
}

/**
 * Share of a node that is used or free, by all or by one cgroup. A node that does not exist counts as free.
 * @kernel mm/damon/core.c damos_get_node_mem_bp, damos_get_node_memcg_used_bp (7.3)
 */
function nodeBp({ metric, nid, memcgPath }: QuotaGoalConfig, metrics: DamosMetrics): number {
  const ofCgroup = metric === 'node_memcg_used_bp' || metric === 'node_memcg_free_bp';
  const wantsUsed = metric === 'node_mem_used_bp' || metric === 'node_memcg_used_bp';
  const node = metrics.nodeMemory(nid);
  const used = node === undefined ? undefined : usedPages(node, ofCgroup ? metrics.memcgPages(memcgPath, nid) : node);
  if (node === undefined || used === undefined || node.totalPages === 0) return wantsUsed ? 0 : BP;
  return shareBp(wantsUsed ? used : node.totalPages - used, node.totalPages);
}

function usedPages(node: PageCount, by: PageCount | number | undefined): number | undefined {
  return typeof by === 'object' ? node.totalPages - node.freePages : by;
}

function shareBp(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((part * BP) / whole);
}
