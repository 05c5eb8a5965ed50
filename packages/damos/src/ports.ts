import type { DamonOperations } from '@damonlab/damon';
import type { Scheme } from './scheme.js';

/** What an action did on a region, bytes. */
export interface ActionOutcome {
  readonly appliedBytes: number;
  /** Bytes that passed the filters of the ops layer. */
  readonly filterPassedBytes: number;
}

/**
 * What schemes need of an address space.
 * @kernel include/linux/damon.h struct damon_operations apply_scheme, get_scheme_score (7.3, 6.12)
 */
export interface DamosOperations extends Pick<DamonOperations, 'name' | 'targetValid'> {
  /**
   * Do the scheme's action on `[start, end)`, as far as its filters of the ops layer let it. Called only for actions that the
   * profile has on this address space. May return the same object again and again; must not touch the target's regions.
   */
  apply(scheme: Scheme, targetIndex: number, start: number, end: number): ActionOutcome;
  /**
   * Bytes of the folios in `[start, end)`, all and those on node `nid`; without it the goal node_eligible_mem_bp is refused.
   * @kernel mm/damon/core.c damos_get_node_eligible_mem_bp (7.3)
   */
  residentBytes?(targetIndex: number, start: number, end: number, nid: number): { readonly total: number; readonly onNode: number };
}

export interface PageCount {
  readonly freePages: number;
  readonly totalPages: number;
}

/** What schemes ask the machine for: figures that goals and watermarks follow. */
export interface DamosMetrics {
  /** Of the machine. */
  memory(): PageCount;
  /** Undefined for a node that does not exist. */
  nodeMemory(nid: number): PageCount | undefined;
  /** LRU pages of a memory cgroup on a node; undefined when either does not exist. */
  memcgPages(path: string, nid: number): number | undefined;
  hasMemcg(path: string): boolean;
  lruPages(): { readonly active: number; readonly inactive: number };
  /** Total time that some task waited for memory, µs. @kernel kernel/sched/psi.c PSI_MEM_SOME */
  someMemPsiUs(): number;
}

/** Where time comes from. Within one application of an action it may advance by what the action costs. */
export interface DamosClock {
  readonly hz: number;
  nowNs(): number;
}

/** Where a host looks on; all optional. */
export interface DamosHooks {
  /** A region goes to the action; `nrAccesses` is the moving sum. @kernel trace damos_before_apply */
  readonly onBeforeApply?: (schemeIndex: number, region: TriedRegion, nrRegions: number) => void;
  /** The effective size of a quota changed. @kernel trace damos_esz (7.3) */
  readonly onEffectiveSize?: (schemeIndex: number, bytes: number) => void;
  /** A scheme finished one apply round. @kernel trace damos_stat_after_apply_interval (7.3) */
  readonly onStat?: (schemeIndex: number, scheme: Scheme) => void;
  /** Something the user should know once, such as an action that does nothing on this address space. */
  readonly warn?: (message: string) => void;
}

/** A region that a scheme's action was tried on. */
export interface TriedRegion {
  readonly targetIndex: number;
  readonly start: number;
  readonly end: number;
  /** Moving sum, accesses per aggregation interval. */
  readonly nrAccesses: number;
  /** Before the action set it to 0. */
  readonly age: number;
}
