import { latencyBucket } from './latency-buckets.js';

/**
 * The observer's stop-watch of one CPU: it counts how long one access in `every` takes, by bucket. It costs no virtual time, so what it
 * sees is what would have been. Accesses that fault are left to the coordinator, which alone knows how long they take.
 */
export class LatencyProbe {
  /** The next one is the so-manyth access from here, ≥ 1. */
  left: number;
  readonly #every: number;
  readonly #counts: Float64Array;

  /** `first`: which access is the first one, 1 to `every`. `counts`: by bucket. */
  constructor(every: number, first: number, counts: Float64Array) {
    this.left = first;
    this.#every = every;
    this.#counts = counts;
  }

  /** An access took `ps`, or it faulted: count it if it is its turn. */
  next(ps: number, faulted: boolean): void {
    this.left--;
    if (this.left > 0) return;
    this.left = this.#every;
    if (!faulted) this.#counts[latencyBucket(ps)]++;
  }
}
