import type { TlbConfig } from '../config.js';

interface Entry {
  readonly page: number;
  dirty: boolean;
}

/** One array of a TLB, slow and obvious: sets of slots that are filled in turn, so the oldest entry goes first. */
class ReferenceArray {
  readonly #sets: (Entry | undefined)[][] = [];
  readonly #next: number[] = [];
  readonly #nrSets: number;
  readonly #ways: number;

  /** `ways` Infinity: nothing is ever pushed out. */
  constructor(nrSets: number, ways: number) {
    this.#nrSets = nrSets;
    this.#ways = ways;
    this.flush();
  }

  /** True when the access needs no page walk. A write through an entry that is not known as dirty needs one, to set Dirty. */
  access(page: number, write: boolean): boolean {
    const set = page % this.#nrSets;
    const entry = this.#sets[set].find((e) => e?.page === page);
    if (entry === undefined) {
      this.#sets[set][this.#next[set]] = { page, dirty: write };
      this.#next[set] = (this.#next[set] + 1) % this.#ways;
      return false;
    }
    if (!write || entry.dirty) return true;
    entry.dirty = true;
    return false;
  }

  flush(): void {
    for (let set = 0; set < this.#nrSets; set++) {
      this.#sets[set] = [];
      this.#next[set] = 0;
    }
  }

  forget(first: number, end: number): void {
    for (const set of this.#sets) {
      set.forEach((entry, slot) => {
        if (entry !== undefined && entry.page >= first && entry.page < end) set[slot] = undefined;
      });
    }
  }

  /** As `TlbArray.residents`, of all pages. */
  residents(): { page: number; age: number; dirty: boolean }[] {
    const found = this.#sets.flatMap((set, s) =>
      set.flatMap((entry, slot) => (entry === undefined ? [] : [{ ...entry, age: this.#ageOf(s, slot) }])),
    );
    return found.sort((a, b) => a.page - b.page);
  }

  #ageOf(set: number, slot: number): number {
    if (this.#ways === Number.POSITIVE_INFINITY) return 0;
    return (this.#next[set] - 1 - slot + 2 * this.#ways) % this.#ways;
  }
}

/** The TLB of one CPU, as `Tlb` should behave. */
export class ReferenceTlb {
  readonly small: ReferenceArray;
  readonly huge: ReferenceArray;
  readonly #asids: number;
  /** Address spaces with translations, the one used longest ago first. */
  #held: number[] = [];
  #current: number | undefined;

  constructor(config: Exclude<TlbConfig, { kind: 'off' }>) {
    const finite = config.kind === 'finite';
    this.small = finite ? new ReferenceArray(config.entries / config.ways, config.ways) : new ReferenceArray(1, Number.POSITIVE_INFINITY);
    this.huge = finite
      ? new ReferenceArray(config.hugeEntries / config.hugeWays, config.hugeWays)
      : new ReferenceArray(1, Number.POSITIVE_INFINITY);
    this.#asids = config.asids;
  }

  switchTo(id: number, forget: (id: number) => void): void {
    if (id === this.#current) return;
    this.#current = id;
    if (this.#asids === 0) {
      this.small.flush();
      this.huge.flush();
      return;
    }
    this.#held = this.#held.filter((held) => held !== id);
    for (const victim of this.#held.splice(0, this.#held.length + 1 - this.#asids)) forget(victim);
    this.#held.push(id);
  }
}
