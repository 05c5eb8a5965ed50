import { assert, SabLayout, SPSC_RING_SLOTS, SPSC_RING_WORDS, SpscRing } from '@damonlab/base';
import { type AccessReport, decodeReport, encodeReport, REPORT_COLUMNS, type ReportBuffer, reportBuffer } from './report.js';
import { NO_REPORTS, type ReportChannel, type ReportCounters } from './report-channel.js';

const VERSION = 2;
/** Guard words of one CPU: a cache line. */
const GUARD_WORDS = 16;
/** Writer and reader: the CPU that reports (compare and exchange, store). 1: inside of a report. */
const BUSY = 0;
/** Writer: the CPU that reports (add). Readers: anybody. Reports refused; wraps at 2^32. */
const BUSY_DROP = 1;

function layoutOf(nrCpus: number, slots: number) {
  return new SabLayout(
    {
      ringWords: ['i32', nrCpus * SPSC_RING_WORDS],
      guards: ['i32', nrCpus * GUARD_WORDS],
      records: ['f64', nrCpus * slots * REPORT_COLUMNS],
    },
    VERSION,
  );
}

/**
 * One lock-free ring per CPU: a CPU's reports never wait for another CPU or for the kdamond, and a drained report is gone.
 * All threads open the same memory; a CPU's reports come from one thread at a time, drains from one thread.
 *
 * Modelled on the per-CPU ring of the page-fault and perf substrates posted in May 2026.
 */
export class PerCpuRings implements ReportChannel {
  readonly #rings: readonly SpscRing[];
  readonly #guards: Int32Array;
  readonly #record = new Float64Array(REPORT_COLUMNS);
  readonly #visited: ReportBuffer = reportBuffer();
  #stale = 0;

  /** Shared memory for `nrCpus` rings; `slots` a power of two, one of them unusable. */
  static allocate(nrCpus: number, slots = SPSC_RING_SLOTS): SharedArrayBuffer {
    return layoutOf(nrCpus, slots).allocate();
  }

  constructor(buffer: SharedArrayBuffer, nrCpus: number, slots = SPSC_RING_SLOTS) {
    const views = layoutOf(nrCpus, slots).views(buffer);
    const size = slots * REPORT_COLUMNS;
    this.#guards = views.guards;
    this.#rings = Array.from({ length: nrCpus }, (_, cpu) => {
      const words = views.ringWords.subarray(cpu * SPSC_RING_WORDS, (cpu + 1) * SPSC_RING_WORDS);
      return new SpscRing({ words, records: views.records.subarray(cpu * size, (cpu + 1) * size) }, REPORT_COLUMNS);
    });
  }

  get counters(): ReportCounters {
    let queued = 0;
    let ringFull = 0;
    let busyDrop = 0;
    this.#rings.forEach((ring, cpu) => {
      queued += ring.queued;
      ringFull += ring.ringFull;
      busyDrop += Atomics.load(this.#guards, cpu * GUARD_WORDS + BUSY_DROP) >>> 0;
    });
    return { ...NO_REPORTS, queued, ring_full: ringFull, busy_drop: busyDrop, stale: this.#stale };
  }

  report(report: AccessReport): boolean {
    const { cpu } = report;
    if (!this.tryEnter(cpu)) {
      Atomics.add(this.#guards, cpu * GUARD_WORDS + BUSY_DROP, 1);
      return false;
    }
    encodeReport(report, this.#record);
    const outcome = this.#rings[cpu].push(this.#record);
    this.leave(cpu);
    return outcome === 'queued';
  }

  /** The guard of `cpu`: false when it is already inside of a report. What `cpu` reports until `leave` is dropped as busy. */
  tryEnter(cpu: number): boolean {
    assert(cpu < this.#rings.length, 'a report comes from a CPU of the machine');
    return Atomics.compareExchange(this.#guards, cpu * GUARD_WORDS + BUSY, 0, 1) === 0;
  }

  leave(cpu: number): void {
    Atomics.store(this.#guards, cpu * GUARD_WORDS + BUSY, 0);
  }

  /** CPU by CPU, each oldest first. */
  drain(nowNs: number, maxAgeNs: number, visit: (report: AccessReport) => void): void {
    const visited = this.#visited;
    const take = (record: Float64Array): void => {
      decodeReport(record, 0, visited);
      if (nowNs - visited.timeNs > maxAgeNs) this.#stale++;
      else visit(visited);
    };
    for (let cpu = 0; cpu < this.#rings.length; cpu++) this.#rings[cpu].drain(take);
  }
}
