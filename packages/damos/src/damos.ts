import { alignDown } from '@damonlab/base';
import { type DamonContext, exactSzLimit, type KdamondSchemes, nrAccessesMvsum } from '@damonlab/damon';
import { checkSchemes } from './check-schemes.js';
import type { SchemeConfig } from './config.js';
import { skipCharged } from './cursor.js';
import { coreVerdict } from './filters.js';
import { coarseNs } from './jiffies.js';
import type { ActionOutcome, DamosClock, DamosHooks, DamosMetrics, DamosOperations } from './ports.js';
import type { DamosProfile } from './profile.js';
import { chargeQuota, quotaIsFull, quotaIsSet } from './quota.js';
import { QuotaWindows } from './quota-windows.js';
import { RegionWalk } from './region-walk.js';
import { Scheme } from './scheme.js';
import { WalkControl, type WalkResult, type WalkVisitor } from './walk.js';
import { activatedBy } from './watermarks.js';

export interface DamosConfig {
  readonly schemes: readonly SchemeConfig[];
  readonly profile: DamosProfile;
  readonly ops: DamosOperations;
  readonly metrics: DamosMetrics;
  readonly clock: DamosClock;
  readonly hooks?: DamosHooks;
}

const NOTHING: ActionOutcome = Object.freeze({ appliedBytes: 0, filterPassedBytes: 0 });

/**
 * The schemes of one context: when they are due, on which regions they act, and how much. Give it to a `Kdamond` as its `schemes`.
 * @kernel mm/damon/core.c kdamond_apply_schemes (7.3, 6.12)
 */
export class Damos implements KdamondSchemes {
  readonly #config: DamosConfig;
  readonly #windows: QuotaWindows;
  readonly #walk = new RegionWalk();
  readonly #walkControl = new WalkControl();
  readonly #schemes: Scheme[];
  /** Those that are applied in the pass at hand. */
  readonly #active: Scheme[] = [];
  readonly #warned = new Set<string>();

  /** Throws `UserError` on schemes that the kernel refuses. */
  constructor(config: DamosConfig) {
    checkSchemes(config.schemes, config);
    this.#config = config;
    this.#schemes = config.schemes.map((scheme) => new Scheme(scheme));
    this.#windows = new QuotaWindows(config);
  }

  get schemes(): readonly Scheme[] {
    return this.#schemes;
  }

  resetSchedules(ctx: DamonContext): void {
    for (const scheme of this.#schemes) scheme.schedule(ctx.passedSampleIntervals, ctx.attrs);
  }

  waitUs(): number {
    let leastUs = this.#schemes.length === 0 ? 0 : Number.POSITIVE_INFINITY;
    for (const scheme of this.#schemes) {
      const { metric, intervalUs } = scheme.config.watermarks;
      const active = metric === 'none' || activatedBy(scheme.config.watermarks, scheme.activated, this.#config.metrics.memory());
      if (metric !== 'none') scheme.activated = active;
      leastUs = Math.min(leastUs, active ? 0 : intervalUs);
    }
    return leastUs;
  }

  /**
   * Make the schemes those of `configs`, matched by index: a scheme that stays keeps its statistics, charges and schedule. Call where the
   * kdamond commits. Throws `UserError` and changes nothing on schemes that the kernel refuses.
   *
   * @kernel mm/damon/core.c damon_commit_schemes (7.3)
   */
  commit(ctx: DamonContext, configs: readonly SchemeConfig[]): void {
    checkSchemes(configs, this.#config);
    this.#schemes.length = Math.min(this.#schemes.length, configs.length);
    configs.forEach((config, i) => {
      if (i < this.#schemes.length) {
        this.#schemes[i].commit(config);
        return;
      }
      const scheme = new Scheme(config);
      scheme.schedule(ctx.passedSampleIntervals, ctx.attrs);
      this.#schemes.push(scheme);
    });
  }

  /**
   * Take only the goals of `configs`, matched by index: what the user measured comes in this way. The effective sizes change at the next
   * windows.
   *
   * @kernel mm/damon/sysfs-schemes.c damos_sysfs_set_quota_scores (7.3, 6.12)
   */
  commitQuotaGoals(configs: readonly SchemeConfig[]): void {
    checkSchemes(configs, this.#config);
    this.#schemes.forEach((scheme, i) => {
      if (i >= configs.length) return;
      const quota = { ...scheme.config.quota, goals: configs[i].quota.goals };
      scheme.config = { ...scheme.config, quota };
      scheme.quota.commit(quota);
    });
  }

  /** Look at what the schemes act on, once round; `done` is called when the look is over. @kernel mm/damon/core.c damos_walk */
  walk(visitor: WalkVisitor, done: (result: WalkResult) => void): 'EBUSY' | 'ECANCELED' | undefined {
    return this.#walkControl.request(visitor, done);
  }

  cancelWalk(): void {
    this.#walkControl.cancel(this.#schemes);
  }

  end(): void {
    this.#walkControl.end(this.#schemes);
  }

  apply(ctx: DamonContext): void {
    if (this.#schemes.length === 0) this.cancelWalk();
    this.#collectActive(ctx.passedSampleIntervals);
    if (this.#active.length === 0) return;
    for (const scheme of this.#active) this.#windows.adjust(ctx, scheme, this.#schemes.indexOf(scheme));
    const limit = this.#config.profile.reMergeSlices ? exactSzLimit(ctx) : 0;
    for (let t = 0; t < ctx.targets.length; t++) this.#applyToTarget(ctx, t, limit);
    this.#finishRound(ctx);
  }

  #collectActive(passedSis: number): void {
    this.#active.length = 0;
    for (const scheme of this.#schemes) if (scheme.activated && scheme.isDue(passedSis)) this.#active.push(scheme);
  }

  /** @kernel mm/damon/core.c damos_apply_target (7.3); kdamond_apply_schemes (6.12) */
  #applyToTarget(ctx: DamonContext, targetIndex: number, limit: number): void {
    if (this.#config.profile.skipInvalidTargets && !this.#config.ops.targetValid(targetIndex)) {
      for (const { quota } of this.#schemes) if (quota.chargeTargetFrom === targetIndex) quota.clearCursor();
      return;
    }
    const walk = this.#walk;
    walk.begin(ctx.targets[targetIndex].regions);
    while (walk.next()) {
      for (let s = 0; s < this.#active.length; s++) this.#tryScheme(ctx, targetIndex, this.#active[s]);
      if (limit > 0) walk.mergeBack(limit, ctx.profile);
    }
  }

  /** @kernel mm/damon/core.c damon_do_apply_schemes (7.3, 6.12) */
  #tryScheme(ctx: DamonContext, targetIndex: number, scheme: Scheme): void {
    const walk = this.#walk;
    const { profile } = this.#config;
    const { quota, stats } = scheme;
    const { maxNrSnapshots } = scheme.config;
    if (quotaIsFull(quota, profile, ctx.minRegionSz)) return;
    if (skipCharged(quota, targetIndex, walk, ctx.minRegionSz)) return;
    if (maxNrSnapshots > 0 && stats.nrSnapshots >= maxNrSnapshots) return;
    if (scheme.matches(ctx, walk.regions, walk.at) && this.#windows.hasPriority(ctx, scheme, walk)) {
      this.#applyScheme(ctx, targetIndex, scheme);
    }
    if (profile.snapshots && walk.isLast) stats.nrSnapshots++;
  }

  /** @kernel mm/damon/core.c damos_apply_scheme (7.3, 6.12) */
  #applyScheme(ctx: DamonContext, targetIndex: number, scheme: Scheme): void {
    const walk = this.#walk;
    const { profile } = this.#config;
    const { quota } = scheme;
    let bytes = walk.bytes;
    if (quotaIsSet(quota, profile) && quota.chargedSz + bytes > quota.esz) {
      bytes = alignDown(quota.esz - quota.chargedSz, ctx.minRegionSz);
      if (bytes === 0) {
        scheme.count(0, 0, 0);
        return;
      }
      walk.split(bytes);
    }
    scheme.coreVerdict = coreVerdict(scheme.filters, targetIndex, walk, ctx.minRegionSz);
    if (scheme.coreVerdict === 'reject') return;
    if (profile.chargeAfterFilter) bytes = walk.bytes;
    const { appliedBytes, filterPassedBytes } = this.#act(ctx, targetIndex, scheme);
    chargeQuota(quota, bytes, appliedBytes);
    if (quotaIsFull(quota, profile, ctx.minRegionSz)) {
      quota.chargeTargetFrom = targetIndex;
      quota.chargeAddrFrom = walk.end;
    }
    if (scheme.config.action !== 'stat') walk.regions.age[walk.at] = 0;
    scheme.count(bytes, appliedBytes, filterPassedBytes);
  }

  /** Do the action on the region at hand and show it to whom it concerns. */
  #act(ctx: DamonContext, targetIndex: number, scheme: Scheme): ActionOutcome {
    const { ops, clock, hooks, profile } = this.#config;
    const walk = this.#walk;
    const { action } = scheme.config;
    const watched = this.#walkControl.watches(scheme);
    const region = watched || hooks?.onBeforeApply !== undefined ? this.#regionAtHand(ctx, targetIndex) : undefined;
    const schemeIndex = region === undefined ? 0 : this.#schemes.indexOf(scheme);
    if (region !== undefined) hooks?.onBeforeApply?.(schemeIndex, region, walk.nrRegions);
    let outcome = NOTHING;
    if (profile.spaceActions[ops.name][action] === undefined) {
      this.#warnOnce(`${action} on ${ops.name}: Linux ${profile.kernel} tries this action on this address space and applies nothing`);
    } else {
      const begin = coarseNs(clock.nowNs(), clock.hz);
      outcome = ops.apply(scheme, targetIndex, walk.start, walk.end);
      scheme.quota.totalChargedNs += coarseNs(clock.nowNs(), clock.hz) - begin;
    }
    if (region !== undefined && watched) this.#walkControl.visit(schemeIndex, region, outcome.filterPassedBytes);
    return outcome;
  }

  #regionAtHand(ctx: DamonContext, targetIndex: number) {
    const { regions, at, start, end } = this.#walk;
    return { targetIndex, start, end, nrAccesses: nrAccessesMvsum(ctx, regions, at), age: regions.age[at] };
  }

  #warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#config.hooks?.warn?.(message);
  }

  /** All schemes whose time has come have had their round, those that the watermarks hold back too. */
  #finishRound(ctx: DamonContext): void {
    this.#schemes.forEach((scheme, i) => {
      if (!scheme.isDue(ctx.passedSampleIntervals)) return;
      this.#walkControl.complete(scheme, this.#schemes);
      scheme.schedule(ctx.passedSampleIntervals, ctx.attrs);
      this.#config.hooks?.onStat?.(i, scheme);
    });
  }
}
