import { PAGE_BYTES } from '@damonlab/base';
import type { TraceVma } from './meta.js';

/** Finds the region that a page lies in: regions are the mappings of a trace, sorted. */
export class RegionFinder {
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  #last = 0;

  constructor(vmas: readonly TraceVma[]) {
    this.#starts = Float64Array.from(vmas, (vma) => vma.start / PAGE_BYTES);
    this.#ends = Float64Array.from(vmas, (vma) => vma.end / PAGE_BYTES);
  }

  /** Index of the region with `page`, -1 if none has it. */
  find(page: number): number {
    if (page >= this.#starts[this.#last] && page < this.#ends[this.#last]) return this.#last;
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle] <= page) low = middle + 1;
      else high = middle;
    }
    if (low === this.#starts.length || this.#starts[low] > page) return -1;
    this.#last = low;
    return low;
  }

  /** First page of a region. */
  start(region: number): number {
    return this.#starts[region];
  }
}
