import { NO_ENTRY } from './accessed.js';
import type { MemoryImage } from './image.js';
import { Pte } from './pte.js';

/**
 * The entry that maps frame `pfn`, `NO_ENTRY` for a free frame and for numbers that are no frame. A frame has one mapping at most.
 *
 * No mark says which frames are mapped, so first touch stores nothing for it: `frameLink` of a free frame may name any entry, but
 * only a present entry that holds this very frame number maps it.
 *
 * @kernel mm/rmap.c rmap_walk (7.3, 6.12)
 */
export function mappedEntry(image: MemoryImage, pfn: number): number {
  const { frameLink, pteFlags, ptePfn } = image;
  if (pfn < 0 || pfn >= frameLink.length) return NO_ENTRY;
  const pte = frameLink[pfn];
  if (pte >= ptePfn.length) return NO_ENTRY;
  return ptePfn[pte] === pfn && (pteFlags[pte] & Pte.present) !== 0 ? pte : NO_ENTRY;
}
