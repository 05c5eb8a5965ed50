import type { NumaVma } from './mm.js';

/** What is known of a hinting fault, as bits. @kernel include/linux/sched/numa_balancing.h TNF_* */
export const Tnf = {
  migrated: 0x01,
  noGroup: 0x02,
  shared: 0x04,
  faultLocal: 0x08,
  migrateFail: 0x10,
} as const;

/** A hinting fault: filled in by the host, completed by `doNumaPage`. One object per CPU is enough, for ever. */
export interface NumaFault {
  /** Mapping that the address lies in. */
  vma: NumaVma;
  /** The page as the host names it. */
  page: number;
  /** Node of the page before the fault. */
  nid: number;
  /** Base pages of the folio: 1, 512 for a PMD. */
  nrPages: number;
  /** The mapping may be written through. */
  writable: boolean;
  /** VM_SHARED and perhaps mapped by others. */
  sharedMapping: boolean;
  /**
   * Node that an interleaving policy with migrate-on-fault wants the page on; `NUMA_NO_NODE`: the mapping has none. Lab option: no user can
   * ask the kernel for such a policy.
   */
  policyNid: number;
  /** Answer: `Tnf` bits. After `migrated` the page is on `targetNid`. */
  flags: number;
  /** Answer: node that the page should go to, `NUMA_NO_NODE` for none. */
  targetNid: number;
}
