import { PAGE_BYTES } from '@damonlab/base';
import type { ActionOutcome, DamosOperations, DamosProfile, Scheme } from '@damonlab/damos';
import { activate, deactivate, forgetYoung, type Memory, mappedEntry, markAccessed, NO_ENTRY, Pte } from '@damonlab/mm';
import type { ActionParts } from './action-parts.js';
import { FolioFilters } from './folio-filters.js';
import { FolioList } from './folio-list.js';
import { migrateFolios } from './migrate-folios.js';
import { pageoutFolios } from './pageout-folios.js';

/** No folio. */
const NONE = -1;

/**
 * What schemes do to physical memory: to the folios whose frames lie in a region.
 * @kernel mm/damon/paddr.c damon_pa_apply_scheme (7.3, 6.12)
 */
export class PaddrActions implements DamosOperations {
  readonly name = 'paddr';
  readonly #parts: ActionParts;
  readonly #valid: () => boolean;
  readonly #filters: FolioFilters;
  readonly #list = new FolioList();
  readonly #lruPrioActivates: boolean;
  /** First frame of the folio that each scheme looked at last in its round: one across the border of two regions is not taken twice. */
  readonly #lastApplied = new WeakMap<Scheme, { round: number; head: number }>();

  constructor(parts: ActionParts, valid: () => boolean, { lruPrioActivates }: Pick<DamosProfile, 'lruPrioActivates'>) {
    this.#parts = parts;
    this.#valid = valid;
    this.#lruPrioActivates = lruPrioActivates;
    this.#filters = new FolioFilters(parts);
  }

  targetValid(): boolean {
    return this.#valid();
  }

  apply(scheme: Scheme, _target: number, start: number, end: number): ActionOutcome {
    const { action } = scheme.config;
    if (action === 'stat' && scheme.filters.ops.length === 0) return { appliedBytes: 0, filterPassedBytes: 0 };
    const filterPassedBytes = this.#collect(scheme, start, end);
    return { appliedBytes: this.#act(scheme), filterPassedBytes };
  }

  /** Do the action to the folios that were collected; returns the bytes that count. */
  #act({ config }: Scheme): number {
    const list = this.#list;
    switch (config.action) {
      case 'migrate_hot':
      case 'migrate_cold':
        return migrateFolios(this.#parts, list, config.targetNid);
      case 'pageout':
        return this.#pageout();
      case 'lru_prio':
        return this.#forEach(this.#lruPrioActivates ? activate : markAccessed);
      case 'lru_deprio':
        return this.#forEach(deactivate);
      default:
        return 0;
    }
  }

  /** @kernel mm/damon/paddr.c damon_pa_pageout (7.3, 6.12) */
  #pageout(): number {
    const { memory } = this.#parts;
    for (let i = 0; i < this.#list.length; i++) {
      const pte = this.#list.entries[i];
      memory.lru?.takeReferenced(memory.headOf(pte));
      forgetYoung(memory.image, pte);
    }
    return pageoutFolios(this.#parts, this.#list);
  }

  /** @kernel mm/damon/paddr.c damon_pa_de_activate (7.3), damon_pa_mark_accessed_or_deactivate (6.12) */
  #forEach(use: (memory: Memory, pte: number) => void): number {
    const { memory } = this.#parts;
    let pages = 0;
    for (let i = 0; i < this.#list.length; i++) {
      const pte = this.#list.entries[i];
      use(memory, pte);
      pages += memory.pagesOf(pte);
    }
    return pages * PAGE_BYTES;
  }

  /** @kernel mm/damon/core.c damos_calc_eligible_bytes (7.3): folio by folio, without filters */
  residentBytes(_target: number, start: number, end: number, nid: number): { readonly total: number; readonly onNode: number } {
    const { memory } = this.#parts;
    const bytes = { total: 0, onNode: 0 };
    for (let pfn = Math.floor(start / PAGE_BYTES); pfn * PAGE_BYTES < end; ) {
      const pte = this.#folioAt(pfn);
      const pages = pte < 0 ? 1 : memory.pagesOf(pte);
      if (pte >= 0) {
        bytes.total += pages * PAGE_BYTES;
        if ((memory.image.pteFlags[pte] & Pte.nidMask) === nid) bytes.onNode += pages * PAGE_BYTES;
      }
      pfn += pages;
    }
    return bytes;
  }

  /** Collects the folios that the filters let through; returns their bytes. @kernel damon_pa_stat, damon_pa_migrate (7.3, 6.12) */
  #collect(scheme: Scheme, start: number, end: number): number {
    const { memory, cost, spend } = this.#parts;
    const list = this.#list;
    const { action } = scheme.config;
    list.length = 0;
    const last = this.#lastOf(scheme);
    const lastHead = last.head;
    let passed = 0;
    let looked = 0;
    for (let pfn = Math.floor(start / PAGE_BYTES); pfn * PAGE_BYTES < end; ) {
      looked++;
      const pte = this.#folioAt(pfn);
      const { first, end: behind } = memory.extent(Math.max(pte, 0));
      last.head = pte < 0 ? NONE : memory.image.ptePfn[first];
      if (pte < 0 || last.head === lastHead) {
        pfn++;
        continue;
      }
      const rejected = action === 'pageout' ? this.#filters.rejectOrYoung(scheme, pte) : this.#filters.reject(scheme, pte);
      if (!rejected) {
        passed += (behind - first) * PAGE_BYTES;
        list.add(pte);
      }
      pfn += behind - first;
    }
    spend(Math.round(looked * cost.lookNs));
    return passed;
  }

  /** An entry that maps the folio of frame `pfn`; -1 for what is free, special, or on no LRU list. @kernel damon_get_folio (7.3, 6.12) */
  #folioAt(pfn: number): number {
    const { memory, vmas } = this.#parts;
    const pte = mappedEntry(memory.image, pfn);
    return pte >= 0 && memory.isolable(pte) && vmas.vmaOf(pte)?.role !== 'vdso' ? pte : NO_ENTRY;
  }

  /** @kernel include/linux/damon.h struct damos last_applied: forgotten when the scheme's round ends (7.3) */
  #lastOf(scheme: Scheme): { round: number; head: number } {
    const known = this.#lastApplied.get(scheme);
    if (known !== undefined && known.round === scheme.nextApplySis) return known;
    const fresh = { round: scheme.nextApplySis, head: NONE };
    this.#lastApplied.set(scheme, fresh);
    return fresh;
  }
}
