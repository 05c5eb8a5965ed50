import { PS_PER_NS, RunError, type StateTape } from '@damonlab/base';
import { type AccessBatch, type AccessProgram, BatchKind, type RunList, type TraceSpec } from '@damonlab/workload';
import { DecodedBlock } from './block-codec.js';
import { Column, type PlacedBlock } from './format.js';
import { RegionFinder } from './region-finder.js';
import type { TraceFile } from './trace-file.js';
import { DamagedBlock } from './varint.js';

/** A batch ends after so many records even if the clock stands still. */
const BATCH_RECORDS = 1024;
/** `full`: a batch spans so many ticks at most, so that accesses come when they are due. */
const BATCH_TICKS = 10_000;
/** `full`: accesses to one page one after the other, within so many ticks, are made as one run. */
const REPEAT_TICKS = 1_000;
/** Shorter pauses are not worth a sleep, ns. */
const PAUSE_NS = 1_000;

/** Words that `TraceProgram.save` puts down. */
export const TRACE_PROGRAM_WORDS = 5;

export interface Replay {
  readonly spec: TraceSpec;
  /** First clock of the trace, and how many ticks it takes. */
  readonly firstClock: number;
  readonly ticks: number;
}

/**
 * One traced thread, run again. All that it is in the middle of are a few numbers: which pass, which block, which record, and
 * the clock there. It holds one block in memory, decoded.
 */
export class TraceProgram implements AccessProgram {
  readonly lists: readonly Uint32Array[] = [];
  readonly runs: RunList = empty();
  readonly #trace: TraceFile;
  readonly #replay: Replay;
  readonly #blocks: readonly PlacedBlock[];
  readonly #finder: RegionFinder;
  readonly #decoded = new DecodedBlock();
  #startNs = -1;
  #pass = 0;
  #nextBlock = 0;
  /** The block that is decoded; -1: none. */
  #loaded = -1;
  #record = 0;
  /** Trace clock of the record before `#record`. */
  #clock = 0;

  constructor(trace: TraceFile, thread: number, replay: Replay) {
    this.#trace = trace;
    this.#replay = replay;
    this.#blocks = trace.blocks.filter(({ header }) => header.thread === thread);
    this.#finder = new RegionFinder(trace.footer.vmas);
  }

  save(tape: StateTape): void {
    for (const word of [this.#startNs, this.#pass, this.#nextBlock, this.#record, this.#clock]) tape.put(word);
  }

  restore(tape: StateTape): void {
    this.#startNs = tape.take();
    this.#pass = tape.take();
    this.#nextBlock = tape.take();
    if (this.#nextBlock > 0 && this.#loaded !== this.#nextBlock - 1) this.#load(this.#nextBlock - 1);
    this.#record = tape.take();
    this.#clock = tape.take();
  }

  next(batch: AccessBatch, nowNs: number): void {
    if (this.#startNs < 0) this.#startNs = nowNs;
    batch.phase = -1;
    if (!this.#ready()) {
      batch.kind = BatchKind.exit;
      return;
    }
    const { ticks } = this.#decoded;
    const beginClock = this.#clock + ticks[this.#record];
    const paced = this.#replay.spec.pace === 'clock';
    const dueNs = paced ? this.#dueNs(beginClock) : 0;
    if (dueNs - nowNs >= PAUSE_NS) {
      batch.kind = BatchKind.sleep;
      batch.untilNs = Math.floor(dueNs);
      return;
    }
    this.#fill(batch);
    batch.computePs = paced ? this.#spread(beginClock, nowNs, batch) : this.#replay.spec.accessPs;
  }

  /** Have a block with records left; false at the end of the last pass. */
  #ready(): boolean {
    while (this.#record >= this.#decoded.nrRecords) {
      if (this.#nextBlock === this.#blocks.length) {
        this.#pass++;
        this.#nextBlock = 0;
      }
      if (this.#pass >= this.#replay.spec.repeat || this.#blocks.length === 0) return false;
      this.#load(this.#nextBlock++);
    }
    return true;
  }

  #load(index: number): void {
    const block = this.#blocks[index];
    const payload = this.#trace.readWhole(block);
    const { header } = block;
    try {
      this.#decoded.decode(payload, header.flags, header.nrRecords, { places: false });
    } catch (error) {
      if (error instanceof DamagedBlock) throw new RunError(`${this.#trace.file}: damaged at byte ${block.offset}: ${error.message}`);
      throw error;
    }
    if ((header.flags & Column.places) !== 0) joinRepeats(this.#decoded);
    this.#loaded = index;
    this.#record = 0;
    this.#clock = header.firstClock;
    this.#place(block);
  }

  /** Where the pages of the block's dictionary lie. */
  #place(block: PlacedBlock): void {
    const { nrPages, pages, refs, counts, spans } = this.#decoded;
    const { runs } = this;
    runs.refs = refs;
    runs.counts = counts;
    runs.spans = spans;
    if (runs.region.length < nrPages) {
      runs.region = new Uint32Array(2 * nrPages);
      runs.page = new Uint32Array(2 * nrPages);
    }
    for (let i = 0; i < nrPages; i++) {
      const region = this.#finder.find(pages[i]);
      if (region < 0) throw new RunError(`${this.#trace.file}: the block at byte ${block.offset} goes to a page in no mapping`);
      runs.region[i] = region;
      runs.page[i] = pages[i] - this.#finder.start(region);
    }
  }

  /** One window of a trace of pages, or a piece of a full one. */
  #fill(batch: AccessBatch): void {
    const { ticks, nrRecords } = this.#decoded;
    const full = this.#trace.head.detail === 'full';
    const begin = this.#record;
    const most = Math.min(nrRecords, begin + BATCH_RECORDS);
    let end = begin + 1;
    let elapsed = 0;
    while (end < most && (full ? elapsed + ticks[end] <= BATCH_TICKS : ticks[end] === 0)) elapsed += ticks[end++];
    this.#clock += ticks[begin] + elapsed;
    this.#record = end;
    batch.kind = BatchKind.runs;
    batch.runs = this.runs;
    batch.cursor = begin;
    batch.end = end;
    batch.remaining = end - begin;
    batch.offset = 0;
  }

  /** Computing between accesses so that the batch, begun now, ends when the next one is due. */
  #spread(beginClock: number, nowNs: number, batch: AccessBatch): number {
    const { counts, spans } = this.#decoded;
    let accesses = 0;
    for (let i = batch.cursor; i < batch.end; i++) accesses += counts[i] * spans[i];
    const leftPs = (this.#dueNs(this.#endClock(beginClock)) - nowNs) * PS_PER_NS;
    return Math.max(0, Math.floor(leftPs / accesses));
  }

  /** When the batch that began at `beginClock` is over: at the next record, but a pause is none of it. */
  #endClock(beginClock: number): number {
    const { ticks, nrRecords } = this.#decoded;
    const next = this.#record < nrRecords ? this.#clock + ticks[this.#record] : this.#blocks[this.#nextBlock - 1].header.endClock;
    return Math.min(next, Math.max(this.#clock, beginClock + this.#trace.head.windowTicks));
  }

  #dueNs(clock: number): number {
    const { spec, firstClock, ticks } = this.#replay;
    return this.#startNs + ((clock - firstClock + this.#pass * ticks) * spec.tickPs) / PS_PER_NS;
  }
}

/** The same accesses in the same order, in fewer records: neighbours of one page and kind become one with a count. */
function joinRepeats(block: DecodedBlock): void {
  const { refs, ticks, counts, nrRecords } = block;
  let kept = 0;
  let waited = 0;
  for (let i = 1; i < nrRecords; i++) {
    waited += ticks[i];
    if (refs[i] === refs[kept] && waited <= REPEAT_TICKS) {
      counts[kept] += counts[i];
      continue;
    }
    kept++;
    refs[kept] = refs[i];
    ticks[kept] = waited;
    counts[kept] = counts[i];
    waited = 0;
  }
  block.nrRecords = Math.min(nrRecords, kept + 1);
}

function empty(): RunList {
  const none = new Uint32Array(0);
  return { refs: none, counts: none, spans: none, region: none, page: none };
}
