import { PAGE_BYTES, type Prng } from '@damonlab/base';
import type { AccessBatch, RegionSpec } from '../access-program.js';
import { BATCH_ACCESSES, type PageSource, pagesOf } from './page-source.js';
import { shuffledPages } from './shuffled-pages.js';
import type { SharedPrivateSpec } from './spec.js';

/** Pages of the part that all threads share, and of the one that each thread has for itself. */
export function partPages(spec: SharedPrivateSpec, nrThreads: number): { readonly shared: number; readonly own: number } {
  const all = pagesOf(spec.bytes);
  const shared = Math.round(spec.sharedRatio * all);
  return { shared, own: Math.floor((all - shared) / nrThreads) };
}

/** The data regions: `shared` first, then `private-0`, `private-1`…; parts without pages are left out. */
export function sharedPrivateRegions(spec: SharedPrivateSpec, nrThreads: number): RegionSpec[] {
  const { shared, own } = partPages(spec, nrThreads);
  const region = (name: string, pages: number): RegionSpec[] =>
    pages === 0 ? [] : [{ name, role: 'data', bytes: pages * PAGE_BYTES, headerBytes: 0 }];
  return [...region('shared', shared), ...Array.from({ length: nrThreads }, (_, thread) => region(`private-${thread}`, own)).flat()];
}

/** Instruction time of an access of `thread`, whole ps. */
export function computePsOf({ computePs, speeds }: SharedPrivateSpec, thread: number): number {
  return Math.max(1, Math.round(computePs / (speeds[thread % speeds.length] as number)));
}

/**
 * Batches from a random page on, in an order of the part's pages that each thread has drawn for itself. So nothing is remembered
 * from batch to batch but the state of the random numbers, and in the long run all pages of a part are accessed alike.
 */
export class SharedPrivatePages implements PageSource {
  readonly #spec: SharedPrivateSpec;
  readonly #shared: Uint32Array;
  readonly #own: Uint32Array;
  readonly #ownRegion: number;
  readonly #rng: Prng;
  writeRatio = 0;

  constructor(spec: SharedPrivateSpec, nrThreads: number, thread: number, rng: Prng) {
    const { shared, own } = partPages(spec, nrThreads);
    this.#spec = spec;
    this.#shared = shuffledPages(shared, rng);
    this.#own = shuffledPages(own, rng);
    this.#ownRegion = thread + (shared > 0 ? 1 : 0);
    this.#rng = rng;
  }

  fill(batch: AccessBatch): void {
    const isShared = this.#rng.nextUnit() < this.#spec.sharedShare;
    const pages = isShared ? this.#shared : this.#own;
    this.writeRatio = isShared ? this.#spec.sharedWriteRatio : this.#spec.writeRatio;
    batch.region = isShared ? 0 : this.#ownRegion;
    batch.pages = pages;
    batch.begin = 0;
    batch.cursor = this.#rng.below(pages.length);
    batch.end = pages.length;
    batch.remaining = BATCH_ACCESSES;
  }
}
