import { assert, UserError } from '@damonlab/base';
import type { TlbConfig } from './config.js';

/** One array of the TLB: translations of one page size. */
interface TlbGeometry {
  readonly sets: number;
  readonly ways: number;
  /** 1: an insertion pushes the oldest of its set out. 0: nothing is ever pushed out. */
  readonly push: 0 | 1;
}

/** Rebase long before the counters (shifted by one for the dirty bit) could overflow an Int32. */
const REBASE_AT = 2 ** 29;

/**
 * A set-associative TLB with first-in-first-out sets, kept as stamps instead of tags: `inserted[set]` counts insertions,
 * `stamp[page]` is that count right after the page went in, shifted left, bit 0 = the entry knows the page as dirty. A page is
 * resident iff fewer than `ways` insertions followed its own. Lookup is two loads, insertion two stores, a flush one
 * addition per set; there is no victim to find and no state that a hit changes.
 */
export class TlbArray {
  readonly stamp: Int32Array;
  readonly inserted: Int32Array;
  readonly setMask: number;
  readonly ways: number;
  readonly push: 0 | 1;

  /** `nrPages`: pages (or 2 MiB windows) that can ever be asked for. */
  constructor(nrPages: number, geometry: TlbGeometry) {
    this.stamp = new Int32Array(nrPages);
    this.setMask = geometry.sets - 1;
    this.ways = geometry.ways;
    this.push = geometry.push;
    // Stamp 0 must mean "absent": start `ways` insertions ahead of it.
    this.inserted = new Int32Array(geometry.sets).fill(geometry.ways);
  }

  /** Whether `page` is resident, for a write (`write` 1) also known as dirty. */
  hit(page: number, write: number): boolean {
    const stamp = this.stamp[page];
    return this.inserted[page & this.setMask] - (stamp >> 1) < this.ways && (stamp & write) === write;
  }

  /** Insert `page`, or note that a resident page is now dirty. */
  fill(page: number, write: number): void {
    const stamp = this.stamp[page];
    const set = page & this.setMask;
    if (this.inserted[set] - (stamp >> 1) < this.ways) {
      this.stamp[page] = stamp | write;
      return;
    }
    this.inserted[set] += this.push;
    this.stamp[page] = (this.inserted[set] << 1) | write;
  }

  /** Before a run of insertions: no counter may overflow within the next 2^29 of them. */
  makeRoom(): void {
    for (let set = 0; set <= this.setMask; set++) {
      if (this.inserted[set] >= REBASE_AT) {
        this.#rebase();
        return;
      }
    }
  }

  /** Drop one translation. @kernel flush_tlb_page */
  invalidate(page: number): void {
    this.stamp[page] = 0;
  }

  /** Drop everything. */
  flush(): void {
    for (let set = 0; set <= this.setMask; set++) this.inserted[set] += this.ways;
    this.makeRoom();
  }

  /** Drop the translations of pages [first, end). */
  flushRange(first: number, end: number): void {
    this.stamp.fill(0, first, end);
  }

  /** Resident pages of [first, end), oldest insertion of their set first, for tests and checks. */
  residents(first: number, end: number): { page: number; age: number; dirty: boolean }[] {
    const found = [];
    for (let page = first; page < end; page++) {
      const age = this.inserted[page & this.setMask] - (this.stamp[page] >> 1);
      if (age < this.ways) found.push({ page, age, dirty: (this.stamp[page] & 1) === 1 });
    }
    return found;
  }

  /** Count insertions from the start again; ages of residents stay. */
  #rebase(): void {
    const { stamp, inserted, ways, setMask } = this;
    for (let page = 0; page < stamp.length; page++) {
      if (stamp[page] === 0) continue;
      const age = inserted[page & setMask] - (stamp[page] >> 1);
      stamp[page] = age < ways ? ((2 * ways - age) << 1) | (stamp[page] & 1) : 0;
    }
    inserted.fill(2 * ways);
  }
}

/** Both arrays of one CPU's TLB and the address spaces that they hold. */
export class Tlb {
  readonly small: TlbArray;
  readonly huge: TlbArray;
  readonly #asids: number;
  /** Address spaces with an ASID, the one used longest ago first. */
  readonly #held: number[] = [];
  #current = -1;

  constructor(config: Exclude<TlbConfig, { kind: 'off' }>, nrPtes: number, nrPmds: number) {
    this.small = new TlbArray(nrPtes, config.kind === 'finite' ? geometry(config.entries, config.ways, 'entries') : INFINITE);
    this.huge = new TlbArray(nrPmds, config.kind === 'finite' ? geometry(config.hugeEntries, config.hugeWays, 'huge_entries') : INFINITE);
    this.#asids = config.asids;
  }

  /** Before a round: see `TlbArray.makeRoom`. */
  makeRoom(): void {
    this.small.makeRoom();
    this.huge.makeRoom();
  }

  /**
   * Switch to address space `id`; `forget` drops the translations of an address space that loses its ASID.
   * Kernel threads switch no address space. @kernel arch/x86/mm/tlb.c choose_new_asid (7.3, 6.12)
   */
  switchTo(id: number, forget: (id: number) => void): void {
    if (id === this.#current) return;
    this.#current = id;
    if (this.#asids === 0) {
      this.small.flush();
      this.huge.flush();
      return;
    }
    const at = this.#held.indexOf(id);
    if (at >= 0) this.#held.splice(at, 1);
    else if (this.#held.length === this.#asids) {
      const victim = this.#held.shift();
      assert(victim !== undefined, 'a full ASID list has a first entry');
      forget(victim);
    }
    this.#held.push(id);
  }
}

const INFINITE: TlbGeometry = { sets: 1, ways: 1, push: 0 };

function geometry(entries: number, ways: number, key: string): TlbGeometry {
  const sets = entries / ways;
  if (!Number.isInteger(sets) || sets < 1 || (sets & (sets - 1)) !== 0) {
    throw new UserError('impossible TLB geometry', {
      where: `tlb.${key}`,
      expected: 'entries = ways × a power of two',
      actual: `${entries} entries in ${ways} ways (${sets} sets)`,
    });
  }
  return { sets, ways, push: 1 };
}
