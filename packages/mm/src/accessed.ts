import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import { type AddressSpace, vmaAt } from './address-space.js';
import { Mark, type MemoryImage } from './image.js';
import { Pte } from './pte.js';

/** What is found at an address when its Accessed bit is asked for. */
export const Mapping = { hole: 0, old: 1, young: 2 } as const;

/**
 * Clear the Accessed bit of whatever maps `addr`. The TLB is not flushed, as in the kernel.
 * Special mappings (vdso, vvar) have no folio that could be aged and count as holes.
 *
 * @kernel mm/damon/vaddr.c damon_va_mkold, mm/damon/ops-common.c damon_ptep_mkold, damon_pmdp_mkold (7.3, 6.12)
 * @returns `Mapping.hole` where nothing is mapped, else whether the bit was set before.
 */
export function mkold(image: MemoryImage, space: AddressSpace, addr: number): number {
  const pte = mappedEntry(image, space, addr);
  if (pte < 0) return Mapping.hole;
  const huge = (image.pteFlags[pte] & Pte.huge) !== 0;
  const bits = huge ? image.pmdAccessed : image.marks8;
  const i = huge ? Math.floor(pte / PTES_PER_PMD) : 4 * pte + Mark.accessed;
  const was = bits[i];
  bits[i] = 0;
  return was === 0 ? Mapping.old : Mapping.young;
}

/** Whether the Accessed bit of what maps `addr` is set. @kernel mm/damon/vaddr.c damon_va_young (7.3, 6.12) */
export function young(image: MemoryImage, space: AddressSpace, addr: number): boolean {
  const pte = mappedEntry(image, space, addr);
  if (pte < 0) return false;
  const huge = (image.pteFlags[pte] & Pte.huge) !== 0;
  return huge ? image.pmdAccessed[Math.floor(pte / PTES_PER_PMD)] !== 0 : image.marks8[4 * pte + Mark.accessed] !== 0;
}

/** The entry that maps `addr`, -1 where there is none that could age. */
function mappedEntry(image: MemoryImage, space: AddressSpace, addr: number): number {
  const vma = vmaAt(space, addr);
  if (vma === undefined || vma.role === 'vdso') return -1;
  const pte = vma.firstPte + Math.floor((addr - vma.start) / PAGE_BYTES);
  return (image.pteFlags[pte] & Pte.present) === 0 ? -1 : pte;
}
