import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { Vma } from './address-space.js';
import type { MemoryImage } from './image.js';
import { Pte } from './pte.js';

/** Whether a VMA is anonymous memory, which huge pages may map. */
export function anonymous(vma: Vma): boolean {
  return vma.role === 'data' || vma.role === 'heap' || vma.role === 'stack' || vma.role === 'thread_stack';
}

/**
 * Whether a fault on `pte` may map 2 MiB at once: anonymous VMA, the aligned window inside it, nothing of it mapped yet.
 *
 * @kernel mm/huge_memory.c thp_vma_suitable_order and the empty-PMD condition of __handle_mm_fault (7.3, 6.12)
 */
export function thpSuitable(image: MemoryImage, vma: Vma, pte: number): boolean {
  if (!anonymous(vma)) return false;
  const first = pte - (pte % PTES_PER_PMD);
  const vmaEnd = vma.firstPte + (vma.end - vma.start) / PAGE_BYTES;
  if (first < vma.firstPte || first + PTES_PER_PMD > vmaEnd) return false;
  for (let i = first; i < first + PTES_PER_PMD; i++) {
    if ((image.pteFlags[i] & Pte.present) !== 0) return false;
  }
  return true;
}
