import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { AddressSpace } from './address-space.js';
import { Mark, type MemoryImage } from './image.js';
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
 * Clear the Accessed bit of whatever `entries[0, length)` map, and set the folio's idle flag. The TLB is not flushed, as in the kernel.
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
      marks8[4 * pte + Mark.accessed] = 0;
      marks8[4 * pte + Mark.idle] = 1;
    } else {
      const pmd = Math.floor(pte / PTES_PER_PMD);
      pmdAccessed[pmd] = 0;
      marks8[4 * pmd * PTES_PER_PMD + Mark.idle] = 1;
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
  const first = (image.pteFlags[pte] & Pte.huge) === 0 ? pte : pte - (pte % PTES_PER_PMD);
  const was = young(image, pte) || image.marks8[4 * first + Mark.idle] === 0;
  ONE[0] = pte;
  if (was) mkoldAll(image, ONE, 1);
  return was;
}

const ONE = new Int32Array(1);
