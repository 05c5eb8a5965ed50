import { DecodedBlock } from './block-codec.js';
import { type BlockHeader, Column } from './format.js';
import type { MapEvent, TraceFooter, TraceThread } from './meta.js';
import { PageSet } from './page-set.js';
import { traceVmas } from './vmas.js';

interface ThreadTally {
  tid: number;
  firstClock: number;
  endClock: number;
  reads: number;
  writes: number;
  records: number;
  readonly byCpu: Map<number, number>;
}

/** Adds up what the footer of a trace says, block by block: while it is written, or when its footer was lost. */
export class Tally {
  readonly touched = new PageSet();
  readonly maps: MapEvent[] = [];
  readonly lost: string[] = [];
  skippedAccesses = 0;
  readonly #threads: ThreadTally[] = [];
  readonly #block = new DecodedBlock();

  /** @throws DamagedBlock */
  add(header: BlockHeader, payload: Uint8Array): void {
    const block = this.#block;
    const ranges = (header.flags & Column.spans) !== 0;
    if (ranges) block.decode(payload, header.flags, header.nrRecords);
    else block.decodePages(payload);
    for (let i = 0; i < block.nrPages; i++) this.touched.add(block.pages[i]);
    for (let i = 0; ranges && i < block.nrRecords; i++) {
      const page = block.pages[block.refs[i] >>> 1];
      this.touched.addRange(page + 1, page + block.spans[i]);
    }
    this.#count(header);
  }

  footer(): TraceFooter {
    const threads = Array.from({ length: this.#threads.length }, (_, i) => this.#threads[i] ?? NOBODY).map(summary);
    return {
      threads,
      vmas: traceVmas(this.maps, this.touched),
      touchedPages: this.touched.size,
      skippedAccesses: this.skippedAccesses,
      lost: this.lost,
    };
  }

  #count(header: BlockHeader): void {
    const { thread, tid, cpu, firstClock, endClock, reads, writes, nrRecords } = header;
    this.#threads[thread] ??= { tid, firstClock, endClock, reads: 0, writes: 0, records: 0, byCpu: new Map() };
    const tally = this.#threads[thread];
    tally.firstClock = Math.min(tally.firstClock, firstClock);
    tally.endClock = Math.max(tally.endClock, endClock);
    tally.reads += reads;
    tally.writes += writes;
    tally.records += nrRecords;
    tally.byCpu.set(cpu, (tally.byCpu.get(cpu) ?? 0) + reads + writes);
  }
}

const NOBODY: ThreadTally = { tid: 0, firstClock: 0, endClock: 0, reads: 0, writes: 0, records: 0, byCpu: new Map() };

function summary({ byCpu, ...thread }: ThreadTally): TraceThread {
  const [most] = [...byCpu].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return { ...thread, cpu: most?.[0] ?? 0 };
}
