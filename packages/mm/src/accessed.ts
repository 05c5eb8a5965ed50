import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { AddressSpace } from './address-space.js';
import { FolioFlag, Mark, type MemoryImage } from './image.js';
import { Pte } from './pte.js';

/** No entry that could age: a gap, or a special mapping (vdso, vvar), which has no folio. */
export const NO_ENTRY = -1;

/**
 * Page-table entries of `addrs[0, length)`, which ascend, into `entries`; `NO_ENTRY` where there is none. Page walks for many
 * addresses first and the accesses to the entries afterwards: in between nothing waits for the host's memory.
 */
export function findEntries(space: AddressSpace, addrs: Float64Array, length: number, entries: Int32Array): void {
  const { vmas } = space;
  let at = 0;
  for (let i = 0; i < length; i++) {
    const addr = addrs[i];
    while (at < vmas.length && vmas[at].end <= addr) at++;
    const vma = vmas[at];
    const inside = vma !== undefined && vma.start <= addr && vma.role !== 'vdso';
    entries[i] = inside ? vma.firstPte + Math.floor((addr - vma.start) / PAGE_BYTES) : NO_ENTRY;
  }
}

/**
 * Clear the Accessed bit of whatever `entries[0, length)` map, and keep what it said in the folio's flags. No TLB flush, as in the kernel.
 *
 * @kernel mm/damon/vaddr.c damon_va_mkold, mm/damon/ops-common.c damon_ptep_mkold, damon_pmdp_mkold (7.3, 6.12)
 * @returns how many of them map something.
 */
export function mkoldAll(image: MemoryImage, entries: Int32Array, length: number): number {
  const { pteFlags, marks8, pmdAccessed } = image;
  let mapped = 0;
  for (let i = 0; i < length; i++) {
    const pte = entries[i];
    if (pte < 0) continue;
    const flags = pteFlags[pte];
    if ((flags & Pte.present) === 0) continue;
    if (flags < Pte.huge) {
      const at = 4 * pte;
      // Accessed is 0 or 1, and moves to the flag beside idle.
      marks8[at + Mark.folio] |= FolioFlag.idle | (marks8[at + Mark.accessed] << 1);
      marks8[at + Mark.accessed] = 0;
    } else {
      const pmd = Math.floor(pte / PTES_PER_PMD);
      marks8[4 * pmd * PTES_PER_PMD + Mark.folio] |= FolioFlag.idle | (pmdAccessed[pmd] << 1);
      pmdAccessed[pmd] = 0;
    }
    mapped++;
  }
  return mapped;
}

/** Whether the Accessed bit of what `pte` maps is set; false for `NO_ENTRY`. @kernel mm/damon/vaddr.c damon_va_young (7.3, 6.12) */
export function young(image: MemoryImage, pte: number): boolean {
  if (pte < 0) return false;
  const flags = image.pteFlags[pte];
  if ((flags & Pte.present) === 0) return false;
  return flags < Pte.huge ? image.marks8[4 * pte + Mark.accessed] !== 0 : image.pmdAccessed[Math.floor(pte / PTES_PER_PMD)] !== 0;
}

/**
 * Whether the folio that `pte` maps was accessed since anybody looked: a folio that nobody ever looked at counts as accessed. Makes it old.
 *
 * @kernel mm/damon/paddr.c damon_folio_young, mm/damon/ops-common.c damon_folio_mkold (7.3, 6.12)
 */
export function takeYoung(image: MemoryImage, pte: number): boolean {
  const was = young(image, pte) || (image.marks8[folioMark(image, pte)] & FolioFlag.idle) === 0;
  ONE[0] = pte;
  if (was) mkoldAll(image, ONE, 1);
  return was;
}

/**
 * How often reclaim sees the folio that `pte` maps as accessed: by its Accessed bit, and by what DAMON kept of it. Forgets both.
 * @kernel mm/rmap.c folio_referenced_one (7.3, 6.12)
 */
export function takeReferenced(image: MemoryImage, pte: number): number {
  const { marks8 } = image;
  const at = folioMark(image, pte);
  const accessed = young(image, pte);
  const kept = (marks8[at] & FolioFlag.young) !== 0;
  if (accessed) {
    clearAccessed(image, pte);
    marks8[at] &= ~FolioFlag.idle;
  }
  marks8[at] &= ~FolioFlag.young;
  return Number(accessed) + Number(kept);
}

/** Clear the Accessed bit of what `pte` maps, and what DAMON kept of it. @kernel mm/madvise.c madvise_cold_or_pageout_pte_range */
export function forgetAccesses(image: MemoryImage, pte: number): void {
  clearAccessed(image, pte);
  image.marks8[folioMark(image, pte)] &= ~FolioFlag.young;
}

/** Clear what DAMON kept of accesses to the folio that `pte` maps. @kernel folio_test_clear_young */
export function forgetYoung(image: MemoryImage, pte: number): void {
  image.marks8[folioMark(image, pte)] &= ~FolioFlag.young;
}

/** @kernel pte_mkold, pmd_mkold */
export function clearAccessed({ marks8, pmdAccessed, pteFlags }: MemoryImage, pte: number): void {
  if ((pteFlags[pte] & Pte.huge) === 0) marks8[4 * pte + Mark.accessed] = 0;
  else pmdAccessed[Math.floor(pte / PTES_PER_PMD)] = 0;
}

/** Where in `marks8` the flags of the folio are. */
function folioMark({ pteFlags }: MemoryImage, pte: number): number {
  const first = (pteFlags[pte] & Pte.huge) === 0 ? pte : pte - (pte % PTES_PER_PMD);
  return 4 * first + Mark.folio;
}

const ONE = new Int32Array(1);
