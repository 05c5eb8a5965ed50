import type { Shootdown } from '@damonlab/hint-faults';
import { SHOOTDOWN_LOG, type WallViews } from './layout.js';

/**
 * TLB shootdowns that nobody waits for: who changed an entry publishes its range under the next number, and each CPU reads on when it
 * comes to the end of a slice.
 *
 * @kernel arch/x86/mm/tlb.c inc_mm_tlb_gen, flush_tlb_func (7.3, 6.12: outline)
 */
export class ShootdownLog implements Shootdown {
  readonly #views: WallViews;

  constructor(views: WallViews) {
    this.#views = views;
  }

  drop(first: number, end: number): void {
    const { shootdownHead, shootdownRange, shootdownNumber } = this.#views;
    const number = Atomics.add(shootdownHead, 0, 1) + 1;
    const slot = number % SHOOTDOWN_LOG;
    shootdownRange[2 * slot] = first;
    shootdownRange[2 * slot + 1] = end;
    Atomics.store(shootdownNumber, slot, number);
  }
}

/** One CPU's place in the log. */
export class ShootdownReader {
  /** Last shootdown that was read. */
  last = 0;
  readonly #views: WallViews;

  constructor(views: WallViews) {
    this.#views = views;
  }

  /** Tell `drop` all that was published since, in order. False: so much was published that it is not all there any more. */
  read(drop: (first: number, end: number) => void): boolean {
    const { shootdownHead, shootdownRange, shootdownNumber } = this.#views;
    const head = Atomics.load(shootdownHead, 0);
    for (let number = this.last + 1; number <= head; number++) {
      const slot = number % SHOOTDOWN_LOG;
      const found = Atomics.load(shootdownNumber, slot);
      // Its number is drawn and not stored yet: it comes with the next look.
      if (found < number) return true;
      const first = shootdownRange[2 * slot];
      const end = shootdownRange[2 * slot + 1];
      if (found !== number || Atomics.load(shootdownNumber, slot) !== number) {
        this.last = head;
        return false;
      }
      drop(first, end);
      this.last = number;
    }
    return true;
  }
}
