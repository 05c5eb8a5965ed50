import { type AddrRange, PAGE_BYTES } from '@damonlab/base';
import { type DamonOperations, type DamonRandom, damonRand, type KernelProfile, type RegionList } from '@damonlab/damon';
import { type AddressSpace, FolioFlag, Mark, type Memory, mappedEntry, NO_ENTRY } from '@damonlab/mm';
import type { AccessPrimitive } from './primitive.js';

export interface PaddrOperationsParts {
  readonly memory: Memory;
  readonly primitive: AccessPrimitive;
  /** All processes of the machine: their special mappings (vdso, vvar) have no folio. */
  readonly spaces: readonly AddressSpace[];
  readonly rng: DamonRandom;
  readonly profile: KernelProfile;
  /** Whether there is still something to watch; the kernel's paddr never ends by itself. */
  readonly valid: () => boolean;
}

/**
 * DAMON on physical memory, with any access primitive: one target, watched in the ranges that the user gave. The sampled frame leads
 * over its reverse map to the entry whose marks tell; a frame that nothing maps, or that is on no LRU list, is never accessed.
 *
 * @kernel mm/damon/paddr.c (7.3, 6.12)
 */
export class PaddrOperations implements DamonOperations {
  readonly name = 'paddr';
  readonly #parts: PaddrOperationsParts;
  /** Ranges of entries that map no folio. */
  readonly #special: readonly AddrRange[];
  #entries = new Int32Array(0);

  constructor(parts: PaddrOperationsParts) {
    this.#parts = parts;
    this.#special = parts.spaces.flatMap(({ vmas }) =>
      vmas
        .filter((vma) => vma.role === 'vdso')
        .map(({ firstPte, start, end }) => ({ start: firstPte, end: firstPte + (end - start) / PAGE_BYTES })),
    );
  }

  /** None: the ranges are the user's. */
  initRanges(): undefined {
    return undefined;
  }

  updateRanges(): undefined {
    return undefined;
  }

  /** @kernel mm/damon/paddr.c damon_pa_prepare_access_checks */
  prepareAccessChecks(target: number, regions: RegionList): void {
    const { rng, profile, primitive } = this.#parts;
    for (let i = 0; i < regions.length; i++) {
      regions.samplingAddr[i] = damonRand(rng, regions.start[i], regions.end[i], profile);
    }
    primitive.prepare(target, regions, this.#sampledEntries(regions, true));
  }

  /** The frame may have changed hands since: its mappings are looked up again. @kernel mm/damon/paddr.c damon_pa_check_accesses */
  checkAccesses(target: number, regions: RegionList): number {
    this.#parts.primitive.check(target, regions, this.#sampledEntries(regions, false));
    let most = 0;
    for (let i = 0; i < regions.length; i++) most = Math.max(most, regions.nrAccesses[i]);
    return most;
  }

  targetValid(): boolean {
    return this.#parts.valid();
  }

  /**
   * The mappings of the sampled folios; with `mkold` those that nobody maps become idle.
   * @kernel mm/damon/ops-common.c damon_get_folio, damon_folio_mkold (7.3, 6.12): online, on an LRU list
   */
  #sampledEntries(regions: RegionList, mkold: boolean): Int32Array {
    const { memory } = this.#parts;
    const { image, lruAdd } = memory;
    if (this.#entries.length < regions.length) this.#entries = new Int32Array(2 * regions.length);
    const entries = this.#entries;
    for (let i = 0; i < regions.length; i++) {
      const pte = mappedEntry(image, Math.floor(regions.samplingAddr[i] / PAGE_BYTES));
      const mapped = memory.isMapped(pte);
      entries[i] = pte >= 0 && (!mapped || lruAdd.has(pte) || this.#isSpecial(pte)) ? NO_ENTRY : pte;
      if (mkold && !mapped) image.marks8[4 * pte + Mark.folio] |= FolioFlag.idle;
    }
    return entries;
  }

  #isSpecial(pte: number): boolean {
    for (const { start, end } of this.#special) if (pte >= start && pte < end) return true;
    return false;
  }
}
