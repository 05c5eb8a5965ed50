import type { AccessReport } from './report.js';

interface FilterBase {
  /** The filter matches a report when its test says the same as this. */
  readonly matching: boolean;
  /** What becomes of a report that it matches: kept or rejected. */
  readonly allow: boolean;
}

/** Which reports count. The test: CPU in `cpus`; thread in `tids`; a write. @kernel damon_sample_filter (damon/next) */
export type SampleFilter =
  | (FilterBase & { readonly type: 'cpumask'; readonly cpus: readonly number[] })
  | (FilterBase & { readonly type: 'threads'; readonly tids: readonly number[] })
  | (FilterBase & { readonly type: 'write' });

/**
 * How filters decide together. `damos`: as DAMOS filters do. `literal`: as the posted code does, where allow filters select
 * nothing: one allow filter keeps everything, one reject filter rejects everything.
 */
export type FilterRule = 'damos' | 'literal';

type Predicate = (report: AccessReport) => boolean;

/** A list of filters, ready to judge many reports. */
export class SampleFilters {
  readonly #filters: readonly FilterBase[];
  readonly #predicates: readonly Predicate[];
  readonly #rule: FilterRule;

  constructor(filters: readonly SampleFilter[], rule: FilterRule) {
    this.#filters = filters;
    this.#predicates = filters.map(predicateOf);
    this.#rule = rule;
  }

  /** Whether `report` counts. Without filters all do. */
  keeps(report: AccessReport): boolean {
    if (this.#filters.length === 0) return true;
    return this.#rule === 'damos' ? this.#keepsDamos(report) : this.#keepsLiteral(report);
  }

  /** The first filter that matches decides; when none does, the opposite of the last one's `allow`. */
  #keepsDamos(report: AccessReport): boolean {
    for (let i = 0; i < this.#filters.length; i++) if (this.#matches(i, report)) return this.#filters[i].allow;
    return !this.#last.allow;
  }

  /** Any matching reject filter rejects; otherwise the last filter's `allow` alone decides. @kernel damon_sample_filter_out (damon/next) */
  #keepsLiteral(report: AccessReport): boolean {
    for (let i = 0; i < this.#filters.length; i++) if (!this.#filters[i].allow && this.#matches(i, report)) return false;
    return this.#last.allow;
  }

  get #last(): FilterBase {
    return this.#filters[this.#filters.length - 1];
  }

  #matches(i: number, report: AccessReport): boolean {
    return this.#predicates[i](report) === this.#filters[i].matching;
  }
}

function predicateOf(filter: SampleFilter): Predicate {
  switch (filter.type) {
    case 'cpumask': {
      const cpus = new Set(filter.cpus);
      return (report) => cpus.has(report.cpu);
    }
    case 'threads': {
      const tids = new Set(filter.tids);
      return (report) => tids.has(report.tid);
    }
    case 'write':
      return (report) => report.isWrite;
  }
}
