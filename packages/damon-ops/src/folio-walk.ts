import { PAGE_BYTES } from '@damonlab/base';
import type { AddressSpace, Vma } from '@damonlab/mm';
import type { ActionParts } from './action-parts.js';

/**
 * Tells `use` each folio that is mapped in `[start, end)` and on an LRU list, by the first of its entries there. Special mappings
 * have none. `use` may unmap or split what it is told of.
 *
 * @kernel mm/pagewalk.c walk_page_range (7.3, 6.12)
 */
export function walkFolios(
  { memory, spend, cost }: ActionParts,
  { vmas }: AddressSpace,
  start: number,
  end: number,
  use: (pte: number, vma: Vma) => void,
): void {
  let looked = 0;
  for (const vma of vmas) {
    const from = Math.max(start, vma.start);
    const to = Math.min(end, vma.end);
    if (from >= to || vma.role === 'vdso') continue;
    const behind = vma.firstPte + Math.ceil((to - vma.start) / PAGE_BYTES);
    let pte = vma.firstPte + Math.floor((from - vma.start) / PAGE_BYTES);
    while (pte < behind) {
      const next = memory.extent(pte).end;
      looked++;
      if (memory.isolable(pte)) use(pte, vma);
      pte = next;
    }
  }
  spend(Math.round(looked * cost.lookNs));
}
