/**
 * What differs between the modelled kernels in monitoring, as plain data. `7.3` is Linux 7.3-rc7, `6.12` is Debian's
 * 6.12.117 (stable back-ports included: 6.12.0 behaves differently). Code asks for a switch, never for a version.
 */
export interface KernelProfile {
  readonly kernel: KernelVersion;
  /**
   * How initial ranges become regions. `chop` (7.3): slices of the size limit of the whole context, a short remainder last.
   * `even-floor` (6.12): each range in ⌊size / limit⌋ equal pieces, at least one, the last takes the remainder.
   */
  readonly initSplit: 'chop' | 'even-floor';
  /** Whether ranges that are not vaddr's own choice are split at start too. 7.3: yes. 6.12: no, one given range is one region. */
  readonly initSplitPaddr: boolean;
  /** Whether the size limit of merges is rounded up to the minimum region size. 7.3: yes. 6.12: no. */
  readonly limitAlign: boolean;
  /**
   * When the size limit is computed anew. `aggregation` (7.3): after every merge, and larger regions are chopped then.
   * `ops-update` (6.12): only after an operations update, nothing is chopped.
   */
  readonly limitRefresh: 'aggregation' | 'ops-update';
  /** Above ⌊max_nr_regions / 2⌋ regions. `rotating` (7.3): every k-th region is still split. `none` (6.12): no split at all. */
  readonly splitAboveHalf: 'rotating' | 'none';
  /** Whether a call above the half remembers its number of regions for the 3-way rule. 7.3: yes. 6.12: no. */
  readonly rememberNrOnFreeze: boolean;
  /** Whether age restarts when exactly one of nr_accesses and last_nr_accesses is 0. 7.3: yes. 6.12: no. */
  readonly ageZeroReset: boolean;
  /** Whether the span of a random draw is cut to 32 bits. 7.3: no. 6.12: yes, which leaves the tail of regions ≥ 4 GiB unsampled. */
  readonly rand32: boolean;
  /**
   * Whether the check sees the Accessed bit of a page that is on no LRU list yet; clearing leaves it alone in both kernels.
   * 7.3: yes, such a page reads accessed in every sample. 6.12: no, it reads idle.
   */
  readonly nonLruYoung: boolean;
  /** From where on a sleep counts jiffies. `from-4-ticks` (7.3): four timer ticks and more. `above-20-ms` (6.12): more than 20 ms. */
  readonly sleepJiffiesFrom: 'from-4-ticks' | 'above-20-ms';
  /** When a commit restarts the schedules. `if-changed` (7.3): only with other attributes. `always` (6.12): every commit. */
  readonly commitResetsSchedules: 'if-changed' | 'always';
  /**
   * Where requests are served. `each-sample` (7.3): after each check. `clear-and-merge` (6.12): after clearing the Accessed
   * bits and after a merge; commits after a merge only.
   */
  readonly requests: 'each-sample' | 'clear-and-merge';
  /**
   * New intervals. Yes (7.3): last_nr_accesses is converted to the new scale, and nr_accesses is zeroed inside a window.
   * No (6.12): nr_accesses is converted always, last_nr_accesses never.
   */
  readonly convertLastNr: boolean;
  /** The moving sum of accesses. `on-demand` (7.3): from the last window's count. `incremental` (6.12): kept in nr_accesses_bp. */
  readonly mvsum: 'on-demand' | 'incremental';
  /** Whether intervals auto-tuning exists. 7.3: yes. 6.12: no. */
  readonly intervalsGoal: boolean;
  /** Whether a context can be paused. 7.3: yes. 6.12: no. */
  readonly pause: boolean;
}

export type KernelVersion = '7.3' | '6.12';

const PROFILES: Readonly<Record<KernelVersion, KernelProfile>> = {
  '7.3': Object.freeze({
    kernel: '7.3',
    initSplit: 'chop',
    initSplitPaddr: true,
    limitAlign: true,
    limitRefresh: 'aggregation',
    splitAboveHalf: 'rotating',
    rememberNrOnFreeze: true,
    ageZeroReset: true,
    rand32: false,
    nonLruYoung: true,
    sleepJiffiesFrom: 'from-4-ticks',
    commitResetsSchedules: 'if-changed',
    requests: 'each-sample',
    convertLastNr: true,
    mvsum: 'on-demand',
    intervalsGoal: true,
    pause: true,
  }),
  '6.12': Object.freeze({
    kernel: '6.12',
    initSplit: 'even-floor',
    initSplitPaddr: false,
    limitAlign: false,
    limitRefresh: 'ops-update',
    splitAboveHalf: 'none',
    rememberNrOnFreeze: false,
    ageZeroReset: false,
    rand32: true,
    nonLruYoung: false,
    sleepJiffiesFrom: 'above-20-ms',
    commitResetsSchedules: 'always',
    requests: 'clear-and-merge',
    convertLastNr: false,
    mvsum: 'incremental',
    intervalsGoal: false,
    pause: false,
  }),
};

/** The switches of one modelled kernel. */
export function kernelProfile(kernel: KernelVersion): KernelProfile {
  return PROFILES[kernel];
}
