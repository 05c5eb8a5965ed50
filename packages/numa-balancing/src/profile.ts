/**
 * What differs between the modelled kernels in NUMA balancing, as plain data. `7.3` is Linux 7.3-rc7, `6.12` is Debian's
 * 6.12.117. Code asks for a switch, never for a version.
 */
export interface NumaProfile {
  readonly kernel: NumaKernelVersion;
  /**
   * Whether the locality counters are cleared also when the scan period is doubled. 6.12.117: yes. 7.3-rc7: no, so one failed
   * migration keeps doubling the period, and early remote faults keep weighing.
   */
  readonly numaClearLocalityOnDouble: boolean;
  /** Which PMD-mapped pages the scanner leaves alone. `full` (7.3): the same as PTEs. `tier-only` (6.12): only by tier. */
  readonly thpScanFilter: 'full' | 'tier-only';
  /** Where the scanner leaves pinned pages alone. `any-mapping` (7.3), `cow-mapping` (6.12): only in private mappings. */
  readonly pinnedScanFilter: 'any-mapping' | 'cow-mapping';
  /** Whether a process whose cpuset allows exactly one memory node goes unscanned. 7.3: yes. 6.12: no. */
  readonly cpusetSingleNodeSkip: boolean;
  /** Whether promotions without rate limit are counted as candidates (pgpromote_candidate_nrl). 7.3: yes. 6.12: no. */
  readonly countCandidateNrl: boolean;
}

export type NumaKernelVersion = '7.3' | '6.12';

const PROFILES: Readonly<Record<NumaKernelVersion, NumaProfile>> = {
  '7.3': Object.freeze({
    kernel: '7.3',
    numaClearLocalityOnDouble: false,
    thpScanFilter: 'full',
    pinnedScanFilter: 'any-mapping',
    cpusetSingleNodeSkip: true,
    countCandidateNrl: true,
  }),
  '6.12': Object.freeze({
    kernel: '6.12',
    numaClearLocalityOnDouble: true,
    thpScanFilter: 'tier-only',
    pinnedScanFilter: 'cow-mapping',
    cpusetSingleNodeSkip: false,
    countCandidateNrl: false,
  }),
};

/** The switches of one modelled kernel. */
export function numaProfile(kernel: NumaKernelVersion): NumaProfile {
  return PROFILES[kernel];
}
