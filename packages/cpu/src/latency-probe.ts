import { latencyBucket } from './latency-buckets.js';

/** Where a probe counts; empty where nobody asks. */
export interface ProbeCounts {
  /** By bucket. */
  readonly latencies: Float64Array;
  /** By node: `CpuChannel.nodeLines`, `nodeTimed`, `nodePs`. */
  readonly lines: Float64Array;
  readonly timed: Float64Array;
  readonly ps: Float64Array;
}

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
  readonly #counts: ProbeCounts;

  /** `first`: which access is the first one, 1 to `every`. */
  constructor(every: number, first: number, counts: ProbeCounts) {
    this.left = first;
    this.#every = every;
    this.#counts = counts;
  }

  /** An access to node `nid` took `ps`, or it faulted: count it if it is its turn. */
  next(ps: number, faulted: boolean, nid: number, write: number): void {
    this.left--;
    if (this.left > 0) return;
    this.left = this.#every;
    this.moved(nid, this.#every, write);
    if (faulted) return;
    const { latencies, timed, ps: nodePs } = this.#counts;
    if (latencies.length > 0) latencies[latencyBucket(ps)]++;
    if (timed.length === 0) return;
    timed[nid]++;
    nodePs[nid] += ps;
  }

  /** So many accesses to node `nid` were made. */
  moved(nid: number, accesses: number, write: number): void {
    const { lines } = this.#counts;
    if (lines.length > 0) lines[nid] += accesses * (write === 1 ? LINES_OF_WRITE : LINES_OF_READ);
  }
}
