/** Folios of one batch. @kernel include/linux/pagevec.h PAGEVEC_SIZE (7.3, 6.12) */
export const LRU_ADD_BATCH = 31;

/** A set of entries. */
export interface PendingPages {
  readonly size: number;
  has(pte: number): boolean;
  add(pte: number): void;
  delete(pte: number): void;
}

/**
 * Pages that were just faulted in and are on no LRU list yet: each CPU collects them and puts a whole batch on the list
 * when it is full. Whoever ages pages by way of the LRU flag does not see them; the last pages that a program ever faults in
 * can stay so for as long as it runs.
 *
 * @kernel mm/swap.c folio_add_lru, folio_batch_add_and_move (7.3, 6.12)
 */
export class LruAddBatches {
  readonly #batches: { filled: number; readonly entries: number[] }[];
  readonly #pending: PendingPages;
  /** The page of an entry goes to an LRU list. */
  onListed: (pte: number) => void = () => {};

  /**
   * `filled`: by CPU, how many pages of other processes lie in its batch at the start, 0 to `LRU_ADD_BATCH` - 1. `pending`: where the
   * pages of all batches are kept; by default in this object.
   */
  constructor(filled: readonly number[], pending: PendingPages = new Set<number>()) {
    this.#pending = pending;
    this.#batches = filled.map((count) => ({ filled: count, entries: [] }));
  }

  /** CPU `cpu` has mapped a new anonymous page by `pte`. */
  add(cpu: number, pte: number): void {
    const batch = this.#batches[cpu];
    batch.entries.push(pte);
    this.#pending.add(pte);
    if (batch.filled + batch.entries.length === LRU_ADD_BATCH) this.drain(cpu);
  }

  /** Put the batch of `cpu` on the list; a large folio does that at once. */
  drain(cpu: number): void {
    const batch = this.#batches[cpu];
    for (const pte of batch.entries) {
      this.#pending.delete(pte);
      this.onListed(pte);
    }
    batch.entries.length = 0;
    batch.filled = 0;
  }

  /** Put the batches of all CPUs on the lists. @kernel mm/swap.c lru_add_drain_all */
  drainAll(): void {
    for (let cpu = 0; cpu < this.#batches.length; cpu++) this.drain(cpu);
  }

  /** Whether any page waits. */
  get empty(): boolean {
    return this.#pending.size === 0;
  }

  /** Whether the page that `pte` maps is on no LRU list yet. */
  has(pte: number): boolean {
    return this.#pending.has(pte);
  }
}
