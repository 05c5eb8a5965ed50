import { type DamonAttrs, type DamonContext, nrAccessesMvsum, type RegionList } from '@damonlab/damon';
import type { SchemeConfig } from './config.js';
import { type CoreVerdict, type FilterLayers, layersOf } from './filters.js';
import { Quota } from './quota.js';

/** What a scheme has done since it was installed; sizes in bytes. @kernel include/linux/damon.h struct damos_stat */
export interface SchemeStats {
  nrTried: number;
  szTried: number;
  nrApplied: number;
  szApplied: number;
  szOpsFilterPassed: number;
  /** Windows that ended with the quota full. */
  qtExceeds: number;
  /** Times that the last region of a target was reached. */
  nrSnapshots: number;
}

/** A scheme at work: its configuration and what survives a commit. @kernel include/linux/damon.h struct damos */
export class Scheme {
  config: SchemeConfig;
  filters: FilterLayers;
  /** What the core filters said of the region that the action is on. */
  coreVerdict: CoreVerdict = 'accept';
  readonly quota: Quota;
  readonly stats: SchemeStats = {
    nrTried: 0,
    szTried: 0,
    nrApplied: 0,
    szApplied: 0,
    szOpsFilterPassed: 0,
    qtExceeds: 0,
    nrSnapshots: 0,
  };
  /** By its watermarks. */
  activated = true;
  /** Passed sample intervals at which it is due. */
  nextApplySis = 0;
  /** Has finished an apply round since the pending walk began. */
  walkCompleted = false;

  constructor(config: SchemeConfig) {
    this.config = config;
    this.filters = layersOf(config.filters);
    this.quota = new Quota(config.quota);
  }

  /**
   * Take another configuration; statistics, charges, effective size, cursor and schedule stay.
   * @kernel mm/damon/core.c damos_commit (7.3)
   */
  commit(config: SchemeConfig): void {
    this.config = config;
    this.filters = layersOf(config.filters);
    this.quota.commit(config.quota);
    this.activated = true;
  }

  isDue(passedSis: number): boolean {
    return passedSis >= this.nextApplySis;
  }

  /** @kernel mm/damon/core.c damos_set_next_apply_sis (7.3, 6.12) */
  schedule(passedSis: number, attrs: DamonAttrs): void {
    const intervalUs = this.config.applyIntervalUs === 0 ? attrs.aggrUs : this.config.applyIntervalUs;
    this.nextApplySis = passedSis + Math.floor(intervalUs / attrs.sampleUs);
  }

  /** Whether region `i` has the access pattern. @kernel mm/damon/core.c __damos_valid_target (7.3, 6.12) */
  matches(ctx: DamonContext, regions: RegionList, i: number): boolean {
    const { pattern } = this.config;
    const bytes = regions.end[i] - regions.start[i];
    const age = regions.age[i];
    if (bytes < pattern.minSzRegion || bytes > pattern.maxSzRegion) return false;
    if (age < pattern.minAgeRegion || age > pattern.maxAgeRegion) return false;
    const nr = nrAccessesMvsum(ctx, regions, i);
    return nr >= pattern.minNrAccesses && nr <= pattern.maxNrAccesses;
  }

  /** An action was tried on `bytes`. @kernel mm/damon/core.c damos_update_stat (7.3) */
  count(bytes: number, appliedBytes: number, filterPassedBytes: number): void {
    const { stats } = this;
    stats.nrTried++;
    stats.szTried += bytes;
    if (appliedBytes > 0) stats.nrApplied++;
    stats.szApplied += appliedBytes;
    stats.szOpsFilterPassed += filterPassedBytes;
  }
}
