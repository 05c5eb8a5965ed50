import type { Prng, StateTape } from '@damonlab/base';
import type { AccessBatch } from '../access-program.js';
import { ArrayWalk, TABLE_NUMBERS } from '../array-walk.js';
import { type PageSource, pagesOf } from './page-source.js';
import { Scatter } from './scatter.js';
import type { ZipfSpec } from './spec.js';
import { ZipfSampler } from './zipf-sampler.js';

/**
 * Zipf: a million draws made beforehand, walked as masim walks its random numbers. `layout` scatters the ranks over the
 * region (the same for all threads), `rng` draws. In a region of many pages the rarest ones are never drawn.
 */
export class ZipfPages implements PageSource {
  readonly pages: Uint32Array;
  readonly #walk: ArrayWalk;

  constructor(spec: ZipfSpec, layout: Prng, rng: Prng) {
    const nrPages = pagesOf(spec.bytes);
    const sampler = new ZipfSampler(nrPages, spec.theta);
    const place = placesOf(nrPages, layout);
    this.#walk = new ArrayWalk(rng);
    this.pages = new Uint32Array(TABLE_NUMBERS);
    // Twice as fast as `from` with a callback, and most of what a short run with a Zipf pattern costs.
    for (let i = 0; i < TABLE_NUMBERS; i++) this.pages[i] = place(sampler.draw(rng));
  }

  fill(batch: AccessBatch): void {
    const begin = this.#walk.seek();
    const count = this.#walk.left;
    batch.pages = this.pages;
    batch.begin = begin;
    batch.cursor = begin;
    batch.end = begin + count;
    batch.remaining = count;
    this.#walk.skip(count);
  }

  save(tape: StateTape): void {
    this.#walk.save(tape);
  }

  restore(tape: StateTape): void {
    this.#walk.restore(tape);
  }
}

/** Where each rank lies: looked up where that is less work than to scatter every draw. */
function placesOf(nrPages: number, layout: Prng): (rank: number) => number {
  const scatter = new Scatter(nrPages, layout);
  if (nrPages > TABLE_NUMBERS) return (rank) => scatter.at(rank);
  const places = Uint32Array.from({ length: nrPages }, (_, rank) => scatter.at(rank));
  return (rank) => places[rank] as number;
}
