import { PTES_PER_PMD } from '@damonlab/base';
import { Mark, type MemoryImage } from './image.js';
import { Pte } from './pte.js';

/** Whether the Dirty bit of what `pte` maps is set. @kernel pte_dirty, pmd_dirty */
export function isDirty({ marks8, pmdDirty, pteFlags }: MemoryImage, pte: number): boolean {
  return (pteFlags[pte] & Pte.huge) === 0 ? marks8[4 * pte + Mark.dirty] !== 0 : pmdDirty[Math.floor(pte / PTES_PER_PMD)] !== 0;
}

/** The caller drops the translation, or later writes go unseen. @kernel pte_mkclean, pmd_mkclean */
export function clearDirty({ marks8, pmdDirty, pteFlags }: MemoryImage, pte: number): void {
  if ((pteFlags[pte] & Pte.huge) === 0) marks8[4 * pte + Mark.dirty] = 0;
  else pmdDirty[Math.floor(pte / PTES_PER_PMD)] = 0;
}
