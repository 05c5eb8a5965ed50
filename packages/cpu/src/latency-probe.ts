import { latencyBucket } from './latency-buckets.js';

/** An access moves a line, a write that misses the caches two: one to own it, one to write it back. */
const LINES_OF_READ = 1;
const LINES_OF_WRITE = 2;

/**
 * The observer's stop-watch of one CPU: it counts how long one access in `every` takes, by bucket, and which node moves lines for it. It
 * costs no virtual time, so what it sees is what would have been. How long accesses that fault take is left to the coordinator, which alone
 * knows.
 */
export class LatencyProbe {
  /** The next one is the so-manyth access from here, ≥ 1. */
  left: number;
  readonly #every: number;
  readonly #counts: Float64Array;
  readonly #lines: Float64Array;

  /** `first`: which access is the first one, 1 to `every`. `counts`: by bucket, `lines`: by node; empty where nobody asks. */
  constructor(every: number, first: number, counts: Float64Array, lines: Float64Array) {
    this.left = first;
    this.#every = every;
    this.#counts = counts;
    this.#lines = lines;
  }

  /** An access to node `nid` took `ps`, or it faulted: count it if it is its turn. */
  next(ps: number, faulted: boolean, nid: number, write: number): void {
    this.left--;
    if (this.left > 0) return;
    this.left = this.#every;
    this.moved(nid, this.#every, write);
    if (!faulted && this.#counts.length > 0) this.#counts[latencyBucket(ps)]++;
  }

  /** So many accesses to node `nid` were made. */
  moved(nid: number, accesses: number, write: number): void {
    if (this.#lines.length > 0) this.#lines[nid] += accesses * (write === 1 ? LINES_OF_WRITE : LINES_OF_READ);
  }
}
