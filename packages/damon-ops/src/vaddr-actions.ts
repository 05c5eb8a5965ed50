import { alignUp, PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import { type ActionOutcome, type DamosOperations, destinationOf, interleaveIndex, type Scheme } from '@damonlab/damos';
import { anonymous, type Vma } from '@damonlab/mm';
import type { ActionParts } from './action-parts.js';
import { FolioFilters } from './folio-filters.js';
import { FolioList } from './folio-list.js';
import { walkFolios } from './folio-walk.js';
import { Madvise, type MadviseAction } from './madvise.js';
import { migrateFolios } from './migrate-folios.js';
import type { VaddrTarget } from './vaddr.js';

const PMD_ORDER = 9;

/**
 * What schemes do to address spaces.
 * @kernel mm/damon/vaddr.c damon_va_apply_scheme (7.3, 6.12)
 */
export class VaddrActions implements DamosOperations {
  readonly name: 'vaddr' | 'fvaddr';
  readonly #parts: ActionParts;
  readonly #targets: readonly VaddrTarget[];
  readonly #filters: FolioFilters;
  readonly #madvise: Madvise;
  /** By node, what is to go there. */
  readonly #lists = new Map<number, FolioList>();

  constructor(name: 'vaddr' | 'fvaddr', parts: ActionParts, targets: readonly VaddrTarget[]) {
    this.name = name;
    this.#parts = parts;
    this.#targets = targets;
    this.#filters = new FolioFilters(parts);
    this.#madvise = new Madvise(parts);
  }

  targetValid(target: number): boolean {
    return this.#targets[target].alive();
  }

  apply(scheme: Scheme, target: number, start: number, end: number): ActionOutcome {
    const nothing = { appliedBytes: 0, filterPassedBytes: 0 };
    if (!this.#targets[target].hasMemory()) return nothing;
    const { action } = scheme.config;
    switch (action) {
      case 'migrate_hot':
      case 'migrate_cold':
        return { ...nothing, appliedBytes: this.#migrate(scheme, target, start, end) };
      case 'willneed':
      case 'cold':
      case 'pageout':
      case 'hugepage':
      case 'nohugepage':
      case 'collapse':
        return { ...nothing, appliedBytes: this.#madvised(action, target, start, end) };
      default:
        return { ...nothing, filterPassedBytes: this.#passed(scheme, target, start, end) };
    }
  }

  /** All of the region counts, or nothing: madvise does not say what it did. @kernel mm/damon/vaddr.c damos_madvise (7.3, 6.12) */
  #madvised(action: MadviseAction, target: number, start: number, end: number): number {
    const from = alignUp(start, PAGE_BYTES);
    const bytes = alignUp(end - start, PAGE_BYTES);
    return this.#madvise.do(action, this.#targets[target].space, from, from + bytes) ? bytes : 0;
  }

  /** Bytes of the folios that the filters let through. @kernel mm/damon/vaddr.c damos_va_stat (7.3) */
  #passed(scheme: Scheme, target: number, start: number, end: number): number {
    if (scheme.filters.ops.length === 0) return 0;
    let bytes = 0;
    walkFolios(this.#parts, this.#targets[target].space, start, end, (pte) => {
      if (this.#filters.reject(scheme, pte)) return;
      const extent = this.#parts.memory.extent(pte);
      bytes += (extent.end - extent.first) * PAGE_BYTES;
    });
    return bytes;
  }

  /** @kernel mm/damon/vaddr.c damos_va_migrate, damos_va_migrate_pmd_entry (7.3) */
  #migrate(scheme: Scheme, target: number, start: number, end: number): number {
    for (const list of this.#lists.values()) list.length = 0;
    walkFolios(this.#parts, this.#targets[target].space, start, end, (pte, vma) => {
      if (this.#filters.reject(scheme, pte)) return;
      const nid = this.#destination(scheme, pte, vma);
      if (nid !== undefined) this.#listOf(nid).add(pte);
    });
    let bytes = 0;
    for (const [nid, list] of this.#lists) bytes += migrateFolios(this.#parts, list, nid);
    return bytes;
  }

  /** @kernel mm/damon/vaddr.c damos_va_migrate_dests_add (7.3) */
  #destination({ config }: Scheme, pte: number, vma: Vma): number | undefined {
    const { dests, targetNid } = config;
    if (dests.length === 0) return targetNid;
    const { first, end } = this.#parts.memory.extent(pte);
    const order = end - first === PTES_PER_PMD ? PMD_ORDER : 0;
    // What is anonymous counts from address 0, what is mapped from a file from the start of the file.
    const pgoff = anonymous(vma) ? vma.start / PAGE_BYTES : 0;
    return destinationOf(dests, interleaveIndex(pgoff, pte - vma.firstPte, order));
  }

  #listOf(nid: number): FolioList {
    const known = this.#lists.get(nid);
    if (known !== undefined) return known;
    const made = new FolioList();
    this.#lists.set(nid, made);
    return made;
  }
}
