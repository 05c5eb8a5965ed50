import { PAGE_BYTES, type Prng } from '@damonlab/base';
import { heapRegion } from '../address-space.js';
import { ArrayWalk, TABLE_NUMBERS } from '../array-walk.js';
import { allPages, type PageTouch } from '../touch.js';
import { MALLOC_HEADER_BYTES } from './plan.js';

/** masim keeps its random numbers as 64-bit integers on the heap, array after array. */
const NUMBER_BYTES = 8;
/** The table, the pointers to its arrays, and what malloc puts around them, in whole pages. */
export const TABLE_HEAP_BYTES = 2000 * PAGE_BYTES;

/**
 * masim's table of random numbers, drawn once and shared by all random patterns and selections of a thread. Only the
 * pages that the numbers lead to are kept: one list for each size of region.
 */
export class RandomTable {
  readonly walk: ArrayWalk;
  /** For each size: the page that each number of the table leads to, relative to the region's mapping. */
  readonly pages: readonly Uint32Array[];
  /** The heap pages that hold the table itself, to be touched as it is read. */
  readonly heap: PageTouch;

  /** Draws nothing from `rng` if `sizes` (bytes of the regions accessed at random) is empty. */
  constructor(sizes: readonly number[], nrDataRegions: number, rng: Prng) {
    this.walk = new ArrayWalk(rng);
    this.pages = sizes.map(() => new Uint32Array(TABLE_NUMBERS));
    this.heap = { region: heapRegion(nrDataRegions), write: 0, pages: allPages(TABLE_HEAP_BYTES / PAGE_BYTES) };
    if (sizes.length > 0) this.#draw(sizes, rng);
  }

  /** First heap page that holds numbers from index `number` on. */
  static heapPage(number: number): number {
    return Math.floor((number * NUMBER_BYTES) / PAGE_BYTES);
  }

  #draw(sizes: readonly number[], rng: Prng): void {
    for (let i = 0; i < TABLE_NUMBERS; i++) {
      const unit = rng.nextUnit();
      for (let s = 0; s < sizes.length; s++) {
        const offset = MALLOC_HEADER_BYTES + Math.floor(unit * (sizes[s] as number));
        (this.pages[s] as Uint32Array)[i] = Math.floor(offset / PAGE_BYTES);
      }
    }
  }
}
