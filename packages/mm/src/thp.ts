import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { Vma } from './address-space.js';
import type { MemoryImage } from './image.js';
import { Pte } from './pte.js';

/** @kernel /sys/kernel/mm/transparent_hugepage/enabled */
export const THP_MODES = ['never', 'madvise', 'always'] as const;
export type ThpMode = (typeof THP_MODES)[number];

/** What a program, or a scheme, wants of 2 MiB of its memory. @kernel VM_HUGEPAGE, VM_NOHUGEPAGE */
export const ThpAdvice = { none: 0, huge: 1, no: 2 } as const;

/** Whether a VMA is anonymous memory, which huge pages may map. */
export function anonymous(vma: Vma): boolean {
  return vma.role === 'data' || vma.role === 'heap' || vma.role === 'stack' || vma.role === 'thread_stack';
}

/** Whether the 2 MiB from entry `first` on lie inside an anonymous VMA. @kernel mm/huge_memory.c thp_vma_suitable_order (7.3, 6.12) */
export function pmdInside(vma: Vma, first: number): boolean {
  const vmaEnd = vma.firstPte + (vma.end - vma.start) / PAGE_BYTES;
  return anonymous(vma) && first >= vma.firstPte && first + PTES_PER_PMD <= vmaEnd;
}

/**
 * Whether a fault on `pte` may map 2 MiB at once: anonymous VMA, the aligned window inside it, nothing of it mapped yet.
 *
 * @kernel mm/huge_memory.c thp_vma_suitable_order and the empty-PMD condition of __handle_mm_fault (7.3, 6.12)
 */
export function thpSuitable(image: MemoryImage, vma: Vma, pte: number): boolean {
  const first = pte - (pte % PTES_PER_PMD);
  if (!pmdInside(vma, first)) return false;
  for (let i = first; i < first + PTES_PER_PMD; i++) {
    if ((image.pteFlags[i] & Pte.present) !== 0) return false;
  }
  return true;
}
