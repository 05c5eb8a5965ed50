import { FolioFlag, Mark } from './image.js';
import type { Memory } from './memory.js';

/** To the active list. @kernel mm/swap.c folio_activate (7.3, 6.12) */
export function activate(memory: Memory, pte: number): void {
  const { lru, counters } = memory;
  const head = memory.headOf(pte);
  if (lru === null || !lru.has(head) || lru.isActive(head)) return;
  lru.move(head, 'active');
  counters.pgactivate += lru.pagesOf(head);
}

/** To the inactive list, and no longer referenced. @kernel mm/swap.c folio_deactivate (7.3, 6.12) */
export function deactivate(memory: Memory, pte: number): void {
  const { lru, counters } = memory;
  const head = memory.headOf(pte);
  if (lru === null || !lru.isActive(head)) return;
  lru.takeReferenced(head);
  lru.move(head, 'inactive');
  counters.pgdeactivate += lru.pagesOf(head);
}

/** One access more: referenced the first time, active the second. @kernel mm/swap.c folio_mark_accessed (7.3, 6.12) */
export function markAccessed(memory: Memory, pte: number): void {
  const { lru, image } = memory;
  const head = memory.headOf(pte);
  if (lru === null) return;
  const before = lru.takeReferenced(head);
  if (before && !lru.isActive(head)) activate(memory, pte);
  else lru.setReferenced(head);
  image.marks8[4 * memory.extent(pte).first + Mark.folio] &= ~FolioFlag.idle;
}
