import { PAGE_BYTES } from '@damonlab/base';
import { activate } from '@damonlab/mm';
import type { ActionParts } from './action-parts.js';
import type { FolioList } from './folio-list.js';

/**
 * Take the folios of `list` out of memory, accessed or not. Without swap space none can go.
 * @kernel mm/vmscan.c reclaim_pages (7.3, 6.12)
 * @returns bytes that went.
 */
export function pageoutFolios({ memory, cost, spend }: ActionParts, list: FolioList): number {
  const { reclaim } = memory;
  if (reclaim === null) {
    for (let i = 0; i < list.length; i++) activate(memory, list.entries[i]);
    return 0;
  }
  const pages = reclaim.reclaimPages(list.entries, list.length);
  spend(Math.round(pages * cost.pageoutNs));
  return pages * PAGE_BYTES;
}
