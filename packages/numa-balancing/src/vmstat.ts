/** Event counters with the names of /proc/vmstat, counted since boot. */
export interface NumaVmstat {
  /** PTEs armed, 512 for a PMD. */
  numa_pte_updates: number;
  /** PMDs armed: the host counts these while it arms. */
  numa_huge_pte_updates: number;
  /** Hinting faults, one per fault of any size. */
  numa_hint_faults: number;
  /** Of these, page already on the node of the faulting CPU. */
  numa_hint_faults_local: number;
  /** Base pages moved because of a hinting fault. */
  numa_pages_migrated: number;
  /** Base pages promoted from the slow tier to the top tier. */
  pgpromote_success: number;
  /** Base pages that passed the hot threshold, promoted or cut off by the rate limit. */
  pgpromote_candidate: number;
  /** Base pages promoted without threshold and rate limit, because the node had enough free memory. 7.3. */
  pgpromote_candidate_nrl: number;
  pgmigrate_success: number;
  pgmigrate_fail: number;
}

/** All zero. */
export function newVmstat(): NumaVmstat {
  return {
    numa_pte_updates: 0,
    numa_huge_pte_updates: 0,
    numa_hint_faults: 0,
    numa_hint_faults_local: 0,
    numa_pages_migrated: 0,
    pgpromote_success: 0,
    pgpromote_candidate: 0,
    pgpromote_candidate_nrl: 0,
    pgmigrate_success: 0,
    pgmigrate_fail: 0,
  };
}
