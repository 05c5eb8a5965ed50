/** Swap space, and what is remembered of each page that was taken out of memory. */
export class Swap {
  /** Free slots, base pages. */
  free: number;
  /** By entry: 0 for what is in memory or was never there, else the node that it was on, plus 1. */
  readonly #where: Uint8Array;
  /** By entry: the age of the node when the page left. */
  readonly #ages: Uint32Array;
  /** By node: evictions and activations so far. @kernel struct lruvec nonresident_age */
  readonly #age: Float64Array;

  constructor(slots: number, nrPtes: number, nrNodes: number) {
    this.free = slots;
    this.#where = new Uint8Array(nrPtes);
    this.#ages = new Uint32Array(nrPtes);
    this.#age = new Float64Array(nrNodes);
  }

  /** The node that the page of `pte` was on when it was taken out of memory; -1: it was not. */
  nidOf(pte: number): number {
    return this.#where[pte] - 1;
  }

  /** The page of `pte` leaves node `nid`. What lies in a file needs no slot. @kernel mm/workingset.c workingset_eviction (7.3, 6.12) */
  leave(pte: number, nid: number, file: boolean): void {
    this.#where[pte] = nid + 1;
    this.#ages[pte] = this.#age[nid];
    this.grow(nid, 1);
    if (!file) this.free--;
  }

  /**
   * The page of `pte` is wanted again.
   * @kernel mm/workingset.c workingset_test_recent: the refault distance (7.3, 6.12)
   * @returns pages that left, or became active on, its old node in between.
   */
  comeBack(pte: number, file: boolean): number {
    const distance = (this.#age[this.nidOf(pte)] - this.#ages[pte]) % 2 ** 32;
    this.drop(pte, file);
    return distance;
  }

  /** Nobody wants the page of `pte` any more. */
  drop(pte: number, file: boolean): void {
    if (this.#where[pte] === 0) return;
    this.#where[pte] = 0;
    if (!file) this.free++;
  }

  /** @kernel mm/workingset.c workingset_age_nonresident (7.3, 6.12) */
  grow(nid: number, pages: number): void {
    this.#age[nid] += pages;
  }
}
