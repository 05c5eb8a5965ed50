import { Mark, type RacingMemory } from '@damonlab/mm';
import { type HintFault, type HintFaultCounters, type HintFaultState, HintFaults, type Shootdown } from './hint-faults.js';
import type { SharingStrategy } from './strategy.js';

/** The counters of a user in the order in which threads publish them. */
export const HINT_FAULT_COUNTERS = [
  'armed',
  'lost_arms',
  'disarmed',
  'delivered',
  'misattributed',
  'stray',
  'lost_faults',
  'unmapped',
] as const satisfies readonly (keyof HintFaultCounters)[];

export interface RacingHintFaultsParts {
  readonly memory: RacingMemory;
  readonly shootdown: Shootdown;
  readonly strategy: SharingStrategy;
  readonly uninstallEvery: number;
  /** Shared with the other threads. */
  readonly state: HintFaultState;
  /**
   * By entry, 1: touched before it was armed, which the mark no longer says. Writers: who owns the claim byte sets; coordinator puts the
   * mark back and clears.
   */
  readonly touchedBefore: Uint8Array;
  /** What the other threads have counted for user `id`; the threads that only take faults need not know. */
  readonly others?: (id: number) => Readonly<HintFaultCounters>;
}

/**
 * Hinting faults as one of several threads arms and takes them while the others run: the same rules, each change of an entry under its
 * claim byte. Of several CPUs that touch an armed page the one that owns the byte first has the fault (docs/concurrency.md).
 */
export class RacingHintFaults extends HintFaults {
  /** Touches of armed pages that came second. */
  lostClaims = 0;
  readonly #parts: RacingHintFaultsParts;

  constructor(parts: RacingHintFaultsParts) {
    super(parts.memory, parts.shootdown, parts.strategy, parts.uninstallEvery, parts.state);
    this.#parts = parts;
  }

  override arm(id: number, pte: number): boolean {
    return this.#owning(pte, () => {
      const before = this.armed(pte);
      const done = super.arm(id, pte);
      // From here on a touched mark means a stale translation.
      if (done && !before) this.#putTouchedAside(pte);
      return done;
    });
  }

  override disarm(id: number, pte: number): boolean {
    return this.#owning(pte, () => super.disarm(id, pte));
  }

  override dispatch(fault: HintFault): boolean {
    return this.#owning(fault.pte, () => {
      // It may have moved since the walk.
      fault.pfn = this.#parts.memory.image.ptePfn[fault.pte];
      const mine = super.dispatch(fault);
      if (!mine) this.lostClaims++;
      return mine;
    });
  }

  /** What all threads have counted together. */
  override counters(id: number): Readonly<HintFaultCounters> {
    const own = super.counters(id);
    const others = this.#parts.others?.(id);
    if (others === undefined) return own;
    const sum = { ...own };
    for (const name of HINT_FAULT_COUNTERS) sum[name] += others[name];
    return sum;
  }

  /** Entries of [first, end) that are armed and were touched since: through translations that should be gone. Counts each touch once. */
  staleTouches(first: number, end: number): number {
    const { marks8 } = this.#parts.memory.image;
    let stale = 0;
    for (let pte = first; pte < end; pte++) {
      if (!this.armed(pte) || marks8[4 * pte + Mark.touched] === 0) continue;
      if (Atomics.compareExchange(marks8, 4 * pte + Mark.touched, 1, 0) === 0) continue;
      this.#parts.touchedBefore[pte] = 1;
      stale++;
    }
    return stale;
  }

  #putTouchedAside(pte: number): void {
    const { memory, touchedBefore } = this.#parts;
    const { first, end } = memory.extent(pte);
    for (let i = first; i < end; i++) {
      if (Atomics.exchange(memory.image.marks8, 4 * i + Mark.touched, 0) === 1) touchedBefore[i] = 1;
    }
  }

  #owning<T>(pte: number, use: () => T): T {
    const { claims } = this.#parts.memory;
    const claim = claims.take(pte);
    try {
      return use();
    } finally {
      claims.give(claim);
    }
  }
}
