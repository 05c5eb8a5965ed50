import { SabLayout } from '@damonlab/base';
import { type AccessReport, decodeReport, encodeReport, REPORT_COLUMNS, type ReportBuffer, reportBuffer } from './report.js';
import { NO_REPORTS, type ReportChannel, type ReportCounters } from './report-channel.js';

/** @kernel include/linux/damon.h DAMON_ACCESS_REPORTS_CAP (damon/next) */
export const ACCESS_REPORTS_CAP = 1000;

const VERSION = 2;
/** Writers: all (compare and exchange to take it, store and notify to give it back). Readers: all. 1: taken. */
const LOCK = 0;
/** Writers and readers: who holds the lock, in plain stores that the lock orders. Reports in the array. */
const LENGTH = 1;
/** Writers and readers: who holds the lock. Reports that a drain has looked at: [0, SEEN). */
const SEEN = 2;
/** Writer: who holds the lock (add). Readers: anybody. Reports taken; wraps at 2^32. */
const QUEUED = 3;
/** Writer: who holds the lock (add). Readers: anybody. Reports forgotten unseen; wraps at 2^32. */
const WRAPPED = 4;
/** Writers: producers without the lock (add). Readers: anybody. Reports refused; wraps at 2^32. */
const TRYLOCK_DROP = 5;
const WORDS = 16;

const LAYOUT = new SabLayout({ words: ['i32', WORDS], records: ['f64', ACCESS_REPORTS_CAP * REPORT_COLUMNS] }, VERSION);

/**
 * One array for all CPUs under one lock that producers only try to take: while anybody holds it, reports of others are dropped.
 * A full array begins again from its start and forgets all it held. A drain removes nothing, reports just grow too old: one
 * that is young enough for two drains is visited by both.
 *
 * @kernel mm/damon/core.c damon_report_access, kdamond_check_reported_accesses (damon/next)
 */
export class SingleArray implements ReportChannel {
  readonly #words: Int32Array;
  readonly #records: Float64Array;
  readonly #visited: ReportBuffer = reportBuffer();
  #stale = 0;
  #repeated = 0;

  static allocate(): SharedArrayBuffer {
    return LAYOUT.allocate();
  }

  constructor(buffer: SharedArrayBuffer) {
    const views = LAYOUT.views(buffer);
    this.#words = views.words;
    this.#records = views.records;
  }

  get counters(): ReportCounters {
    return {
      ...NO_REPORTS,
      queued: Atomics.load(this.#words, QUEUED) >>> 0,
      wrapped: Atomics.load(this.#words, WRAPPED) >>> 0,
      trylock_drop: Atomics.load(this.#words, TRYLOCK_DROP) >>> 0,
      stale: this.#stale,
      repeated: this.#repeated,
    };
  }

  report(report: AccessReport): boolean {
    const words = this.#words;
    if (Atomics.compareExchange(words, LOCK, 0, 1) !== 0) {
      Atomics.add(words, TRYLOCK_DROP, 1);
      return false;
    }
    if (words[LENGTH] === ACCESS_REPORTS_CAP) this.#wrap();
    encodeReport(report, this.#records, words[LENGTH]++ * REPORT_COLUMNS);
    Atomics.add(words, QUEUED, 1);
    this.#unlock();
    return true;
  }

  /** Oldest first. Holds the lock all the time, so what is reported meanwhile, also by `visit` itself, is dropped. */
  drain(nowNs: number, maxAgeNs: number, visit: (report: AccessReport) => void): void {
    this.#lock();
    try {
      const length = this.#words[LENGTH];
      for (let i = 0; i < length; i++) this.#look(i, nowNs - maxAgeNs, visit);
      this.#words[SEEN] = length;
    } finally {
      this.#unlock();
    }
  }

  #look(i: number, oldestNs: number, visit: (report: AccessReport) => void): void {
    decodeReport(this.#records, i * REPORT_COLUMNS, this.#visited);
    const seen = i < this.#words[SEEN];
    if (this.#visited.timeNs < oldestNs) {
      if (!seen) this.#stale++;
      return;
    }
    if (seen) this.#repeated++;
    visit(this.#visited);
  }

  #wrap(): void {
    Atomics.add(this.#words, WRAPPED, this.#words[LENGTH] - this.#words[SEEN]);
    this.#words[LENGTH] = 0;
    this.#words[SEEN] = 0;
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0) Atomics.wait(this.#words, LOCK, 1);
  }

  #unlock(): void {
    Atomics.store(this.#words, LOCK, 0);
    Atomics.notify(this.#words, LOCK);
  }
}
