import { PTES_PER_PMD, RunError } from '@damonlab/base';

/** Looks at a claimed byte before the thread sleeps: an owner that runs is done sooner. */
const SPINS = 200;
/** One sleep, ms. */
const NAP_MS = 0.05;
/** Sleeps after which the owner must be gone: ten seconds. */
const MOST_NAPS = 200_000;
/** Nobody ever notifies this word: it is there to sleep on. */
const NEVER = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Who may change a page-table entry while other threads run: the owner of its claim byte. Where huge pages are mapped, the byte of a
 * window's first entry stands for all 512, because they change together. The split page-table lock of this machine; page walks read
 * without it (docs/concurrency.md).
 *
 * @kernel include/linux/mm.h pte_lockptr, pmd_lockptr (7.3, 6.12: what it guards, not how)
 */
export class Claims {
  /** Writers and readers: all threads, atomic compare and exchange, atomic store. 1: owned. */
  readonly #bytes: Uint8Array;
  readonly #windows: boolean;

  /** `bytes`: one per entry, shared. `windows`: whether any entry can be mapped by a PMD. */
  constructor(bytes: Uint8Array, windows: boolean) {
    this.#bytes = bytes;
    this.#windows = windows;
  }

  /** Own what changes together with `pte`. Returns what to `give` back. Not to be taken twice. @throws RunError if its owner is gone. */
  take(pte: number): number {
    const bytes = this.#bytes;
    const claim = this.#windows ? pte - (pte % PTES_PER_PMD) : pte;
    for (let tries = 0; Atomics.compareExchange(bytes, claim, 0, 1) !== 0; tries++) {
      if (tries < SPINS) continue;
      if (tries > SPINS + MOST_NAPS) throw new RunError(`page-table entry ${claim} stays claimed: the thread that owns it is gone`);
      Atomics.wait(NEVER, 0, 0, NAP_MS);
    }
    return claim;
  }

  /** Let go of it. */
  give(claim: number): void {
    Atomics.store(this.#bytes, claim, 0);
  }
}
