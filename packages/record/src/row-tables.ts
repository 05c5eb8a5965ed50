/** Where the pages of a workload's region were at the end of a window: one row per node. */
export interface PlacementRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly targetId: number;
  readonly region: string;
  readonly start: number;
  readonly end: number;
  readonly nid: number;
  readonly pages: number;
}

/** Pages of a workload's region that were touched in a window, by the node that they were on at its end; nodes with none are left out. */
export interface TouchedPagesRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly targetId: number;
  readonly region: string;
  readonly nid: number;
  readonly pages: number;
}

/** Event counters as /proc/vmstat has them, at the end of a window, counted since the start of the run. */
export interface VmstatRow {
  readonly endNs: number;
  readonly counter: string;
  readonly value: number;
}

/** A user of hinting faults over a window; counts since the start of the run, `HintFaultCounters` says what they mean. */
export interface SharingRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly user: string;
  /** 1: it had them at the end of the window. */
  readonly active: number;
  /** Arms in force at the end of the window. */
  readonly inForce: number;
  readonly armed: number;
  readonly lostArms: number;
  readonly disarmed: number;
  readonly delivered: number;
  readonly misattributed: number;
  readonly stray: number;
  readonly lostFaults: number;
}

/** A thread at the end of a window. */
export interface ThreadRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly tid: number;
  readonly targetId: number;
  readonly cpu: number;
  /** CPU time in the window. */
  readonly execNs: number;
  /** -1: none; also without NUMA balancing. */
  readonly numaPreferredNid: number;
  readonly numaScanPeriodMs: number;
  readonly numaScanSeq: number;
}

/** A change of who has the hinting faults, or a refused one. */
export interface HandoverRow {
  readonly atNs: number;
  /** Users that gave them up and that took them, names with commas between. */
  readonly stopped: string;
  readonly started: string;
  /** Why it was refused: the owner's name; empty if it was not. */
  readonly busy: string;
  readonly walked: number;
  readonly changed: number;
  readonly shootdowns: number;
  readonly leftOver: number;
  readonly costNs: number;
  /** How long it took until nothing of the leaving users was armed any more; -1: it had not come to that when the run ended. */
  readonly quiescedNs: number;
}

/** A pass of NUMA balancing's scanner. */
export interface ScanPassRow {
  readonly atNs: number;
  readonly tid: number;
  readonly cpu: number;
  readonly numaScanSeq: number;
  readonly numaScanPeriodMs: number;
  readonly numaPreferredNid: number;
  readonly ptesUpdated: number;
  readonly pagesWalked: number;
  readonly costNs: number;
}

/** A scheme after an apply round: its statistics since the start, and the effective size of its quota in force. Sizes in bytes. */
export interface SchemeRow {
  readonly atNs: number;
  readonly scheme: number;
  readonly action: string;
  readonly nrTried: number;
  readonly szTried: number;
  readonly nrApplied: number;
  readonly szApplied: number;
  readonly szOpsFilterPassed: number;
  readonly qtExceeds: number;
  readonly nrSnapshots: number;
  /** 0 without a quota. */
  readonly effectiveBytes: number;
}

/** A region that a scheme's action was tried on, seen by a look that was asked for at `startNs` and over at `endNs`. */
export interface TriedRegionRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly scheme: number;
  readonly targetId: number;
  readonly start: number;
  readonly end: number;
  readonly nrAccesses: number;
  readonly age: number;
  readonly szFilterPassed: number;
}

/** What DAMON_STAT shows, at one of its refreshes: a row per percentile. */
export interface MemoryStatRow {
  readonly atNs: number;
  /** Bytes a second. */
  readonly estimatedBandwidth: number;
  /** 0 to 100, of the bytes by their idle time. */
  readonly percentile: number;
  /** Negative: accessed for so long. */
  readonly idleMs: number;
}

/** Base pages that a process dirtied in a window. */
export interface DirtyPagesRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly targetId: number;
  /** By what the monitor counted. */
  readonly estimated: number;
  /** In truth: pages that were written at least once. */
  readonly written: number;
}

/** Pages that went from one node to another in a window; pairs without any are left out. */
export interface MigrationRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly fromNid: number;
  readonly toNid: number;
  /** Base pages. */
  readonly pages: number;
}

/** What was asked of a memory node in a window, as far as accesses are timed (`latency_every`, `bandwidth_GBps`). */
export interface NodeLoadRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly nid: number;
  /** Moved by accesses, an estimate from those that were timed. */
  readonly bytes: number;
  /** Accesses without a fault that were timed, and what they took in the mean, ps; 0: none was. */
  readonly timed: number;
  readonly meanPs: number;
}

/** A fault; of each window and kind only the first ones are kept. */
export interface FaultRow {
  readonly atNs: number;
  readonly kind: 'first_touch' | 'hint_fault';
  readonly cpu: number;
  readonly tid: number;
  readonly targetId: number;
  readonly addr: number;
  /** 1: a write; a first touch does not say. */
  readonly write: number;
  /** Node of the page once it is over. */
  readonly nid: number;
}

/** Accesses by how long they took, over the whole run. */
export interface LatencyRow {
  /** `access`: without a fault. */
  readonly kind: 'access' | 'first_touch' | 'hint_fault';
  /** A latency of the row is at least `lowPs` and below `highPs`. */
  readonly lowPs: number;
  readonly highPs: number;
  readonly count: number;
  /** One access of the kind in so many was timed. */
  readonly every: number;
}

/** How often threads got into each other's way in a window, by CPU; docs/concurrency.md has the names. */
export interface RaceRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly cpu: number;
  readonly race: string;
  readonly count: number;
}

/** Wake-ups of kdamonds in a window that came at least `lowNs` and less than `highNs` too late. */
export interface TimerLatenessRow {
  readonly startNs: number;
  readonly endNs: number;
  readonly lowNs: number;
  readonly highNs: number;
  readonly count: number;
}

/** Tables that a run has only if it has something to say in them, one Parquet file each. */
export interface RunTables {
  placement: PlacementRow;
  touched_pages: TouchedPagesRow;
  vmstat: VmstatRow;
  sharing: SharingRow;
  threads: ThreadRow;
  handovers: HandoverRow;
  scan_passes: ScanPassRow;
  schemes: SchemeRow;
  tried_regions: TriedRegionRow;
  damon_stat: MemoryStatRow;
  dirty_pages: DirtyPagesRow;
  migrations: MigrationRow;
  node_load: NodeLoadRow;
  faults: FaultRow;
  latency: LatencyRow;
  races: RaceRow;
  timer_lateness: TimerLatenessRow;
}
export type TableName = keyof RunTables;
/** Rows of every table, while they are collected and when they are read. */
export type RowLists = { [Name in TableName]: RunTables[Name][] };
export type RowsOf = { readonly [Name in TableName]: readonly RunTables[Name][] };

/** Name in the file, and type there. */
export type Column = readonly [name: string, type: 'INT32' | 'INT64' | 'UTF8'];
type ColumnsOf<Row> = { readonly [Field in keyof Row]: Column };

const WINDOW = { startNs: ['start_time', 'INT64'], endNs: ['end_time', 'INT64'] } as const;
const SCAN = {
  numaScanSeq: ['numa_scan_seq', 'INT32'],
  numaScanPeriodMs: ['numa_scan_period', 'INT32'],
  numaPreferredNid: ['numa_preferred_nid', 'INT32'],
} as const;

/** Fields of a row and the columns they are kept in, in the order of the file. */
export const TABLES: { readonly [Name in TableName]: ColumnsOf<RunTables[Name]> } = {
  placement: {
    ...WINDOW,
    targetId: ['target_id', 'INT64'],
    region: ['region', 'UTF8'],
    start: ['start', 'INT64'],
    end: ['end', 'INT64'],
    nid: ['nid', 'INT32'],
    pages: ['pages', 'INT64'],
  },
  touched_pages: {
    ...WINDOW,
    targetId: ['target_id', 'INT64'],
    region: ['region', 'UTF8'],
    nid: ['nid', 'INT32'],
    pages: ['pages', 'INT64'],
  },
  vmstat: { endNs: ['end_time', 'INT64'], counter: ['counter', 'UTF8'], value: ['value', 'INT64'] },
  sharing: {
    ...WINDOW,
    user: ['user', 'UTF8'],
    active: ['active', 'INT32'],
    inForce: ['in_force', 'INT64'],
    armed: ['armed', 'INT64'],
    lostArms: ['lost_arms', 'INT64'],
    disarmed: ['disarmed', 'INT64'],
    delivered: ['delivered', 'INT64'],
    misattributed: ['misattributed', 'INT64'],
    stray: ['stray', 'INT64'],
    lostFaults: ['lost_faults', 'INT64'],
  },
  threads: {
    ...WINDOW,
    tid: ['tid', 'INT64'],
    targetId: ['target_id', 'INT64'],
    cpu: ['cpu', 'INT32'],
    execNs: ['exec_ns', 'INT64'],
    ...SCAN,
  },
  handovers: {
    atNs: ['time', 'INT64'],
    stopped: ['stopped', 'UTF8'],
    started: ['started', 'UTF8'],
    busy: ['busy', 'UTF8'],
    walked: ['walked', 'INT64'],
    changed: ['changed', 'INT64'],
    shootdowns: ['shootdowns', 'INT64'],
    leftOver: ['left_over', 'INT64'],
    costNs: ['cost_ns', 'INT64'],
    quiescedNs: ['quiesced_ns', 'INT64'],
  },
  scan_passes: {
    atNs: ['time', 'INT64'],
    tid: ['tid', 'INT64'],
    cpu: ['cpu', 'INT32'],
    ...SCAN,
    ptesUpdated: ['ptes_updated', 'INT64'],
    pagesWalked: ['pages_walked', 'INT64'],
    costNs: ['cost_ns', 'INT64'],
  },
  schemes: {
    atNs: ['time', 'INT64'],
    scheme: ['scheme', 'INT32'],
    action: ['action', 'UTF8'],
    nrTried: ['nr_tried', 'INT64'],
    szTried: ['sz_tried', 'INT64'],
    nrApplied: ['nr_applied', 'INT64'],
    szApplied: ['sz_applied', 'INT64'],
    szOpsFilterPassed: ['sz_ops_filter_passed', 'INT64'],
    qtExceeds: ['qt_exceeds', 'INT64'],
    nrSnapshots: ['nr_snapshots', 'INT64'],
    effectiveBytes: ['effective_bytes', 'INT64'],
  },
  tried_regions: {
    ...WINDOW,
    scheme: ['scheme', 'INT32'],
    targetId: ['target_id', 'INT64'],
    start: ['start', 'INT64'],
    end: ['end', 'INT64'],
    nrAccesses: ['nr_accesses', 'INT64'],
    age: ['age', 'INT64'],
    szFilterPassed: ['sz_filter_passed', 'INT64'],
  },
  damon_stat: {
    atNs: ['time', 'INT64'],
    estimatedBandwidth: ['estimated_memory_bandwidth', 'INT64'],
    percentile: ['percentile', 'INT32'],
    idleMs: ['memory_idle_ms', 'INT64'],
  },
  dirty_pages: { ...WINDOW, targetId: ['target_id', 'INT64'], estimated: ['estimated', 'INT64'], written: ['written', 'INT64'] },
  migrations: { ...WINDOW, fromNid: ['from_nid', 'INT32'], toNid: ['to_nid', 'INT32'], pages: ['pages', 'INT64'] },
  node_load: {
    ...WINDOW,
    nid: ['nid', 'INT32'],
    bytes: ['bytes', 'INT64'],
    timed: ['timed', 'INT64'],
    meanPs: ['mean_ps', 'INT64'],
  },
  faults: {
    atNs: ['time', 'INT64'],
    kind: ['kind', 'UTF8'],
    cpu: ['cpu', 'INT32'],
    tid: ['tid', 'INT64'],
    targetId: ['target_id', 'INT64'],
    addr: ['addr', 'INT64'],
    write: ['write', 'INT32'],
    nid: ['nid', 'INT32'],
  },
  latency: {
    kind: ['kind', 'UTF8'],
    lowPs: ['low_ps', 'INT64'],
    highPs: ['high_ps', 'INT64'],
    count: ['count', 'INT64'],
    every: ['every', 'INT64'],
  },
  races: { ...WINDOW, cpu: ['cpu', 'INT32'], race: ['race', 'UTF8'], count: ['count', 'INT64'] },
  timer_lateness: { ...WINDOW, lowNs: ['low_ns', 'INT64'], highNs: ['high_ns', 'INT64'], count: ['count', 'INT64'] },
};

export const TABLE_NAMES = Object.keys(TABLES).filter(isTableName);

export function isTableName(name: string): name is TableName {
  return Object.hasOwn(TABLES, name);
}

/** No rows in any table. */
export function noTables(): RowLists {
  return {
    placement: [],
    touched_pages: [],
    vmstat: [],
    sharing: [],
    threads: [],
    handovers: [],
    scan_passes: [],
    schemes: [],
    tried_regions: [],
    damon_stat: [],
    dirty_pages: [],
    migrations: [],
    node_load: [],
    faults: [],
    latency: [],
    races: [],
    timer_lateness: [],
  };
}
