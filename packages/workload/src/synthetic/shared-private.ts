import { PAGE_BYTES, type Prng } from '@damonlab/base';
import type { AccessBatch, RegionSpec } from '../access-program.js';
import type { ThreadOf } from '../address-space.js';
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
  /** The shared part in its order, then the thread's own. */
  readonly pages: Uint32Array;
  writeRatio = 0;
  readonly #spec: SharedPrivateSpec;
  readonly #nrShared: number;
  readonly #ownRegion: number;
  readonly #rng: Prng;

  constructor(spec: SharedPrivateSpec, { index, nrThreads }: ThreadOf, rng: Prng) {
    const { shared, own } = partPages(spec, nrThreads);
    this.pages = new Uint32Array(shared + own);
    this.pages.set(shuffledPages(shared, rng));
    this.pages.set(shuffledPages(own, rng), shared);
    this.#spec = spec;
    this.#nrShared = shared;
    this.#ownRegion = index + (shared > 0 ? 1 : 0);
    this.#rng = rng;
  }

  fill(batch: AccessBatch): void {
    const isShared = this.#rng.nextUnit() < this.#spec.sharedShare;
    this.writeRatio = isShared ? this.#spec.sharedWriteRatio : this.#spec.writeRatio;
    batch.region = isShared ? 0 : this.#ownRegion;
    batch.pages = this.pages;
    batch.begin = isShared ? 0 : this.#nrShared;
    batch.end = isShared ? this.#nrShared : this.pages.length;
    batch.cursor = batch.begin + this.#rng.below(batch.end - batch.begin);
    batch.remaining = BATCH_ACCESSES;
  }

  save(): void {}

  restore(): void {}
}
