import { type AddrRange, assert, PAGE_BYTES } from '@damonlab/base';
import { attrsEqual, type DamonAttrs, maxNrAccesses } from './attrs.js';
import { checkAttrs } from './check-attrs.js';
import { checkMinRegionSz, checkPause, checkTargetCount } from './check-kdamond.js';
import { DamonContext, type DamonTarget } from './context.js';
import type { DamonRandom } from './damon-rand.js';
import { applyMinNrRegions, initRegions, regionSzLimit } from './init-regions.js';
import { mergeRegions } from './merge.js';
import { MovingSum } from './mvsum.js';
import type { DamonOperations } from './operations.js';
import type { KernelProfile } from './profile.js';
import type { RegionList } from './region-list.js';
import { type KdamondRequest, RequestQueue } from './requests.js';
import type { KdamondSchemes } from './schemes.js';
import { setAttrs } from './set-attrs.js';
import { alignRanges, joinRanges, setRegions } from './set-regions.js';
import { type SplitMemory, splitRegions } from './split.js';
import { tuneIntervals } from './tune-intervals.js';

/** Where a host looks on or acts; all optional, called in the middle of `afterSleep`. */
export interface KdamondHooks {
  /** A window of one target is complete: after merge and schemes, before reset and split. @kernel trace damon_aggregated */
  readonly onAggregated?: (targetIndex: number, regions: RegionList) => void;
  /**
   * Auto-tuning set the intervals, perhaps to the same values; called before `onAggregated` of this window.
   * @kernel trace damon_monitor_intervals_tune
   */
  readonly onTuned?: (sampleUs: number, aggrUs: number) => void;
}

export interface KdamondConfig {
  readonly attrs: DamonAttrs;
  readonly profile: KernelProfile;
  readonly ops: DamonOperations;
  /** Number of targets. */
  readonly targets: number;
  /** Ranges that the user gave, by target; empty or missing: what `ops.initRanges` says. */
  readonly targetRanges: readonly (readonly AddrRange[])[];
  /** Bytes, a power of two; default one page. */
  readonly minRegionSz?: number;
  /** Whether it pauses until a commit lets it go on; default no. */
  readonly pause?: boolean;
  readonly rng: DamonRandom;
  /** Share one between all kdamonds of a machine, as the kernel does. */
  readonly splitMemory: SplitMemory;
  readonly hooks?: KdamondHooks;
  /** What acts on the regions; nothing does by default. */
  readonly schemes?: KdamondSchemes;
}

/** What changes online; what is left out stays as it is. */
export interface KdamondCommit {
  readonly schemes?: KdamondRequest | undefined;
  /** Ranges to monitor, by target; what is known of common parts survives. A target with an empty or missing list stays as it is. */
  readonly targetRanges?: readonly (readonly AddrRange[])[] | undefined;
  readonly attrs?: DamonAttrs;
  readonly pause?: boolean | undefined;
}

/**
 * The monitoring thread as a step machine without a clock: `start()`, then again and again `prepare()`, a sleep of `sleepUs`
 * that the host lets pass, and `afterSleep()`, until that returns 'stop'. While all watermarks keep the schemes inactive, or the user has
 * paused the context, the three steps only wait: nothing is sampled and `passedSampleIntervals` stands still.
 *
 * @kernel mm/damon/core.c kdamond_fn (7.3, 6.12)
 */
export class Kdamond {
  /** What is monitored and how; attributes in it may be ahead of the iteration that runs. */
  readonly ctx: DamonContext;
  /** Attributes in force in the current iteration: what `onAggregated` shows was counted with them. */
  windowAttrs: DamonAttrs;
  readonly #config: KdamondConfig;
  readonly #requests = new RequestQueue();
  readonly #movingSum = new MovingSum();
  #state: 'new' | 'awake' | 'asleep' | 'waiting' | 'paused' | 'stopped' = 'new';
  /** How long it waits at a time: the watermarks' interval, or of a pause the sampling interval; 0 unless one of them keeps it waiting. */
  #waitUs = 0;
  /** Whether the window is complete that the sample before the pause was the last of. */
  #aggregated = false;
  #nextAggregationSis = 0;
  #nextOpsUpdateSis = 0;

  /** Throws `UserError` on bad attributes, ranges or minimum region size. */
  constructor(config: KdamondConfig) {
    const { attrs, profile, targets, targetRanges, minRegionSz = PAGE_BYTES } = config;
    checkMinRegionSz(minRegionSz);
    this.ctx = new DamonContext({ attrs, profile, targets, minRegionSz, ...(config.schemes && { schemes: config.schemes }) });
    this.ctx.pause = config.pause ?? false;
    checkPause(this.ctx.pause, profile);
    checkTargetCount(targetRanges.length, targets);
    for (const ranges of targetRanges) alignRanges(ranges, minRegionSz);
    this.#config = config;
    this.windowAttrs = attrs;
  }

  get targets(): readonly DamonTarget[] {
    return this.ctx.targets;
  }

  /** Regions of all targets. */
  get nrRegions(): number {
    return this.ctx.nrRegions;
  }

  get passedSampleIntervals(): number {
    return this.ctx.passedSampleIntervals;
  }

  /**
   * How long to sleep after `prepare()`, µs: the sampling interval of this iteration, also in a pause, or the watermarks' while they wait.
   * What a timer makes of it: `sleepNs`.
   */
  get sleepUs(): number {
    return this.waiting ? this.#waitUs : this.windowAttrs.sampleUs;
  }

  /** Whether a pause or the watermarks of all schemes keep the kdamond from monitoring; known after `prepare()`. */
  get waiting(): boolean {
    return this.#waitUs > 0;
  }

  /** First regions of all targets. */
  start(): void {
    assert(this.#state === 'new', 'a kdamond starts once');
    initRegions(this.ctx, this.#config.targetRanges, this.#config.ops);
    this.#config.schemes?.resetSchedules(this.ctx);
    this.#state = 'awake';
  }

  /** Before the sleep: choose sampling addresses and clear Accessed bits. */
  prepare(): void {
    assert(this.#state === 'awake' || this.#state === 'waiting' || this.#state === 'paused', 'prepare follows start or afterSleep');
    if (this.#state === 'paused') return;
    const { ctx } = this;
    if (this.#state === 'awake') {
      // What changes from here on, even while waiting, counts from the next iteration.
      this.windowAttrs = ctx.attrs;
      this.#nextAggregationSis = ctx.nextAggregationSis;
      this.#nextOpsUpdateSis = ctx.nextOpsUpdateSis;
    }
    this.#waitUs = this.#config.schemes?.waitUs() ?? 0;
    this.#state = this.waiting ? 'waiting' : 'asleep';
    if (this.waiting) return;
    for (let t = 0; t < ctx.targets.length; t++) this.#config.ops.prepareAccessChecks(t, ctx.targets[t].regions);
    if (ctx.profile.requests === 'clear-and-merge') this.#requests.run(ctx, 'no-commits');
  }

  /** After the sleep: check, and at the end of a window merge, act, report and split. 'stop' when no target is left. */
  afterSleep(): 'continue' | 'stop' {
    assert(this.#state === 'asleep' || this.#state === 'waiting' || this.#state === 'paused', 'afterSleep follows prepare');
    if (this.#state === 'waiting') this.#afterWait();
    else if (this.#state === 'paused') this.#afterPause();
    else this.#afterSample();
    if (this.#anyTargetValid()) return 'continue';
    this.#state = 'stopped';
    this.#config.schemes?.end();
    return 'stop';
  }

  #afterSample(): void {
    const { ctx } = this;
    const { profile } = ctx;
    this.#aggregated = ++ctx.passedSampleIntervals >= this.#nextAggregationSis;
    const maxNr = this.#checkAccesses();
    if (this.#aggregated) {
      mergeRegions(ctx, Math.floor(maxNr / 10), ctx.szLimit);
      if (profile.limitRefresh === 'aggregation') ctx.szLimit = applyMinNrRegions(ctx);
    }
    if (this.#aggregated || profile.requests === 'each-sample') this.#requests.run(ctx, 'all');
    if (ctx.pause) this.#beginPause();
    else this.#finishIteration();
  }

  #beginPause(): void {
    this.#state = 'paused';
    this.#waitUs = this.windowAttrs.sampleUs;
    this.#config.schemes?.cancelWalk();
  }

  /** Requests are served in a pause, so a commit can end it; then the iteration goes on where it stopped. */
  #afterPause(): void {
    this.#requests.run(this.ctx, 'all');
    if (this.ctx.pause) {
      this.#config.schemes?.cancelWalk();
      return;
    }
    this.#waitUs = 0;
    this.#finishIteration();
  }

  #finishIteration(): void {
    const { ctx } = this;
    this.#config.schemes?.apply(ctx);
    if (this.#aggregated) this.#finishWindow();
    if (ctx.passedSampleIntervals >= this.#nextOpsUpdateSis) this.#updateOps();
    this.#state = 'awake';
  }

  /** Who waits for a walk is sent away; requests are served, but 6.12 keeps commits until a merge. */
  #afterWait(): void {
    const { ctx } = this;
    this.#requests.run(ctx, ctx.profile.requests === 'each-sample' ? 'all' : 'no-commits');
    this.#config.schemes?.cancelWalk();
  }

  /**
   * Run `request` where the kernel serves requests: 7.3 after the next check, 6.12 before the next sleep or after a merge.
   * False when the kdamond has ended (-ECANCELED); what still waits when it ends is dropped.
   *
   * @kernel mm/damon/core.c damon_call
   */
  call(request: KdamondRequest): boolean {
    return this.#enqueue(request, false);
  }

  /**
   * Change schemes by `schemes`, then targets, put `attrs` in force, then pause or go on, at the kernel's next place for it: 7.3 after a
   * sample, 6.12 after a merge. What is left out stays. A 6.12 commit restarts all schedules whatever changes.
   * Throws `UserError` at once on attributes and ranges that the kernel refuses; false when the kdamond has ended.
   *
   * @kernel mm/damon/core.c damon_commit_ctx, damon_commit_target_regions (7.3, 6.12); mm/damon/sysfs.c damon_sysfs_upd_ctx (6.12)
   */
  commit({ schemes, targetRanges = [], attrs, pause }: KdamondCommit): boolean {
    if (attrs !== undefined) checkAttrs(attrs, this.ctx.profile);
    checkPause(pause ?? false, this.ctx.profile);
    checkTargetCount(targetRanges.length, this.targets.length);
    for (const ranges of targetRanges) alignRanges(ranges, this.ctx.minRegionSz);
    return this.#enqueue((ctx) => {
      schemes?.(ctx);
      targetRanges.forEach((ranges, t) => {
        if (ranges.length > 0) setRegions(ctx.targets[t].regions, joinRanges(ranges), ctx.minRegionSz, ctx.scratch);
      });
      const inForce = attrs ?? ctx.attrs;
      if (ctx.profile.commitResetsSchedules === 'always' || !attrsEqual(ctx.attrs, inForce)) setAttrs(ctx, inForce);
      ctx.pause = pause ?? ctx.pause;
    }, true);
  }

  /** `commit` of attributes alone. */
  commitAttrs(attrs: DamonAttrs): boolean {
    return this.commit({ attrs });
  }

  #enqueue(request: KdamondRequest, isCommit: boolean): boolean {
    if (this.#state === 'stopped') return false;
    this.#requests.add(request, isCommit);
    return true;
  }

  /** Returns the largest count of all targets. */
  #checkAccesses(): number {
    const { ctx } = this;
    const incremental = ctx.profile.mvsum === 'incremental';
    const window = maxNrAccesses(ctx.attrs);
    let maxNr = 0;
    for (let t = 0; t < ctx.targets.length; t++) {
      const { regions } = ctx.targets[t];
      if (incremental) this.#movingSum.capture(regions);
      maxNr = Math.max(maxNr, this.#config.ops.checkAccesses(t, regions));
      if (incremental) this.#movingSum.slide(regions, window);
    }
    return maxNr;
  }

  #finishWindow(): void {
    const { ctx } = this;
    const { hooks, rng, splitMemory } = this.#config;
    const { intervalsGoal } = ctx.attrs;
    if (intervalsGoal.aggrs !== 0 && ctx.passedSampleIntervals >= ctx.nextIntervalsTuneSis) {
      ctx.nextIntervalsTuneSis += ctx.aggrSamples * intervalsGoal.aggrs;
      if (tuneIntervals(ctx)) hooks?.onTuned?.(ctx.attrs.sampleUs, ctx.attrs.aggrUs);
    }
    ctx.nextAggregationSis = this.#nextAggregationSis + maxNrAccesses(ctx.attrs);
    for (let t = 0; t < ctx.targets.length; t++) {
      const { regions } = ctx.targets[t];
      hooks?.onAggregated?.(t, regions);
      resetAggregated(regions);
    }
    splitRegions(ctx, rng, splitMemory);
  }

  #updateOps(): void {
    const { ctx } = this;
    ctx.nextOpsUpdateSis = this.#nextOpsUpdateSis + Math.floor(ctx.attrs.opsUpdateUs / ctx.attrs.sampleUs);
    for (let t = 0; t < ctx.targets.length; t++) {
      const ranges = this.#config.ops.updateRanges(t);
      if (ranges !== undefined) setRegions(ctx.targets[t].regions, ranges, ctx.minRegionSz, ctx.scratch);
    }
    if (ctx.profile.limitRefresh === 'ops-update') ctx.szLimit = regionSzLimit(ctx);
  }

  #anyTargetValid(): boolean {
    for (let t = 0; t < this.targets.length; t++) if (this.#config.ops.targetValid(t)) return true;
    return false;
  }
}

/** Begin a new window: this one's counts become the last ones. @kernel mm/damon/core.c kdamond_reset_aggregated */
export function resetAggregated(regions: RegionList): void {
  for (let i = 0; i < regions.length; i++) {
    regions.lastNrAccesses[i] = regions.nrAccesses[i];
    regions.nrAccesses[i] = 0;
  }
}
