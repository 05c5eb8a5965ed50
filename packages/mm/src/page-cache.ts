import { PAGE_BYTES } from '@damonlab/base';
import type { AddressSpace } from './address-space.js';
import type { Memory } from './memory.js';
import { Taken } from './other-memory.js';

/**
 * Folios of files that no process has mapped, as an address space of their own behind those of all processes: an entry for each page, so
 * that reverse map, LRU lists, migration and reclaim find it like any other. No CPU ever walks it, so nothing is ever accessed there.
 */
export function pageCacheSpace(id: number, pages: number, firstPte: number): AddressSpace {
  return {
    id,
    vmas: [{ start: 0, end: pages * PAGE_BYTES, role: 'page_cache', firstPte }],
    regions: [],
    firstPte,
    endPte: firstPte + pages,
  };
}

/** Put the page cache into the frames that were taken for it; nobody has read it since. */
export function fillPageCache(memory: Memory, taken: Uint8Array): void {
  const { pageCache } = memory;
  if (pageCache === null) return;
  let pte = pageCache.firstPte;
  taken.forEach((by, pfn) => {
    if (by === Taken.page_cache) memory.adopt(pageCache, pte++, pfn);
  });
}
