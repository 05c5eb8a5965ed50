import { type DamonAttrs, maxNrAccesses } from './attrs.js';
import { checkAttrs } from './check-attrs.js';
import type { KernelProfile } from './profile.js';
import { RegionList } from './region-list.js';
import type { KdamondSchemes } from './schemes.js';

/** What one kdamond monitors: an address space, or a part of one. @kernel include/linux/damon.h struct damon_target */
export interface DamonTarget {
  readonly regions: RegionList;
}

export interface DamonContextConfig {
  readonly attrs: DamonAttrs;
  readonly profile: KernelProfile;
  /** Number of targets. */
  readonly targets: number;
  /** Least size of a region in bytes, a power of two. */
  readonly minRegionSz: number;
  readonly schemes?: KdamondSchemes;
}

/**
 * The state of one monitoring: targets with their regions, attributes and schedule. Time is counted in passed sample
 * intervals ("sis"), never in seconds.
 *
 * @kernel include/linux/damon.h struct damon_ctx; mm/damon/core.c kdamond_init_ctx
 */
export class DamonContext {
  readonly profile: KernelProfile;
  readonly minRegionSz: number;
  readonly targets: readonly DamonTarget[];
  /** What acts on the regions, if anything does: their schedules follow the attributes. */
  readonly schemes: KdamondSchemes | undefined;
  /** Where a list is rebuilt before it is swapped in. */
  readonly scratch = new RegionList();
  attrs: DamonAttrs;
  /** Whether the user has paused it. */
  pause = false;
  /** Samples per aggregation as captured when the user set the attributes: auto-tuning keeps this ratio. */
  aggrSamples: number;
  passedSampleIntervals = 0;
  nextAggregationSis: number;
  nextOpsUpdateSis: number;
  nextIntervalsTuneSis: number;
  /** Two regions merge only up to this size together, bytes. */
  szLimit = 0;

  /** Throws `UserError` on attributes that the kernel refuses. */
  constructor(config: DamonContextConfig) {
    checkAttrs(config.attrs, config.profile);
    this.profile = config.profile;
    this.minRegionSz = config.minRegionSz;
    this.targets = Array.from({ length: config.targets }, () => ({ regions: new RegionList() }));
    this.schemes = config.schemes;
    this.attrs = config.attrs;
    this.aggrSamples = maxNrAccesses(config.attrs);
    this.nextAggregationSis = this.aggrSamples;
    this.nextOpsUpdateSis = Math.floor(config.attrs.opsUpdateUs / config.attrs.sampleUs);
    this.nextIntervalsTuneSis = this.aggrSamples * config.attrs.intervalsGoal.aggrs;
  }

  /** Regions of all targets. */
  get nrRegions(): number {
    let nr = 0;
    for (let t = 0; t < this.targets.length; t++) nr += this.targets[t].regions.length;
    return nr;
  }

  /** Bytes of all targets. */
  totalBytes(): number {
    let total = 0;
    for (let t = 0; t < this.targets.length; t++) total += this.targets[t].regions.totalBytes();
    return total;
  }
}
