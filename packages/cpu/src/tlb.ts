import { assert, PTES_PER_PMD, UserError } from '@damonlab/base';
import type { TlbConfig } from './config.js';
import { TlbArray, type TlbGeometry } from './tlb-array.js';

const PMD_SHIFT = Math.log2(PTES_PER_PMD);

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

  /** Drop the translations of entries [first, end). @kernel flush_tlb_range */
  drop(first: number, end: number): void {
    if (end - first === 1) {
      // Nearly all of them, thousands in a round.
      this.small.invalidate(first);
      this.huge.invalidate(first >> PMD_SHIFT);
      return;
    }
    this.small.flushRange(first, end);
    this.huge.flushRange(first >> PMD_SHIFT, (end + PTES_PER_PMD - 1) >> PMD_SHIFT);
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

const INFINITE: TlbGeometry = { sets: 1, ways: 1, pushes: false };

function geometry(entries: number, ways: number, key: string): TlbGeometry {
  const sets = entries / ways;
  if (!Number.isInteger(sets) || sets < 1 || (sets & (sets - 1)) !== 0) {
    throw new UserError('impossible TLB geometry', {
      where: `tlb.${key}`,
      expected: 'entries = ways × a power of two',
      actual: `${entries} entries in ${ways} ways (${sets} sets)`,
    });
  }
  return { sets, ways, pushes: true };
}
