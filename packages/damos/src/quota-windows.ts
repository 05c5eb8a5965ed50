import { type DamonContext, mulDiv } from '@damonlab/damon';
import type { ActionPriority } from './actions.js';
import { coreVerdict } from './filters.js';
import { type GoalGauge, quotaScore } from './goals.js';
import { jiffiesOf, msecsToJiffies } from './jiffies.js';
import type { DamosClock, DamosHooks, DamosMetrics, DamosOperations } from './ports.js';
import { MAX_SCORE, minScoreFor, schemeScore } from './priority.js';
import type { DamosProfile } from './profile.js';
import { effectiveSize, hasLimits, quotaIsFull, quotaIsSet } from './quota.js';
import { RegionWalk } from './region-walk.js';
import type { Scheme } from './scheme.js';

const BP = 10_000;

export interface QuotaWindowsConfig {
  readonly profile: DamosProfile;
  readonly ops: DamosOperations;
  readonly metrics: DamosMetrics;
  readonly clock: DamosClock;
  readonly hooks?: DamosHooks;
}

/** Quotas in time: when a window ends, how much the next one allows, and who goes first within it. */
export class QuotaWindows {
  readonly #config: QuotaWindowsConfig;
  readonly #bytesByScore = new Float64Array(MAX_SCORE + 1);
  readonly #walk = new RegionWalk();

  constructor(config: QuotaWindowsConfig) {
    this.#config = config;
  }

  /**
   * Before a scheme is applied: begin a new window if it is time, and set the lowest priority.
   * @kernel mm/damon/core.c damos_adjust_quota (7.3, 6.12)
   */
  adjust(ctx: DamonContext, scheme: Scheme, schemeIndex: number): void {
    const { quota } = scheme;
    if (!hasLimits(quota)) return;
    const before = quota.esz;
    this.#turnWindow(ctx, scheme);
    if (quota.esz !== before) this.#config.hooks?.onEffectiveSize?.(schemeIndex, quota.esz);
    if (quotaIsSet(quota, this.#config.profile)) this.#setMinScore(ctx, scheme);
  }

  /** Whether the region at hand is wanted enough. */
  hasPriority(ctx: DamonContext, scheme: Scheme, walk: RegionWalk): boolean {
    if (!quotaIsSet(scheme.quota, this.#config.profile)) return true;
    return schemeScore(ctx, walk.regions, walk.at, scheme.quota.config, this.#priorityOf(scheme)) >= scheme.quota.minScore;
  }

  #turnWindow(ctx: DamonContext, scheme: Scheme): void {
    const { profile, clock } = this.#config;
    const { quota, stats } = scheme;
    const now = jiffiesOf(clock.nowNs(), clock.hz);
    if (quota.totalChargedSz === 0 && quota.chargedFrom === -1) {
      quota.chargedFrom = now;
      if (!profile.quotaFirstWindowUnlimited) quota.esz = this.#effectiveSize(ctx, scheme);
    }
    if (now < quota.chargedFrom + msecsToJiffies(quota.config.resetIntervalMs, clock.hz)) return;
    if (quotaIsFull(quota, profile, ctx.minRegionSz)) stats.qtExceeds++;
    quota.totalChargedSz += quota.chargedSz;
    quota.chargedFrom = now;
    quota.chargedSz = 0;
    quota.esz = this.#effectiveSize(ctx, scheme);
  }

  #effectiveSize(ctx: DamonContext, scheme: Scheme): number {
    const { profile, metrics } = this.#config;
    const { quota } = scheme;
    const gauge: GoalGauge = { metrics, eligibleBp: (nid) => this.#eligibleBp(ctx, scheme, nid) };
    const score = quota.goals.length === 0 ? undefined : quotaScore(quota.goals, gauge, profile);
    return effectiveSize(quota, score, profile, ctx.minRegionSz);
  }

  /** Share on node `nid` of all memory with the scheme's access pattern. @kernel mm/damon/core.c damos_get_node_eligible_mem_bp (7.3) */
  #eligibleBp(ctx: DamonContext, scheme: Scheme, nid: number): number {
    let total = 0;
    let onNode = 0;
    ctx.targets.forEach(({ regions }, t) => {
      for (let i = 0; i < regions.length; i++) {
        if (!scheme.matches(ctx, regions, i)) continue;
        const bytes = this.#config.ops.residentBytes?.(t, regions.start[i], regions.end[i], nid);
        total += bytes?.total ?? 0;
        onNode += bytes?.onNode ?? 0;
      }
    });
    return total === 0 ? 0 : mulDiv(onNode, BP, total);
  }

  /** The priority from which on what matches the pattern, and the core filters let in, fits into the window. */
  #setMinScore(ctx: DamonContext, scheme: Scheme): void {
    const bytesByScore = this.#bytesByScore.fill(0);
    const priority = this.#priorityOf(scheme);
    const walk = this.#walk;
    let highest = 0;
    for (let t = 0; t < ctx.targets.length; t++) {
      walk.begin(ctx.targets[t].regions);
      while (walk.next()) {
        if (!scheme.matches(ctx, walk.regions, walk.at) || this.#isFilteredOut(ctx, scheme, t)) continue;
        const score = schemeScore(ctx, walk.regions, walk.at, scheme.quota.config, priority);
        bytesByScore[score] += walk.bytes;
        highest = Math.max(highest, score);
      }
    }
    scheme.quota.minScore = minScoreFor(bytesByScore, highest, scheme.quota.esz);
  }

  #isFilteredOut(ctx: DamonContext, scheme: Scheme, targetIndex: number): boolean {
    if (!this.#config.profile.histogramCoreFilters) return false;
    return coreVerdict(scheme.filters, targetIndex, this.#walk, ctx.minRegionSz) === 'reject';
  }

  #priorityOf(scheme: Scheme): ActionPriority {
    const { profile, ops } = this.#config;
    return profile.spaceActions[ops.name][scheme.config.action] ?? 'any';
  }
}
