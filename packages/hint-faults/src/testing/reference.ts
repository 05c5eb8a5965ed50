import type { HintFaultCounters } from '../hint-faults.js';
import { exclusive, type SharingStrategy } from '../strategy.js';

type Counters = { -readonly [Name in keyof HintFaultCounters]: number };

/** Who gets a fault and why, written down as sets: slow, and with nothing in common with the bits of the real thing. */
export class Reference {
  readonly counters: Counters[];
  readonly active = new Set<number>();
  orphans = 0;
  readonly #strategy: SharingStrategy;
  readonly #mapped: readonly boolean[];
  /** By unit: who armed it. Empty: not armed. */
  readonly #armers: Set<number>[];

  constructor(strategy: SharingStrategy, users: number, mapped: readonly boolean[]) {
    this.#strategy = strategy;
    this.#mapped = mapped;
    this.#armers = mapped.map(() => new Set());
    this.counters = Array.from({ length: users }, () => {
      return { armed: 0, lost_arms: 0, disarmed: 0, delivered: 0, misattributed: 0, stray: 0, lost_faults: 0, unmapped: 0 };
    });
  }

  armers(unit: number): ReadonlySet<number> {
    return this.#armers[unit];
  }

  armsOf(user: number): number[] {
    return this.#armers.flatMap((armers, unit) => (armers.has(user) ? [unit] : []));
  }

  mayArm(user: number): boolean {
    return this.active.has(user);
  }

  /** Who stands in the way of `user`; null: nobody does. */
  owner(user: number): number | null {
    const others = [...this.active].filter((other) => other !== user);
    return exclusive(this.#strategy) && others.length > 0 ? others[0] : null;
  }

  arm(user: number, unit: number): { took: boolean; shootdown: boolean } {
    const armers = this.#armers[unit];
    const nobody = { took: false, shootdown: false };
    if (!this.mayArm(user) || !this.#mapped[unit]) return nobody;
    const fresh = armers.size === 0;
    if (!fresh && (this.#strategy !== 'tagged' || armers.has(user))) {
      if (!armers.has(user)) this.counters[user].lost_arms++;
      return nobody;
    }
    armers.add(user);
    this.counters[user].armed++;
    return { took: true, shootdown: fresh };
  }

  disarm(user: number, unit: number): boolean {
    const had = this.#armers[unit].delete(user);
    if (had) this.counters[user].disarmed++;
    return had;
  }

  /** Who is told of a touch; null: it is no fault. */
  touch(unit: number): number[] | null {
    const armers = this.#armers[unit];
    if (armers.size === 0) return null;
    const told = this.counters.map((_, user) => user).filter((user) => this.#isTold(user, armers));
    this.counters.forEach((counters, user) => {
      if (told.includes(user)) {
        counters.delivered++;
        if (!armers.has(user)) counters.misattributed++;
        if (![...armers].some((armer) => this.active.has(armer))) counters.stray++;
      } else if (armers.has(user)) counters.lost_faults++;
    });
    armers.clear();
    if (told.length === 0) this.orphans++;
    return told;
  }

  #isTold(user: number, armers: ReadonlySet<number>): boolean {
    if (!this.active.has(user)) return false;
    return this.#strategy === 'tagged' ? armers.has(user) : true;
  }
}
