import { PAGE_BYTES } from '@damonlab/base';
import { type FilterLayers, type OpsFilter, opsFilterOut, type Scheme } from '@damonlab/damos';
import { anonymous, takeYoung } from '@damonlab/mm';
import type { ActionParts } from './action-parts.js';

/** Reclaim leaves out what was accessed in the meantime, unless the user says otherwise. */
const REJECT_YOUNG: OpsFilter = { type: 'young', matching: true, allow: false };

/**
 * The filters of the ops layer: whether a folio is what they mean. A frame has one mapping here, so the page table (vaddr) and the reverse
 * map (paddr) say the same.
 *
 * @kernel mm/damon/ops-common.c damos_folio_filter_match, vaddr.c damos_va_filter_out, paddr.c damos_pa_filter_match (7.3)
 */
export class FolioFilters {
  readonly #parts: ActionParts;
  #pte = 0;
  readonly #extended = new WeakMap<FilterLayers, FilterLayers>();
  readonly #isOfType = (filter: OpsFilter) => this.#matches(filter);

  constructor(parts: ActionParts) {
    this.#parts = parts;
  }

  /** Whether the filters of `scheme` keep out the folio that `pte` maps. One that `young` looks at is old afterwards. */
  reject({ filters, coreVerdict }: Scheme, pte: number): boolean {
    this.#pte = pte;
    return opsFilterOut(filters, coreVerdict, this.#isOfType);
  }

  /** The same behind a last filter that keeps out what is young, unless the scheme has one of its own. @kernel damon_pa_pageout (7.3) */
  rejectOrYoung(scheme: Scheme, pte: number): boolean {
    this.#pte = pte;
    return opsFilterOut(this.#withYoung(scheme.filters), scheme.coreVerdict, this.#isOfType);
  }

  #withYoung(layers: FilterLayers): FilterLayers {
    if (layers.ops.some(({ type }) => type === 'young')) return layers;
    const known = this.#extended.get(layers);
    if (known !== undefined) return known;
    const extended = { ...layers, ops: [...layers.ops, REJECT_YOUNG] };
    this.#extended.set(layers, extended);
    return extended;
  }

  #matches(filter: OpsFilter): boolean {
    const { memory, vmas, memcgs } = this.#parts;
    const pte = this.#pte;
    switch (filter.type) {
      case 'anon': {
        const vma = vmas.vmaOf(pte);
        return vma !== undefined && anonymous(vma);
      }
      case 'memcg': {
        const space = vmas.spaceOf(pte);
        return space !== undefined && memcgs[space.id] === filter.path;
      }
      case 'young':
        return takeYoung(memory.image, pte);
      case 'hugepage_size': {
        const { first, end } = memory.extent(pte);
        const bytes = (end - first) * PAGE_BYTES;
        return bytes >= filter.minBytes && bytes <= filter.maxBytes;
      }
      case 'active':
        return memory.isActive(pte);
      case 'unmapped':
        return !memory.isMapped(pte);
    }
  }
}
