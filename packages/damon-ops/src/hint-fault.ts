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
import type { HintFault, HintFaults, HintFaultUser } from '@damonlab/hint-faults';
import type { AccessPrimitive, PrimitiveWork } from './primitive.js';

export interface HintFaultPrimitiveParts {
  readonly hintFaults: HintFaults;
  readonly control: SampleControl;
  readonly nrCpus: number;
  /** What regions are in: `vaddr` and `paddr` count a report at the address that it has there. */
  readonly space: ReportSpace;
  /** By target: the process that is watched; of no meaning for `paddr`. */
  readonly processes: readonly number[];
  /** Tells apart in the attribution what regions do not. */
  readonly placeOf?: PlaceOf;
}

/** What the primitive saw and lost, for the run's counters. */
export type HintFaultTotals = ReportCounters & ConsumerCounters & { readonly unplaced: number };

/**
 * The hinting fault: arm the sampled page, sleep, and count the reports of the faults. It knows by which CPU and thread
 * a page was touched and whether it was written, but only of the first touch: an arm is used up by it.
 *
 * @kernel mm/damon/paddr.c damon_pa_prepare_access_checks_faults, mm/damon/core.c kdamond_check_reported_accesses (damon/next)
 */
export class HintFaultPrimitive implements AccessPrimitive, HintFaultUser {
  readonly name = 'damon';
  readonly work: PrimitiveWork = { mapped: 0, hole: 0, armed: 0 };
  readonly #parts: HintFaultPrimitiveParts;
  readonly #user: number;
  readonly #channel: ReportChannel;
  readonly #report = reportBuffer();
  readonly #regions: RegionList[] = [];
  readonly #attribution: AttributionLog;
  #consumer: ReportConsumer | undefined;
  /** Entries armed and not known to have faulted. */
  #armed = new Int32Array(1024);
  #nrArmed = 0;

  constructor(parts: HintFaultPrimitiveParts) {
    this.#parts = parts;
    const { control, nrCpus, hintFaults } = parts;
    this.#channel = openReportChannel(control.channel, allocateReportChannel(control.channel, nrCpus), nrCpus);
    this.#attribution = new AttributionLog(parts.space, parts.processes.length, parts.placeOf);
    this.#user = hintFaults.register(this);
  }

  /** Number as a user of hinting faults. */
  get user(): number {
    return this.#user;
  }

  /** What it has armed; undefined if it keeps no list because nothing is taken back at a check. May hold pages that have faulted since. */
  get armedEntries(): Int32Array | undefined {
    return this.#parts.control.disarmAtCheck ? this.#armed.subarray(0, this.#nrArmed) : undefined;
  }

  /**
   * The kdamond wakes up at `nowNs` after a sleep that was meant to be `sampleUs`. Reports older than that do not count; the
   * kernel compares jiffies, so it is generous by up to two ticks.
   */
  wake(nowNs: number, sampleUs: number): void {
    const tickNs = NS_PER_SEC / DEFAULT_HZ;
    const oldestNs = (Math.floor(nowNs / tickNs) - Math.ceil((sampleUs * NS_PER_US) / tickNs)) * tickNs;
    this.#consumer ??= this.#createConsumer();
    this.#consumer.drain(nowNs, nowNs - oldestNs);
    if (this.#parts.control.disarmAtCheck) this.#disarmAll();
  }

  prepare(target: number, regions: RegionList, entries: Int32Array): void {
    this.#regions[target] = regions;
    for (let i = 0; i < regions.length; i++) {
      if (entries[i] >= 0 && this.#parts.hintFaults.mapped(entries[i])) this.#arm(entries[i]);
      else this.work.hole++;
    }
  }

  check(target: number): void {
    this.#consumer?.finish(target);
  }

  onHintFault(fault: HintFault): void {
    const report = this.#report;
    report.vaddr = fault.addr;
    report.paddr = fault.pfn * PAGE_BYTES;
    report.cpu = fault.cpu;
    report.tid = fault.thread;
    report.tgid = fault.process;
    report.isWrite = fault.write;
    report.timeNs = fault.timeNs;
    this.#channel.report(report);
  }

  /** End an aggregation window of `target`: who made the reports of each region. */
  takeAttribution(target: number, regions: RegionList): AttributionRow[] {
    return this.#attribution.take(target, regions);
  }

  totals(): HintFaultTotals {
    const consumed = this.#consumer?.counters ?? { samples_drained: 0, filtered_out: 0, samples_no_region: 0 };
    return { ...this.#channel.counters, ...consumed, unplaced: this.#attribution.unplaced };
  }

  #arm(pte: number): void {
    this.work.mapped++;
    if (!this.#parts.hintFaults.arm(this.#user, pte)) return;
    this.work.armed++;
    if (!this.#parts.control.disarmAtCheck) return;
    if (this.#nrArmed === this.#armed.length) {
      const grown = new Int32Array(2 * this.#nrArmed);
      grown.set(this.#armed);
      this.#armed = grown;
    }
    this.#armed[this.#nrArmed++] = pte;
  }

  #disarmAll(): void {
    for (let i = 0; i < this.#nrArmed; i++) this.#parts.hintFaults.disarm(this.#user, this.#armed[i]);
    this.#nrArmed = 0;
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
