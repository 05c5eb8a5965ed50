import { assert } from '@damonlab/base';
import type { DamonOperations } from '@damonlab/damon';
import type { ActionOutcome, DamosOperations, Scheme } from '@damonlab/damos';

/** Without filters of the ops layer nobody looks at a folio, so none passes. */
const COUNTED: ActionOutcome = Object.freeze({ appliedBytes: 0, filterPassedBytes: 0 });

/**
 * What schemes do to memory, so far: `stat`, which only counts. Scenarios with other actions are refused.
 * @kernel mm/damon/vaddr.c damos_va_stat, mm/damon/paddr.c damon_pa_stat (7.3); damon_va_apply_scheme, damon_pa_apply_scheme (6.12)
 */
export class CountOnly implements DamosOperations {
  readonly #ops: Pick<DamonOperations, 'name' | 'targetValid'>;

  constructor(ops: Pick<DamonOperations, 'name' | 'targetValid'>) {
    this.#ops = ops;
  }

  get name(): 'vaddr' | 'fvaddr' | 'paddr' {
    return this.#ops.name;
  }

  targetValid(target: number): boolean {
    return this.#ops.targetValid(target);
  }

  apply({ config, filters }: Scheme): ActionOutcome {
    assert(config.action === 'stat' && filters.ops.length === 0, 'only stat without filters of the ops layer is hosted');
    return COUNTED;
  }
}
