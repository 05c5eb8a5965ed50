import type { DecodedBlock } from './block-codec.js';

/** A piece ends after so many runs even if the clock stands still. */
const PIECE_RUNS = 1024;
/** `full`: a piece spans so many ticks at most, so that accesses come when they are due. */
const PIECE_TICKS = 10_000;

/** A block cut to pieces, of runs or of sums. */
export interface CutBlock {
  readonly nrPages: number;
  readonly pages: Float64Array;
  readonly refs: Uint32Array;
  readonly counts: Uint32Array;
  readonly spans: Uint32Array;
  readonly pieces: Pieces;
}

/** How a block of accesses is cut to be run again: each piece is a batch, its accesses spread over its time evenly. */
export class Pieces {
  nr = 0;
  /** Where each piece begins in the runs of its block; behind the last one, where it ends. */
  begin = new Uint32Array(1);
  /** Ticks from the last run before (at first: from the block's `firstClock`) to the first run of the piece. */
  lead = new Float64Array(0);
  /** Ticks from the first run of the piece to its last. */
  elapsed = new Float64Array(0);
  /** Accesses of the piece. */
  accesses = new Float64Array(0);

  /** Windows of a trace of pages, or stretches of a `full` one. */
  cut({ ticks, counts, spans, nrRecords }: DecodedBlock, full: boolean): void {
    this.clear();
    for (let begin = 0; begin < nrRecords; ) {
      const most = Math.min(nrRecords, begin + PIECE_RUNS);
      let end = begin + 1;
      let elapsed = 0;
      let accesses = counts[begin] * spans[begin];
      while (end < most && (full ? elapsed + ticks[end] <= PIECE_TICKS : ticks[end] === 0)) {
        elapsed += ticks[end];
        accesses += counts[end] * spans[end];
        end++;
      }
      this.add(end, ticks[begin], elapsed, accesses);
      begin = end;
    }
  }

  clear(): void {
    this.nr = 0;
  }

  /** One more piece, of the runs up to `end`. */
  add(end: number, lead: number, elapsed: number, accesses: number): void {
    if (this.nr === this.lead.length) this.#grow();
    this.lead[this.nr] = lead;
    this.elapsed[this.nr] = elapsed;
    this.accesses[this.nr] = accesses;
    this.begin[++this.nr] = end;
  }

  #grow(): void {
    const size = 2 * this.nr + 64;
    this.begin = enlarged(this.begin, new Uint32Array(size + 1));
    this.lead = enlarged(this.lead, new Float64Array(size));
    this.elapsed = enlarged(this.elapsed, new Float64Array(size));
    this.accesses = enlarged(this.accesses, new Float64Array(size));
  }
}

function enlarged<A extends Uint32Array | Float64Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
