import { PTES_PER_PMD } from '@damonlab/base';
import type { AddressSpace, Vma } from './address-space.js';
import { FolioFlag, Mark } from './image.js';
import type { Memory } from './memory.js';
import { Pte } from './pte.js';
import { pmdInside } from './thp.js';

/**
 * Map what the PMD over `pte` maps by 512 entries: each is then as accessed and as dirty as the whole was.
 * @kernel mm/huge_memory.c split_huge_pmd, split_folio (7.3, 6.12)
 */
export function splitHuge(memory: Memory, pte: number): void {
  const { image, lru } = memory;
  const { first, end } = memory.extent(pte);
  const pmd = first / PTES_PER_PMD;
  const head = image.ptePfn[first];
  const listed = lru?.has(head) === true;
  const active = lru?.isActive(head) === true;
  const file = lru?.isFile(head) === true;
  const flags = image.marks8[4 * first + Mark.folio];
  lru?.remove(head);
  for (let i = first; i < end; i++) {
    image.pteFlags[i] &= ~Pte.huge;
    image.marks8[4 * i + Mark.accessed] = image.pmdAccessed[pmd];
    image.marks8[4 * i + Mark.dirty] = image.pmdDirty[pmd];
    image.marks8[4 * i + Mark.folio] = flags;
    if (!listed) continue;
    lru?.add(image.ptePfn[i], { file, large: false });
    if (active) lru?.move(image.ptePfn[i], 'active');
  }
  image.pmdAccessed[pmd] = 0;
  image.pmdDirty[pmd] = 0;
  memory.generation++;
  memory.counters.thp_split_page++;
}

/**
 * Make one huge page of the 2 MiB around `pte`, on the node that has most of it; holes are filled and what is out comes back. Translations
 * and arms are the caller's business.
 *
 * @kernel mm/khugepaged.c madvise_collapse, collapse_huge_page (7.3, 6.12)
 * @returns base pages that were copied, 0 if it was huge already; -1: the mapping does not span it, nothing is there, or no memory.
 */
export function collapseHuge(memory: Memory, space: AddressSpace, vma: Vma, pte: number): number {
  const { image, frames, lru } = memory;
  const first = pte - (pte % PTES_PER_PMD);
  if ((image.pteFlags[pte] & Pte.huge) !== 0) return 0;
  if (!pmdInside(vma, first)) return -1;
  bringBack(memory, space, first);
  // Memory is so short that what came back is out again.
  if (memory.anyOut(first)) return -1;
  const byNode = presentByNode(memory, first);
  const copied = byNode.reduce((sum, pages) => sum + pages, 0);
  const nid = byNode.indexOf(Math.max(...byNode));
  if (memory.reclaim?.charge(space, PTES_PER_PMD - copied, false) !== undefined) return -1;
  const to = copied === 0 ? -1 : frames.allocateHuge(nid);
  if (to < 0) return -1;
  for (let i = 0; i < PTES_PER_PMD; i++) {
    const at = first + i;
    if ((image.pteFlags[at] & Pte.present) !== 0) {
      lru?.remove(image.ptePfn[at]);
      frames.release(image.ptePfn[at]);
    }
    image.ptePfn[at] = to + i;
    image.pteFlags[at] = Pte.present | Pte.write | Pte.huge | nid;
    image.frameLink[to + i] = at;
  }
  // A new mapping is young and dirty; its folio is new, so nobody has looked at it.
  image.pmdAccessed[first / PTES_PER_PMD] = 1;
  image.pmdDirty[first / PTES_PER_PMD] = 1;
  image.marks8[4 * first + Mark.folio] &= ~(FolioFlag.idle | FolioFlag.young);
  lru?.add(to, { file: false, large: true });
  memory.countRss(space, PTES_PER_PMD - copied);
  memory.generation++;
  memory.counters.thp_collapse_alloc++;
  return copied;
}

function bringBack(memory: Memory, space: AddressSpace, first: number): void {
  const { reclaim, frames } = memory;
  if (reclaim === null) return;
  for (let i = first; i < first + PTES_PER_PMD; i++) {
    if (!reclaim.isOut(i)) continue;
    memory.mapPage(space, i, frames.zonelist(reclaim.nidOf(i)));
    reclaim.cameBack(i, false);
  }
}

function presentByNode({ image, watermarks }: Memory, first: number): number[] {
  const pages = watermarks.map(() => 0);
  for (let i = first; i < first + PTES_PER_PMD; i++) {
    if ((image.pteFlags[i] & Pte.present) !== 0) pages[image.pteFlags[i] & Pte.nidMask]++;
  }
  return pages;
}
