import { PAGE_BYTES } from '@damonlab/base';
import type { AddressSpace } from '@damonlab/mm';

/** Calls `use` with the page-table entries of the pages of `[start, end)`, in the order of their addresses. Returns how many there are. */
export function forEachEntry(space: AddressSpace, start: number, end: number, use: (pte: number) => void): number {
  let entries = 0;
  for (const vma of space.vmas) {
    const from = Math.max(start, vma.start);
    const to = Math.min(end, vma.end);
    if (from >= to) continue;
    const first = vma.firstPte + Math.floor((from - vma.start) / PAGE_BYTES);
    const behind = vma.firstPte + Math.ceil((to - vma.start) / PAGE_BYTES);
    for (let pte = first; pte < behind; pte++) use(pte);
    entries += behind - first;
  }
  return entries;
}
