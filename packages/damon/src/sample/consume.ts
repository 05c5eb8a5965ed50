import type { RegionList } from '../region-list.js';
import { SampleFilters } from './filters.js';
import { type AccessReport, type ReportSpace, reportedAddress } from './report.js';
import type { ReportChannel } from './report-channel.js';

/** A monitored target. `tgid` is what reports of its process carry; a paddr context does not look at it. */
export interface ReportTarget {
  readonly regions: RegionList;
  readonly tgid: number;
}

/** A channel that a context drains. `probeIdx` 0: the context's primitive; n ≥ 1: event-driven probe n. */
export interface ReportSource {
  readonly channel: ReportChannel;
  readonly probeIdx: number;
}

/** A report that lies in region `regionIndex`. `credited`: it raised nr_accesses. `report` means something only during the call. */
export type OnDelivered = (targetIndex: number, regionIndex: number, report: AccessReport, credited: boolean, probeIdx: number) => void;

export interface ReportConsumerConfig {
  readonly space: ReportSpace;
  readonly targets: readonly ReportTarget[];
  readonly sources: readonly ReportSource[];
  readonly onDelivered?: OnDelivered;
}

/** samples_drained = filtered_out + samples_no_region + reports delivered to at least one region. */
export interface ConsumerCounters {
  /** Reports that came out of the channels, young enough. */
  readonly samples_drained: number;
  readonly filtered_out: number;
  /** Kept by the filters, but no region of a target of theirs contains all their bytes. */
  readonly samples_no_region: number;
}

/**
 * Turns reports into nr_accesses, in place of a look at Accessed bits. A report that a channel shows twice counts twice, but in
 * one sample a region is credited at most once. Once per sample: `drain`, then `finish` for each target.
 *
 * @kernel mm/damon/core.c kdamond_check_reported_accesses (damon/next; drain rules of the May 2026 series)
 */
export class ReportConsumer {
  /** May be exchanged between two samples. */
  filters = new SampleFilters([], 'damos');
  readonly #config: ReportConsumerConfig;
  /** By target and region: credited in this sample. All zero between samples, so region lists may change there. */
  readonly #accessReported: Uint8Array[];
  readonly #counters = { samples_drained: 0, filtered_out: 0, samples_no_region: 0 };
  #probeIdx = 0;

  constructor(config: ReportConsumerConfig) {
    this.#config = config;
    this.#accessReported = config.targets.map(() => new Uint8Array(0));
  }

  get counters(): ConsumerCounters {
    return { ...this.#counters };
  }

  /** Take what the channels have, at most `maxAgeNs` old at `nowNs` (one sample interval), and credit regions. */
  drain(nowNs: number, maxAgeNs: number): void {
    const { targets, sources } = this.#config;
    for (let t = 0; t < targets.length; t++) {
      if (this.#accessReported[t].length < targets[t].regions.length) {
        this.#accessReported[t] = new Uint8Array(targets[t].regions.start.length);
      }
    }
    for (const source of sources) {
      this.#probeIdx = source.probeIdx;
      source.channel.drain(nowNs, maxAgeNs, this.#take);
    }
  }

  /** Whether region `regionIndex` was credited since the last `finish`. */
  accessReported(targetIndex: number, regionIndex: number): boolean {
    return this.#accessReported[targetIndex][regionIndex] === 1;
  }

  /** The zero-report pass of a target: ready for the next sample. Returns the largest nr_accesses of its regions. */
  finish(targetIndex: number): number {
    const { regions } = this.#config.targets[targetIndex];
    this.#accessReported[targetIndex].fill(0);
    let max = 0;
    for (let i = 0; i < regions.length; i++) max = Math.max(max, regions.nrAccesses[i]);
    return max;
  }

  /** A whole sample: `drain`, and `finish` for all targets. Returns the largest nr_accesses of all. */
  check(nowNs: number, maxAgeNs: number): number {
    this.drain(nowNs, maxAgeNs);
    let max = 0;
    for (let t = 0; t < this.#config.targets.length; t++) max = Math.max(max, this.finish(t));
    return max;
  }

  readonly #take = (report: AccessReport): void => {
    this.#counters.samples_drained++;
    if (!this.filters.keeps(report)) {
      this.#counters.filtered_out++;
      return;
    }
    const { space, targets } = this.#config;
    const address = reportedAddress(report, space);
    let placed = false;
    // Several targets may watch parts of one process.
    for (let t = 0; t < targets.length; t++) {
      if (space !== 'paddr' && targets[t].tgid !== report.tgid) continue;
      const region = findRegion(targets[t].regions, address, report.size);
      if (region < 0) continue;
      this.#credit(t, region, report);
      placed = true;
    }
    if (!placed) this.#counters.samples_no_region++;
  };

  #credit(targetIndex: number, region: number, report: AccessReport): void {
    const flags = this.#accessReported[targetIndex];
    const credited = flags[region] === 0;
    if (credited) {
      flags[region] = 1;
      this.#config.targets[targetIndex].regions.nrAccesses[region]++;
    }
    this.#config.onDelivered?.(targetIndex, region, report, credited, this.#probeIdx);
  }
}

/** Index of the region that contains all of `[address, address + size)`, -1 when none does. `size` ≥ 1. */
export function findRegion(regions: RegionList, address: number, size: number): number {
  const { start, end } = regions;
  let low = 0;
  let high = regions.length;
  // All regions before `low` start at or before the address, all from `high` on after it.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (start[middle] <= address) low = middle + 1;
    else high = middle;
  }
  return low > 0 && address + size <= end[low - 1] ? low - 1 : -1;
}
