import { assert } from '@damonlab/base';

/**
 * The regions of one monitoring target: sorted, non-overlapping, half-open `[start, end)` byte ranges with their
 * counters, as a structure of arrays. Order in the arrays is address order. The arrays are replaced when the list
 * grows or is swapped: hold the list, not its arrays.
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
    const i = this.#push(start, end);
    this.nrAccesses[i] = 0;
    this.lastNrAccesses[i] = 0;
    this.age[i] = 0;
    this.nrAccessesBp[i] = 0;
  }

  /** Append `[start, end)` with the counters of region `index` of `from`. */
  appendCopy(from: RegionList, index: number, start: number, end: number): void {
    const i = this.#push(start, end);
    this.nrAccesses[i] = from.nrAccesses[index];
    this.lastNrAccesses[i] = from.lastNrAccesses[index];
    this.age[i] = from.age[index];
    this.nrAccessesBp[i] = from.nrAccessesBp[index];
  }

  /** Overwrite region `to` with a copy of region `from` of this list. */
  copyRegion(from: number, to: number): void {
    this.start[to] = this.start[from];
    this.end[to] = this.end[from];
    this.samplingAddr[to] = this.samplingAddr[from];
    this.nrAccesses[to] = this.nrAccesses[from];
    this.lastNrAccesses[to] = this.lastNrAccesses[from];
    this.age[to] = this.age[from];
    this.nrAccessesBp[to] = this.nrAccessesBp[from];
  }

  /**
   * Cut region `index` after `bytes`, 0 < bytes < size: both parts keep all counters. Costs as much as regions follow it.
   * @kernel mm/damon/core.c damon_split_region_at
   */
  splitAt(index: number, bytes: number): void {
    const cut = this.start[index] + bytes;
    assert(bytes > 0 && cut < this.end[index], 'a split leaves bytes on both sides');
    this.reserve(this.length + 1);
    for (let i = this.length++; i > index; i--) this.copyRegion(i - 1, i);
    this.end[index] = cut;
    this.start[index + 1] = cut;
  }

  /** Exchange all contents with `other`: whoever holds this list sees the new regions. */
  swap(other: RegionList): void {
    [this.length, other.length] = [other.length, this.length];
    [this.start, other.start] = [other.start, this.start];
    [this.end, other.end] = [other.end, this.end];
    [this.samplingAddr, other.samplingAddr] = [other.samplingAddr, this.samplingAddr];
    [this.nrAccesses, other.nrAccesses] = [other.nrAccesses, this.nrAccesses];
    [this.lastNrAccesses, other.lastNrAccesses] = [other.lastNrAccesses, this.lastNrAccesses];
    [this.age, other.age] = [other.age, this.age];
    [this.nrAccessesBp, other.nrAccessesBp] = [other.nrAccessesBp, this.nrAccessesBp];
  }

  /** Sum of all sizes in bytes. */
  totalBytes(): number {
    let total = 0;
    for (let i = 0; i < this.length; i++) total += this.end[i] - this.start[i];
    return total;
  }

  /** Append a region whose counters are still to be set; returns its index. */
  #push(start: number, end: number): number {
    assert(start < end, 'a region is not empty');
    assert(this.length === 0 || this.end[this.length - 1] <= start, 'a region starts at or after the end of the one before');
    this.reserve(this.length + 1);
    const i = this.length++;
    this.start[i] = start;
    this.end[i] = end;
    this.samplingAddr[i] = start;
    return i;
  }
}

function grown<A extends Float64Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
