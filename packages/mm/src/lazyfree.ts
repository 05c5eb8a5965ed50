import { clearAccessed, young } from './accessed.js';
import { clearDirty, isDirty } from './dirty.js';
import type { LruLists } from './lru-lists.js';
import type { Memory } from './memory.js';
import { mappedEntry } from './reverse-map.js';
import { anonymous } from './thp.js';
import type { VmaIndex } from './vma-index.js';

/**
 * Anonymous folios whose contents their process has given up by MADV_FREE: they lie on the lists of files, and reclaim drops them without
 * writing them, unless they were written since.
 *
 * @kernel include/linux/mm_inline.h folio_is_file_lru: a lazyfree folio is anonymous and not swapbacked (7.3, 6.12)
 */
export class Lazyfree {
  readonly #memory: Memory;
  readonly #lru: LruLists;
  readonly #vmas: VmaIndex;

  constructor(memory: Memory, lru: LruLists, vmas: VmaIndex) {
    this.#memory = memory;
    this.#lru = lru;
    this.#vmas = vmas;
  }

  /** Whether the folio that begins at frame `pfn` is one. */
  has(pfn: number): boolean {
    if (!this.#lru.isFile(pfn)) return false;
    const vma = this.#vmas.vmaOf(mappedEntry(this.#memory.image, pfn));
    return vma !== undefined && anonymous(vma);
  }

  /**
   * Make the folio that `pte` maps one: clean, old and inactive.
   * @kernel mm/madvise.c madvise_free_pte_range, madvise_free_huge_pmd, mm/swap.c folio_mark_lazyfree, lru_lazyfree (7.3, 6.12)
   * @returns base pages that became lazyfree, and whether the caller has to drop translations.
   */
  mark(pte: number): { readonly pages: number; readonly stale: boolean } {
    const { image } = this.#memory;
    const lru = this.#lru;
    const head = this.#memory.headOf(pte);
    const stale = young(image, pte) || isDirty(image, pte);
    clearAccessed(image, pte);
    clearDirty(image, pte);
    if (!lru.has(head) || lru.isFile(head)) return { pages: 0, stale };
    lru.become(head, { file: true });
    return { pages: lru.pagesOf(head), stale };
  }

  /**
   * Reclaim has come for a lazyfree folio: one that was written since is an ordinary one again.
   * @kernel mm/rmap.c try_to_unmap_one: folio_set_swapbacked (7.3, 6.12)
   * @returns whether it was.
   */
  revive(pfn: number): boolean {
    if (!isDirty(this.#memory.image, mappedEntry(this.#memory.image, pfn))) return false;
    this.#lru.become(pfn, { file: false });
    return true;
  }
}
