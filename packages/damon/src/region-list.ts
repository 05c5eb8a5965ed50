import { assert } from '@damonlab/base';

/**
 * The regions of one monitoring target: sorted, non-overlapping, half-open `[start, end)` byte ranges with their
 * counters, as a structure of arrays. Order in the arrays is address order.
 *
 * @kernel include/linux/damon.h struct damon_region
 */
export class RegionList {
  /** Number of regions; only indexes below it mean anything. */
  length = 0;
  start: Float64Array;
  end: Float64Array;
  /** Byte address sampled last. */
  samplingAddr: Float64Array;
  nrAccesses: Uint32Array;
  lastNrAccesses: Uint32Array;
  /** In aggregation intervals. */
  age: Uint32Array;
  /** 6.12 only: the incrementally kept moving sum in 1/10000 accesses. */
  nrAccessesBp: Uint32Array;

  constructor(capacity = 64) {
    this.start = new Float64Array(capacity);
    this.end = new Float64Array(capacity);
    this.samplingAddr = new Float64Array(capacity);
    this.nrAccesses = new Uint32Array(capacity);
    this.lastNrAccesses = new Uint32Array(capacity);
    this.age = new Uint32Array(capacity);
    this.nrAccessesBp = new Uint32Array(capacity);
  }

  /** Make room for `capacity` regions; contents stay. */
  reserve(capacity: number): void {
    if (capacity <= this.start.length) return;
    const size = Math.max(capacity, 2 * this.start.length);
    this.start = grown(this.start, new Float64Array(size));
    this.end = grown(this.end, new Float64Array(size));
    this.samplingAddr = grown(this.samplingAddr, new Float64Array(size));
    this.nrAccesses = grown(this.nrAccesses, new Uint32Array(size));
    this.lastNrAccesses = grown(this.lastNrAccesses, new Uint32Array(size));
    this.age = grown(this.age, new Uint32Array(size));
    this.nrAccessesBp = grown(this.nrAccessesBp, new Uint32Array(size));
  }

  /** Append a fresh region (all counters 0) that starts at or after the end of the last one. @kernel damon_new_region */
  append(start: number, end: number): void {
    assert(start < end, `region [${start}, ${end}) is empty`);
    assert(this.length === 0 || this.end[this.length - 1] <= start, `region at ${start} overlaps the one before`);
    this.reserve(this.length + 1);
    const i = this.length++;
    this.start[i] = start;
    this.end[i] = end;
    this.samplingAddr[i] = start;
    this.nrAccesses[i] = 0;
    this.lastNrAccesses[i] = 0;
    this.age[i] = 0;
    this.nrAccessesBp[i] = 0;
  }

  /** Sum of all sizes in bytes. */
  totalBytes(): number {
    let total = 0;
    for (let i = 0; i < this.length; i++) total += this.end[i] - this.start[i];
    return total;
  }
}

function grown<A extends Float64Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
