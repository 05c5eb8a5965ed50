import { NS_PER_SEC, NS_PER_US, PAGE_BYTES } from '@damonlab/base';
import {
  AttributionLog,
  type AttributionRow,
  allocateReportChannel,
  type ConsumerCounters,
  DEFAULT_HZ,
  openReportChannel,
  type PlaceOf,
  RegionList,
  type ReportChannel,
  ReportConsumer,
  type ReportCounters,
  type ReportSpace,
  reportBuffer,
  type SampleControl,
  SampleFilters,
} from '@damonlab/damon';

export interface AccessReportsParts {
  readonly control: SampleControl;
  readonly nrCpus: number;
  /** What regions are in: `vaddr` and `paddr` count a report at the address that it has there. */
  readonly space: ReportSpace;
  /** By target: the process that is watched; of no meaning for `paddr`. */
  readonly processes: readonly number[];
  /** Tells apart in the attribution what regions do not. */
  readonly placeOf?: PlaceOf;
  /** Where reports lie that other threads post; left out: nobody else does. */
  readonly buffer?: SharedArrayBuffer;
}

/** One access that somebody saw: what a report says of it. */
export interface SeenAccess {
  readonly timeNs: number;
  /** Virtual address of the page, and its frame. */
  readonly addr: number;
  readonly pfn: number;
  readonly cpu: number;
  readonly thread: number;
  /** Thread group: the process. */
  readonly process: number;
  readonly write: boolean;
}

/**
 * The way of reports from whoever sees accesses into `nr_accesses` and attribution: channel, filters, consumer. Common to all
 * primitives that know who made an access.
 *
 * @kernel mm/damon/core.c damon_report_access, kdamond_check_reported_accesses (damon/next)
 */
export class AccessReports {
  readonly #parts: AccessReportsParts;
  readonly #channel: ReportChannel;
  readonly #report = reportBuffer();
  readonly #regions: RegionList[] = [];
  readonly #attribution: AttributionLog;
  #consumer: ReportConsumer | undefined;

  constructor(parts: AccessReportsParts) {
    const { control, nrCpus, space, processes, placeOf } = parts;
    const buffer = parts.buffer ?? allocateReportChannel(control.channel, nrCpus);
    this.#parts = parts;
    this.#channel = openReportChannel(control.channel, buffer, nrCpus);
    this.#attribution = new AttributionLog(space, processes.length, placeOf);
  }

  /** Report an access to `size` bytes; `latencyNs`: how long it took, 0 if nobody knows. */
  post(seen: SeenAccess, size: number, latencyNs: number): void {
    const report = this.#report;
    report.vaddr = seen.addr;
    report.paddr = seen.pfn * PAGE_BYTES;
    report.size = size;
    report.cpu = seen.cpu;
    report.tid = seen.thread;
    report.tgid = seen.process;
    report.isWrite = seen.write;
    report.timeNs = seen.timeNs;
    report.latencyNs = latencyNs;
    this.#channel.report(report);
  }

  /** The regions of `target`, before its first sample; the list stays the same object. */
  watch(target: number, regions: RegionList): void {
    this.#regions[target] = regions;
  }

  /**
   * Credit what was reported by `nowNs`, after a sleep that was meant to be `sampleUs`. Reports older than that do not count; the
   * kernel compares jiffies, so it is generous by up to two ticks.
   */
  drain(nowNs: number, sampleUs: number): void {
    const tickNs = NS_PER_SEC / DEFAULT_HZ;
    const oldestNs = (Math.floor(nowNs / tickNs) - Math.ceil((sampleUs * NS_PER_US) / tickNs)) * tickNs;
    this.#consumer ??= this.#createConsumer();
    this.#consumer.drain(nowNs, nowNs - oldestNs);
  }

  /** End the sample of `target`. */
  finish(target: number): void {
    this.#consumer?.finish(target);
  }

  /** End an aggregation window of `target`: who made the reports of each region. */
  takeAttribution(target: number, regions: RegionList): AttributionRow[] {
    return this.#attribution.take(target, regions);
  }

  /** What became of the reports, for the run's counters. */
  totals(): ReportCounters & ConsumerCounters & { readonly unplaced: number } {
    const consumed = this.#consumer?.counters ?? { samples_drained: 0, filtered_out: 0, samples_no_region: 0 };
    return { ...this.#channel.counters, ...consumed, unplaced: this.#attribution.unplaced };
  }

  #createConsumer(): ReportConsumer {
    const { control, processes, space } = this.#parts;
    const consumer = new ReportConsumer({
      space,
      // A process that was gone before the first sample has no regions, and no reports.
      targets: processes.map((tgid, target) => ({ regions: this.#regions[target] ?? new RegionList(), tgid })),
      sources: [{ channel: this.#channel, probeIdx: 0 }],
      onDelivered: (target, _region, report, credited) => this.#attribution.add(target, report, credited),
    });
    consumer.filters = new SampleFilters(control.filters, control.filterRule);
    return consumer;
  }
}
