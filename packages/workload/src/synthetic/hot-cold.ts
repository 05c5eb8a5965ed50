import type { Prng, StateTape } from '@damonlab/base';
import type { AccessBatch } from '../access-program.js';
import { ARRAY_NUMBERS, ArrayWalk, NR_ARRAYS, TABLE_NUMBERS } from '../array-walk.js';
import { type PageSource, pagesOf } from './page-source.js';
import type { HotColdSpec } from './spec.js';

/**
 * Hot and cold pages drawn beforehand around a hot range that begins at page 0. When the hot range drifts, all draws
 * shift by the same number of pages (around the end of the region), each array when it is next entered.
 */
export class HotColdPages implements PageSource {
  readonly pages: Uint32Array;
  readonly #nrPages: number;
  readonly #hotPages: number;
  readonly #driftNs: number;
  readonly #walk: ArrayWalk;
  /** First hot page that each array was last shifted to. */
  readonly #hotStart = new Float64Array(NR_ARRAYS);

  constructor(spec: HotColdSpec, rng: Prng) {
    this.#nrPages = pagesOf(spec.bytes);
    this.#hotPages = Math.min(this.#nrPages, Math.max(1, Math.round(spec.hotRatio * this.#nrPages)));
    this.#driftNs = spec.driftNs;
    this.#walk = new ArrayWalk(rng);
    const hot = this.#hotPages;
    const cold = this.#nrPages - hot;
    this.pages = Uint32Array.from({ length: TABLE_NUMBERS }, () => {
      const isHot = rng.nextUnit() < spec.hotShare || cold === 0;
      return isHot ? rng.below(hot) : hot + rng.below(cold);
    });
  }

  fill(batch: AccessBatch, elapsedNs: number): void {
    const begin = this.#walk.seek();
    const count = this.#walk.left;
    this.#drift(begin / ARRAY_NUMBERS, elapsedNs);
    batch.pages = this.pages;
    batch.begin = begin;
    batch.cursor = begin;
    batch.end = begin + count;
    batch.remaining = count;
    this.#walk.skip(count);
  }

  save(tape: StateTape): void {
    this.#walk.save(tape);
    tape.put(this.#hotStart[this.#walk.array] as number);
  }

  /** Other arrays are shifted when they are next entered, from wherever they stand. */
  restore(tape: StateTape): void {
    this.#walk.restore(tape);
    this.#shiftTo(this.#walk.array, tape.take());
  }

  #drift(array: number, elapsedNs: number): void {
    if (this.#driftNs === 0) return;
    this.#shiftTo(array, (Math.floor(elapsedNs / this.#driftNs) * this.#hotPages) % this.#nrPages);
  }

  #shiftTo(array: number, hotStart: number): void {
    const nrPages = this.#nrPages;
    const shift = (hotStart - (this.#hotStart[array] as number) + nrPages) % nrPages;
    if (shift === 0) return;
    this.#hotStart[array] = hotStart;
    const { pages } = this;
    const end = (array + 1) * ARRAY_NUMBERS;
    for (let i = array * ARRAY_NUMBERS; i < end; i++) {
      const page = (pages[i] as number) + shift;
      pages[i] = page < nrPages ? page : page - nrPages;
    }
  }
}
