import type { Prng, StateTape } from '@damonlab/base';
import type { AccessBatch } from '../access-program.js';
import { allPages } from '../touch.js';
import { BATCH_ACCESSES, type PageSource, pagesOf } from './page-source.js';
import type { PointerChaseSpec } from './spec.js';

/** All pages of the region in one random order, round and round. */
export class PointerChasePages implements PageSource {
  readonly pages: Uint32Array;
  #at = 0;

  constructor(spec: PointerChaseSpec, rng: Prng) {
    this.pages = shuffle(allPages(pagesOf(spec.bytes)), rng);
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

/** Fisher and Yates, in place. */
function shuffle(pages: Uint32Array, rng: Prng): Uint32Array {
  for (let i = pages.length - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    const page = pages[i] as number;
    pages[i] = pages[j] as number;
    pages[j] = page;
  }
  return pages;
}
