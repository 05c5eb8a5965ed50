import { PAGE_BYTES } from '@damonlab/base';
import { PageIndex } from '../page-index.js';
import { PageSet } from '../page-set.js';
import type { TraceFile } from '../trace-file.js';
import { traceSpan } from '../trace-workload.js';
import { walkTrace } from '../walk.js';
import { StackDistance } from './stack-distance.js';

/** What a trace is about: plain data. */
export interface TraceInfo {
  readonly file: string;
  readonly id: string;
  readonly source: string;
  readonly command: string;
  readonly detail: string;
  readonly tick: string;
  readonly window_ticks: number;
  /** First to last moment, ticks. */
  readonly duration_ticks: number;
  readonly reads: number;
  readonly writes: number;
  readonly records: number;
  readonly write_ratio: number;
  readonly stored_bytes: number;
  readonly bytes_per_access: number;
  readonly footprint_bytes: number;
  readonly threads: readonly ThreadInfo[];
  /** Bytes of pages that both threads touched; the diagonal is each thread's own footprint. */
  readonly sharing_bytes: readonly (readonly number[])[];
  /** Share of touches whose page was among the last `bytes` of distinct pages: hits of an LRU memory. Repeats in a window are no touch. */
  readonly reuse: readonly { readonly bytes: number; readonly share: number }[];
  /** Share of accesses that go to the most accessed pages. */
  readonly popularity: readonly { readonly pages_share: number; readonly accesses_share: number }[];
  readonly mappings: readonly { readonly name: string; readonly start: number; readonly end: number }[];
  readonly skipped_accesses: number;
  readonly lost: readonly string[];
  readonly damage: readonly string[];
}

export interface ThreadInfo {
  readonly thread: number;
  readonly tid: number;
  readonly cpu: number;
  readonly first_clock: number;
  readonly end_clock: number;
  readonly reads: number;
  readonly writes: number;
  readonly footprint_bytes: number;
}

const POPULARITY_SHARES = [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** Go through a whole trace once. `onProgress` is told the records seen. */
export function traceInfo(trace: TraceFile, onProgress: (done: number, total: number) => void = () => {}): TraceInfo {
  const { head, footer } = trace;
  const pass = new Pass(footer.threads.length);
  const records = footer.threads.reduce((sum, thread) => sum + thread.records, 0);
  const last = { page: -1, clock: -1, thread: -1 };
  let done = 0;
  walkTrace(trace, (record) => {
    // What reads and writes a page in one window touches it once.
    const same = head.detail === 'pages' && record.page === last.page && record.clock === last.clock && record.thread === last.thread;
    for (let i = 0; i < record.span; i++) pass.accesses(record.thread, record.page + i, record.count, !same);
    Object.assign(last, { page: record.page, clock: record.clock, thread: record.thread });
    if (++done % 65_536 === 0) onProgress(done, records);
    return true;
  });
  const reads = footer.threads.reduce((sum, thread) => sum + thread.reads, 0);
  const writes = footer.threads.reduce((sum, thread) => sum + thread.writes, 0);
  const stored = trace.blocks.reduce((sum, { header }) => sum + header.storedBytes, 0);
  const accesses = Math.max(1, reads + writes);
  return {
    file: trace.file,
    id: trace.id,
    source: head.source,
    command: head.command,
    detail: head.detail,
    tick: head.tick,
    window_ticks: head.windowTicks,
    duration_ticks: footer.threads.length === 0 ? 0 : traceSpan(trace).ticks,
    reads,
    writes,
    records,
    write_ratio: writes / accesses,
    stored_bytes: stored,
    bytes_per_access: stored / accesses,
    footprint_bytes: footer.touchedPages * PAGE_BYTES,
    threads: footer.threads.map(({ tid, cpu, firstClock, endClock, ...thread }, i) => ({
      thread: i,
      tid,
      cpu,
      first_clock: firstClock,
      end_clock: endClock,
      reads: thread.reads,
      writes: thread.writes,
      footprint_bytes: pass.sets[i].size * PAGE_BYTES,
    })),
    sharing_bytes: pass.sets.map((a) => pass.sets.map((b) => (a === b ? a.size : a.common(b)) * PAGE_BYTES)),
    reuse: pass.reuse(),
    popularity: pass.popularity(),
    mappings: footer.vmas,
    skipped_accesses: footer.skippedAccesses,
    lost: footer.lost,
    damage: trace.damage,
  };
}

/** What one pass over all accesses gathers. */
class Pass {
  readonly sets: readonly PageSet[];
  readonly #ids = new PageIndex();
  readonly #distances = new StackDistance();
  #perPage = new Float64Array(1024);
  /** By k: touches with a distance below 2^k pages that are not below 2^(k-1). */
  readonly #byDistance = new Float64Array(54);
  #first = 0;

  constructor(nrThreads: number) {
    this.sets = Array.from({ length: nrThreads }, () => new PageSet());
  }

  /** `count` accesses to `page` in one window; `touch`: the first ones of their window. */
  accesses(thread: number, page: number, count: number, touch: boolean): void {
    this.sets[thread].add(page);
    let id = this.#ids.get(page);
    if (id < 0) {
      id = this.#ids.size;
      this.#ids.set(page, id);
      if (id >= this.#perPage.length) this.#grow();
    }
    this.#perPage[id] += count;
    if (!touch) return;
    const distance = this.#distances.touch(id);
    if (distance < 0) this.#first++;
    else this.#byDistance[distance === 0 ? 0 : 32 - Math.clz32(distance)]++;
  }

  reuse(): { bytes: number; share: number }[] {
    const last = Math.ceil(Math.log2(Math.max(1, this.#ids.size)));
    const total = this.#byDistance.reduce((sum, n) => sum + n, this.#first);
    let sum = 0;
    return Array.from({ length: last + 1 }, (_, k) => {
      sum += this.#byDistance[k];
      return { bytes: 2 ** k * PAGE_BYTES, share: total === 0 ? 0 : sum / total };
    });
  }

  popularity(): { pages_share: number; accesses_share: number }[] {
    const counts = this.#perPage.slice(0, this.#ids.size).sort().reverse();
    const total = counts.reduce((sum, n) => sum + n, 0);
    return POPULARITY_SHARES.map((pages_share) => {
      const top = counts.subarray(0, Math.max(1, Math.round(pages_share * counts.length))).reduce((sum, n) => sum + n, 0);
      return { pages_share, accesses_share: total === 0 ? 0 : top / total };
    });
  }

  #grow(): void {
    const larger = new Float64Array(2 * this.#perPage.length);
    larger.set(this.#perPage);
    this.#perPage = larger;
  }
}
