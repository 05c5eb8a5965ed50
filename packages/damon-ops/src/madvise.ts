import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import { type AddressSpace, anonymous, collapseHuge, deactivate, forgetAccesses, splitHuge, ThpAdvice, type Vma } from '@damonlab/mm';
import type { ActionParts } from './action-parts.js';
import { FolioList } from './folio-list.js';
import { walkFolios } from './folio-walk.js';
import { pageoutFolios } from './pageout-folios.js';

export const MADVISE_ACTIONS = ['willneed', 'cold', 'pageout', 'hugepage', 'nohugepage', 'collapse'] as const;
export type MadviseAction = (typeof MADVISE_ACTIONS)[number];
/** What processes advise, under the names of the actions; `free`: MADV_FREE, which no scheme does. */
export const MADVISE_ADVICE = [...MADVISE_ACTIONS, 'free'] as const;
export type MadviseAdvice = (typeof MADVISE_ADVICE)[number];

/** Advice that is given to whole mappings, `[start, end)` of one of them. False: the kernel refuses, or not all of it was done. */
type Advise = (space: AddressSpace, vma: Vma, start: number, end: number) => boolean;

/**
 * What schemes and processes do to address spaces by way of madvise.
 * @kernel mm/madvise.c do_madvise, madvise_walk_vmas (7.3, 6.12)
 */
export class Madvise {
  readonly #parts: ActionParts;
  readonly #list = new FolioList();
  readonly #advise: Readonly<Record<MadviseAdvice, Advise>>;

  constructor(parts: ActionParts) {
    this.#parts = parts;
    this.#advise = {
      willneed: (space, vma, start, end) => this.#willneed(space, vma, start, end),
      cold: (space, vma, start, end) => this.#age(space, vma, start, end, 'cold'),
      pageout: (space, vma, start, end) => this.#age(space, vma, start, end, 'pageout'),
      hugepage: (_space, vma, start, end) => this.#flag(vma, start, end, ThpAdvice.huge),
      nohugepage: (_space, vma, start, end) => this.#flag(vma, start, end, ThpAdvice.no),
      collapse: (space, vma, start, end) => this.#collapse(space, vma, start, end),
      free: (_space, vma, start, end) => this.#free(vma, start, end),
    };
  }

  /**
   * Advise the kernel on `[start, end)`. What is mapped there is advised even if the answer is no for a gap; the first mapping that
   * refuses ends it.
   *
   * @returns whether the kernel's answer is 0.
   */
  do(advice: MadviseAdvice, space: AddressSpace, start: number, end: number): boolean {
    const done = this.#walk(advice, space, start, end);
    this.#parts.spend(this.#parts.memory.reclaim?.takeStallNs() ?? 0);
    return done;
  }

  #walk(advice: MadviseAdvice, space: AddressSpace, start: number, end: number): boolean {
    let at = start;
    let gap = false;
    for (const vma of space.vmas) {
      if (vma.end <= at || vma.start >= end) continue;
      gap ||= vma.start > at;
      at = Math.min(end, vma.end);
      if (!this.#advise[advice](space, vma, Math.max(start, vma.start), at)) return false;
    }
    return !gap && at === end;
  }

  /** What is out comes back, ahead of a fault. @kernel mm/madvise.c madvise_willneed, swapin_walk_pmd_entry (7.3, 6.12) */
  #willneed(space: AddressSpace, vma: Vma, start: number, end: number): boolean {
    const { memory, cost, spend } = this.#parts;
    const { reclaim } = memory;
    if (reclaim === null) return true;
    let pages = 0;
    for (let pte = entryAt(vma, start); pte < entryAt(vma, end); pte++) {
      if (!reclaim.isOut(pte)) continue;
      memory.mapPage(space, pte, memory.frames.zonelist(reclaim.nidOf(pte)));
      reclaim.cameBack(pte, false);
      pages++;
    }
    spend(Math.round(pages * cost.pageoutNs));
    return true;
  }

  /**
   * Accesses are forgotten; then a folio goes to the inactive list, or out. A huge page that reaches beyond the range is split.
   * @kernel mm/madvise.c madvise_cold_or_pageout_pte_range (7.3, 6.12)
   */
  #age(space: AddressSpace, vma: Vma, start: number, end: number, to: 'cold' | 'pageout'): boolean {
    const { memory, drop } = this.#parts;
    if (vma.role === 'vdso') return false;
    const list = this.#list;
    list.length = 0;
    this.#splitAcross(vma, start);
    this.#splitAcross(vma, end);
    walkFolios(this.#parts, space, start, end, (pte) => {
      const { first, end: behind } = memory.extent(pte);
      forgetAccesses(memory.image, pte);
      drop(first, behind);
      if (to === 'cold') deactivate(memory, pte);
      else list.add(pte);
    });
    pageoutFolios(this.#parts, list);
    return true;
  }

  /**
   * The process gives up the contents: reclaim may drop what is not written again. Without reclaim nothing ever is.
   * @kernel mm/madvise.c madvise_free_single_vma, madvise_free_pte_range (7.3, 6.12)
   */
  #free(vma: Vma, start: number, end: number): boolean {
    const { memory, cost, spend, drop } = this.#parts;
    const { reclaim } = memory;
    if (!anonymous(vma)) return false;
    if (reclaim === null) return true;
    this.#splitAcross(vma, start);
    this.#splitAcross(vma, end);
    let looked = 0;
    for (let pte = entryAt(vma, start); pte < entryAt(vma, end); looked++) {
      const { first, end: behind } = memory.extent(pte);
      if (reclaim.free(pte)) drop(first, behind);
      pte = behind;
    }
    spend(Math.round(looked * cost.lookNs));
    return true;
  }

  #splitAcross(vma: Vma, addr: number): void {
    const pte = entryAt(vma, addr);
    if (addr >= vma.end || pte % PTES_PER_PMD === 0) return;
    const { first, end } = this.#parts.memory.extent(pte);
    if (end - first === 1) return;
    splitHuge(this.#parts.memory, pte);
    this.#parts.split(first, end);
  }

  /** @kernel mm/khugepaged.c hugepage_madvise (7.3, 6.12): 2 MiB that the range cuts are two mappings from then on */
  #flag(vma: Vma, start: number, end: number, advice: number): boolean {
    if (vma.role === 'vdso') return false;
    const { thpAdvice } = this.#parts.memory;
    const [first, behind] = [entryAt(vma, start) / PTES_PER_PMD, entryAt(vma, end) / PTES_PER_PMD];
    const whole = advice === ThpAdvice.huge;
    thpAdvice.fill(advice, whole ? Math.ceil(first) : Math.floor(first), whole ? Math.floor(behind) : Math.ceil(behind));
    return true;
  }

  /** @kernel mm/khugepaged.c madvise_collapse (7.3, 6.12) */
  #collapse(space: AddressSpace, vma: Vma, start: number, end: number): boolean {
    const { memory, cost, spend, drop } = this.#parts;
    if (!anonymous(vma)) return false;
    memory.lruAdd.drainAll();
    const first = Math.ceil(entryAt(vma, start) / PTES_PER_PMD) * PTES_PER_PMD;
    const behind = Math.floor(entryAt(vma, end) / PTES_PER_PMD) * PTES_PER_PMD;
    let ok = first <= behind;
    for (let pte = first; pte < behind; pte += PTES_PER_PMD) {
      const copied = collapseHuge(memory, space, vma, pte);
      ok &&= copied >= 0;
      if (copied <= 0) continue;
      drop(pte, pte + PTES_PER_PMD);
      spend(Math.round(copied * cost.migrateNs));
    }
    return ok;
  }
}

/** Entry of the page at `addr`, an end included. */
function entryAt(vma: Vma, addr: number): number {
  return vma.firstPte + Math.floor((addr - vma.start) / PAGE_BYTES);
}
