import { PAGE_BYTES } from '@damonlab/base';
import { Pte } from '@damonlab/mm';
import type { ActionParts } from './action-parts.js';
import type { FolioList } from './folio-list.js';

/**
 * Move the folios of `list` to node `nid`, as far as that has memory. Those that are there already stay and do not count.
 *
 * @kernel mm/damon/ops-common.c damon_migrate_pages (7.3), mm/damon/paddr.c damon_pa_migrate_pages (6.12)
 * @returns bytes that moved.
 */
export function migrateFolios({ memory, cost, spend, drop }: ActionParts, list: FolioList, nid: number): number {
  const { pteFlags } = memory.image;
  if (!memory.hasNode(nid)) return 0;
  let moved = 0;
  for (let i = 0; i < list.length; i++) {
    const pte = list.entries[i];
    if ((pteFlags[pte] & Pte.nidMask) === nid || !memory.migrateFolio(pte, nid)) continue;
    const { first, end } = memory.extent(pte);
    if (memory.isMapped(pte)) drop(first, end);
    moved += end - first;
  }
  spend(Math.round(moved * cost.migrateNs));
  return moved * PAGE_BYTES;
}
