import { PAGE_BYTES } from '@damonlab/base';
import type { TraceFooter, TraceHead } from './meta.js';
import { ThreadEncoder } from './thread-encoder.js';
import { TraceWriter } from './trace-writer.js';

/** Makes a trace file of single accesses: what importers write to. */
export class TraceBuilder {
  readonly writer: TraceWriter;
  readonly #head: TraceHead;
  readonly #threads = new Map<number, ThreadEncoder>();
  readonly #ranges: boolean;
  #lastTid = -1;
  #last: ThreadEncoder | undefined;
  accesses = 0;

  constructor(file: string, head: TraceHead, { ranges = false } = {}) {
    this.writer = new TraceWriter(file, head);
    this.#head = head;
    this.#ranges = ranges;
  }

  /** One access of thread `tid`; `address` below 2^52 * 4096, `clock` in the head's ticks, `write` 0 or 1. */
  access(tid: number, address: number, size: number, write: number, clock: number, cpu = 0): void {
    this.accesses++;
    const page = Math.floor(address / PAGE_BYTES);
    this.#thread(tid).access(page, address - page * PAGE_BYTES, size, write, clock, cpu);
  }

  /** `pages` pages from `page` on, each accessed once at `clock`. */
  range(tid: number, page: number, pages: number, write: number, clock: number): void {
    this.accesses += pages;
    this.#thread(tid).range(page, pages, 1, write, clock);
  }

  /** Something of the input could not be used. */
  lose(what: string): void {
    this.writer.tally.lost.push(what);
  }

  async finish(): Promise<TraceFooter> {
    for (const thread of this.#threads.values()) thread.close(0);
    return this.writer.finish();
  }

  #thread(tid: number): ThreadEncoder {
    if (tid === this.#lastTid && this.#last !== undefined) return this.#last;
    let thread = this.#threads.get(tid);
    if (thread === undefined) {
      const { detail, windowTicks } = this.#head;
      const options = { detail, windowTicks, ranges: this.#ranges };
      thread = new ThreadEncoder(this.#threads.size, tid, options, (header, payload) => this.writer.accesses(header, payload));
      this.#threads.set(tid, thread);
    }
    this.#lastTid = tid;
    this.#last = thread;
    return thread;
  }
}
