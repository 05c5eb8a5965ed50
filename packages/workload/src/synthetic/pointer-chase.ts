import type { Prng, StateTape } from '@damonlab/base';
import type { AccessBatch } from '../access-program.js';
import { BATCH_ACCESSES, type PageSource, pagesOf } from './page-source.js';
import { shuffledPages } from './shuffled-pages.js';
import type { PointerChaseSpec } from './spec.js';

/** All pages of the region in one random order, round and round. */
export class PointerChasePages implements PageSource {
  readonly pages: Uint32Array;
  #at = 0;

  constructor(spec: PointerChaseSpec, rng: Prng) {
    this.pages = shuffledPages(pagesOf(spec.bytes), rng);
  }

  fill(batch: AccessBatch): void {
    const nrPages = this.pages.length;
    batch.pages = this.pages;
    batch.begin = 0;
    batch.cursor = this.#at;
    batch.end = nrPages;
    batch.remaining = BATCH_ACCESSES;
    this.#at = (this.#at + BATCH_ACCESSES) % nrPages;
  }

  save(tape: StateTape): void {
    tape.put(this.#at);
  }

  restore(tape: StateTape): void {
    this.#at = tape.take();
  }
}
