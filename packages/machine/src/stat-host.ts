import { NS_PER_SEC } from '@damonlab/base';
import type { DamonContext } from '@damonlab/damon';
import { memoryStat } from '@damonlab/policies';
import type { MemoryStatRow } from '@damonlab/record';

/** Least time between two refreshes. */
const EVERY_NS = 5 * NS_PER_SEC;

/** DAMON_STAT beside a kdamond: asked at each sample, it looks at the regions when it is time. */
export class StatHost {
  readonly #onRows: (rows: readonly MemoryStatRow[]) => void;
  #lastNs = 0;

  constructor(onRows: (rows: readonly MemoryStatRow[]) => void) {
    this.#onRows = onRows;
  }

  /** @kernel mm/damon/stat.c damon_stat_damon_call_fn (7.3) */
  refresh({ targets, attrs }: DamonContext, atNs: number): void {
    if (atNs - this.#lastNs <= EVERY_NS) return;
    this.#lastNs = atNs;
    const { estimatedMemoryBandwidth: estimatedBandwidth, memoryIdleMsPercentiles } = memoryStat(targets, attrs);
    this.#onRows(memoryIdleMsPercentiles.map((idleMs, percentile) => ({ atNs, estimatedBandwidth, percentile, idleMs })));
  }
}
