import { PS_PER_NS, RunError, type StateTape } from '@damonlab/base';
import { type AccessBatch, type AccessProgram, BatchKind, type RunList, type TraceSpec } from '@damonlab/workload';
import type { PlacedBlock } from './format.js';
import { type CutBlock, Pieces } from './pieces.js';
import { RegionFinder } from './region-finder.js';
import { ReplayBlock } from './replay-block.js';
import type { TraceFile } from './trace-file.js';

/** Shorter pauses are not worth a sleep, ns. */
const PAUSE_NS = 1_000;

/** Words that `TraceProgram.save` puts down. */
export const TRACE_PROGRAM_WORDS = 6;

const NO_BLOCK: CutBlock = { ...empty(), nrPages: 0, pages: new Float64Array(0), pieces: new Pieces() };

export interface Replay {
  readonly spec: TraceSpec;
  /** First clock of the trace, and how many ticks it takes. */
  readonly firstClock: number;
  readonly ticks: number;
}

/**
 * One traced thread, run again. All that it is in the middle of are a few numbers: which pass, which block, which piece of it, and
 * the clock there. It holds one block in memory, decoded.
 */
export class TraceProgram implements AccessProgram {
  readonly lists: readonly Uint32Array[] = [];
  readonly runs: RunList = empty();
  readonly #trace: TraceFile;
  readonly #replay: Replay;
  readonly #blocks: readonly PlacedBlock[];
  readonly #finder: RegionFinder;
  readonly #block: ReplayBlock;
  #cut: CutBlock = NO_BLOCK;
  #startNs = -1;
  #pass = 0;
  #nextBlock = 0;
  /** The block that is loaded; -1: none. */
  #loaded = -1;
  /** The next piece of it. */
  #piece = 0;
  /** Trace clock of the last run before that. */
  #clock = 0;
  /** 1: the last batch is in order, 0: it is as it was given at first. */
  #unfolded = 0;

  constructor(trace: TraceFile, thread: number, replay: Replay) {
    this.#trace = trace;
    this.#replay = replay;
    this.#blocks = trace.blocks.filter(({ header }) => header.thread === thread);
    this.#finder = new RegionFinder(trace.footer.vmas);
    this.#block = new ReplayBlock(trace);
  }

  save(tape: StateTape): void {
    for (const word of [this.#startNs, this.#pass, this.#nextBlock, this.#piece, this.#clock, this.#unfolded]) tape.put(word);
  }

  restore(tape: StateTape): void {
    this.#startNs = tape.take();
    this.#pass = tape.take();
    this.#nextBlock = tape.take();
    if (this.#nextBlock > 0 && this.#loaded !== this.#nextBlock - 1) this.#load(this.#nextBlock - 1);
    this.#piece = tape.take();
    this.#clock = tape.take();
    this.#unfolded = tape.take();
    if (this.#loaded >= 0) this.#show(this.#unfolded === 1 ? this.#block.inOrder() : this.#cut);
  }

  next(batch: AccessBatch, nowNs: number): void {
    if (this.#startNs < 0) this.#startNs = nowNs;
    batch.phase = -1;
    if (!this.#ready()) {
      batch.kind = BatchKind.exit;
      return;
    }
    const beginClock = this.#clock + this.#cut.pieces.lead[this.#piece];
    const paced = this.#replay.spec.pace === 'clock';
    const dueNs = paced ? this.#dueNs(beginClock) : 0;
    if (dueNs - nowNs >= PAUSE_NS) {
      batch.kind = BatchKind.sleep;
      batch.untilNs = Math.floor(dueNs);
      return;
    }
    this.#clock = beginClock + this.#cut.pieces.elapsed[this.#piece];
    this.#piece++;
    this.#unfolded = 0;
    batch.kind = this.#block.outlined ? BatchKind.sums : BatchKind.runs;
    this.#fill(batch, this.#cut);
    batch.computePs = paced ? this.#spread(beginClock, nowNs) : this.#replay.spec.accessPs;
  }

  unfold(batch: AccessBatch): void {
    this.#unfolded = 1;
    batch.kind = BatchKind.runs;
    this.#fill(batch, this.#block.inOrder());
  }

  /** Have a block with pieces left; false at the end of the last pass. */
  #ready(): boolean {
    while (this.#piece >= this.#cut.pieces.nr) {
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
    this.#block.load(block);
    this.#cut = this.#block.first();
    this.#loaded = index;
    this.#piece = 0;
    this.#clock = block.header.firstClock;
    this.#place(block);
  }

  /** Where the pages of the block's dictionary lie. */
  #place(block: PlacedBlock): void {
    const { nrPages, pages } = this.#cut;
    const { runs } = this;
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

  /** The piece before `#piece`, of `cut`. */
  #fill(batch: AccessBatch, cut: CutBlock): void {
    const { begin } = cut.pieces;
    this.#show(cut);
    batch.runs = this.runs;
    batch.cursor = begin[this.#piece - 1];
    batch.end = begin[this.#piece];
    batch.remaining = batch.end - batch.cursor;
    batch.offset = 0;
  }

  #show({ refs, counts, spans }: CutBlock): void {
    this.runs.refs = refs;
    this.runs.counts = counts;
    this.runs.spans = spans;
  }

  /** Computing between accesses so that the piece before `#piece`, begun now, ends when the next one is due. */
  #spread(beginClock: number, nowNs: number): number {
    const leftPs = (this.#dueNs(this.#endClock(beginClock)) - nowNs) * PS_PER_NS;
    return Math.max(0, Math.floor(leftPs / this.#cut.pieces.accesses[this.#piece - 1]));
  }

  /** When the batch that began at `beginClock` is over: at the next run, but a pause is none of it. */
  #endClock(beginClock: number): number {
    const { lead, nr } = this.#cut.pieces;
    const next = this.#piece < nr ? this.#clock + lead[this.#piece] : this.#blocks[this.#nextBlock - 1].header.endClock;
    return Math.min(next, Math.max(this.#clock, beginClock + this.#trace.head.windowTicks));
  }

  #dueNs(clock: number): number {
    const { spec, firstClock, ticks } = this.#replay;
    return this.#startNs + ((clock - firstClock + this.#pass * ticks) * spec.tickPs) / PS_PER_NS;
  }
}

function empty(): RunList {
  const none = new Uint32Array(0);
  return { refs: none, counts: none, spans: none, region: none, page: none };
}
