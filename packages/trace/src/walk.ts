import { DecodedBlock } from './block-codec.js';
import type { PlacedBlock } from './format.js';
import type { TraceFile } from './trace-file.js';

/** One record of a trace. The walk uses the same object for all records. */
export interface TraceRecord {
  thread: number;
  clock: number;
  page: number;
  write: number;
  count: number;
  span: number;
  /** Offset in the page and size of the access, of traces that have them; -1. A size of 0: larger than 64 or no power of two. */
  offset: number;
  size: number;
}

/** Steps through the records of one thread. */
class Cursor {
  readonly thread: number;
  /** Clock of the next record, Infinity at the end. */
  clock = 0;
  readonly #trace: TraceFile;
  readonly #blocks: readonly PlacedBlock[];
  readonly #decoded = new DecodedBlock();
  #block = 0;
  #record = 0;

  constructor(trace: TraceFile, thread: number) {
    this.thread = thread;
    this.#trace = trace;
    this.#blocks = trace.blocks.filter(({ header }) => header.thread === thread);
    this.#settle();
  }

  take(into: TraceRecord): void {
    const { refs, pages, counts, spans, places } = this.#decoded;
    const i = this.#record++;
    into.thread = this.thread;
    into.clock = this.clock;
    into.page = pages[refs[i] >>> 1];
    into.write = refs[i] & 1;
    into.count = counts[i];
    into.span = spans[i];
    const place = places.length > 0 ? places[i] : -1;
    into.offset = place < 0 ? -1 : place & 0xfff;
    into.size = place < 0 ? -1 : place >>> 12 === 7 ? 0 : 1 << (place >>> 12);
    if (this.#record < this.#decoded.nrRecords) this.clock += this.#decoded.ticks[this.#record];
    else this.#settle();
  }

  /** Go to the first record of the next block that has any. */
  #settle(): void {
    while (this.#record >= this.#decoded.nrRecords) {
      if (this.#block === this.#blocks.length) {
        this.clock = Number.POSITIVE_INFINITY;
        return;
      }
      const block = this.#blocks[this.#block++];
      this.#decoded.decode(this.#trace.readWhole(block), block.header.flags, block.header.nrRecords);
      this.#record = 0;
      this.clock = block.header.firstClock + (this.#decoded.nrRecords > 0 ? this.#decoded.ticks[0] : 0);
    }
  }
}

/** All records in the order of their clocks, threads of one clock in their order; until `visit` returns false. */
export function walkTrace(trace: TraceFile, visit: (record: TraceRecord) => boolean): void {
  const cursors = trace.footer.threads.map((_, thread) => new Cursor(trace, thread));
  const record: TraceRecord = { thread: 0, clock: 0, page: 0, write: 0, count: 0, span: 0, offset: -1, size: -1 };
  for (;;) {
    let first: Cursor | undefined;
    let second = Number.POSITIVE_INFINITY;
    for (const cursor of cursors) {
      if (first === undefined || cursor.clock < first.clock) {
        second = first?.clock ?? second;
        first = cursor;
      } else if (cursor.clock < second) second = cursor.clock;
    }
    if (first === undefined || first.clock === Number.POSITIVE_INFINITY) return;
    // All of a thread up to where another one is next: a choice a window, not a choice a record.
    const until = Math.min(second, Number.MAX_SAFE_INTEGER);
    do {
      first.take(record);
      if (!visit(record)) return;
    } while (first.clock <= until && (first.clock < until || first.clock === record.clock));
  }
}
