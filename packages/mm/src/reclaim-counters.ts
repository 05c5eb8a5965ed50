/** Under the names of /proc/vmstat. */
export interface ReclaimCounters {
  pgmajfault: number;
  pswpin: number;
  pswpout: number;
  pgscan_kswapd: number;
  pgscan_direct: number;
  pgsteal_kswapd: number;
  pgsteal_direct: number;
  /** Of what was stolen: base pages that went to a lower tier. */
  pgdemote_kswapd: number;
  pgdemote_direct: number;
  allocstall: number;
  pglazyfree: number;
  pglazyfreed: number;
  workingset_refault_anon: number;
  workingset_refault_file: number;
  workingset_activate_anon: number;
  workingset_activate_file: number;
}

export function noReclaimCounters(): ReclaimCounters {
  return {
    pgmajfault: 0,
    pswpin: 0,
    pswpout: 0,
    pgscan_kswapd: 0,
    pgscan_direct: 0,
    pgsteal_kswapd: 0,
    pgsteal_direct: 0,
    pgdemote_kswapd: 0,
    pgdemote_direct: 0,
    allocstall: 0,
    pglazyfree: 0,
    pglazyfreed: 0,
    workingset_refault_anon: 0,
    workingset_refault_file: 0,
    workingset_activate_anon: 0,
    workingset_activate_file: 0,
  };
}
