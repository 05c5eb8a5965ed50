import type { AddrRange } from '@damonlab/base';
import type { RegionList } from './region-list.js';

/**
 * What DAMON's core needs of an address space. The core knows nothing of page tables, clocks or threads; these ops do.
 *
 * @kernel include/linux/damon.h struct damon_operations (7.3, 6.12)
 */
export interface DamonOperations {
  readonly name: 'vaddr' | 'fvaddr' | 'paddr';
  /**
   * Ranges to start monitoring `targetIndex` with, when the user gave none (vaddr: the three ranges).
   * Undefined where there is no such default, or when it cannot be found now (fewer than two gaps): the target then stays without regions.
   * @kernel mm/damon/vaddr.c damon_va_three_regions
   */
  initRanges(targetIndex: number): AddrRange[] | undefined;
  /** Ranges to re-apply at an ops update, undefined for "leave as it is" (fvaddr, paddr). @kernel mm/damon/vaddr.c damon_va_update */
  updateRanges(targetIndex: number): AddrRange[] | undefined;
  /** For each region draw a sampling address (into `regions.samplingAddr`) and clear the Accessed bit there. */
  prepareAccessChecks(targetIndex: number, regions: RegionList): void;
  /** For each region: if the page at `samplingAddr` was accessed since, `regions.nrAccesses[i]++`. Returns the largest nr_accesses seen. */
  checkAccesses(targetIndex: number, regions: RegionList): number;
  /** False when the target's process is gone. When no target is valid the kdamond ends. */
  targetValid(targetIndex: number): boolean;
}
