import { FaultBuckets } from './fault-buckets.js';
import type { NumaGroup } from './group.js';
import type { NumaMm } from './mm.js';

/** No node: not chosen yet, or nothing to do. @kernel NUMA_NO_NODE */
export const NUMA_NO_NODE = -1;

/** Load sum of a thread that has been running for long. @kernel LOAD_AVG_MAX */
export const LOAD_AVG_MAX = 47_742;

/** Indexes of `locality`. @kernel include/linux/sched.h numa_faults_locality */
export const Locality = { remote: 0, local: 1, failed: 2 } as const;

/**
 * What NUMA balancing keeps of one thread. The host owns `cpu`; everything else is set by the functions of this package.
 *
 * @kernel include/linux/sched.h struct task_struct, CONFIG_NUMA_BALANCING (7.3, 6.12)
 */
export interface NumaTask {
  readonly pid: number;
  readonly mm: NumaMm;
  /** CPU that the thread runs on, or ran on last. The host keeps it up to date. */
  cpu: number;
  /** CPU time as of the last tick, and when that was: the scheduler's books, not the exact time. */
  sumExecRuntimeNs: number;
  execStartNs: number;
  /** Decayed runnable time for the first placement; 0 to `LOAD_AVG_MAX`. */
  loadSum: number;

  numaScanPeriodMs: number;
  numaScanPeriodMaxMs: number;
  /** CPU time at which the current scan period began. */
  nodeStampNs: number;
  /** A pass waits for the return to user mode. @kernel numa_work.next */
  workPending: boolean;

  /** Scan sequence of the address space that the last placement saw. */
  numaScanSeq: number;
  numaPreferredNid: number;
  /** Jiffies before which no placement is tried. */
  numaMigrateRetry: number;
  /** Whether any fault was ever counted. @kernel numa_faults != NULL */
  hasFaults: boolean;
  readonly numaFaults: FaultBuckets;
  totalNumaFaults: number;
  /** Pages faulted on since the last look: remote, local, failed to migrate (`Locality`). */
  readonly locality: Float64Array;
  numaPagesMigrated: number;
  lastTaskNumaPlacementNs: number;
  lastSumExecRuntimeNs: number;
  numaGroup: NumaGroup | undefined;
}

/** A thread as it is before anything was counted. `fork.ts` makes the ones that hosts use. */
export function blankTask(pid: number, mm: NumaMm, cpu: number, nrNodes: number): NumaTask {
  return {
    pid,
    mm,
    cpu,
    sumExecRuntimeNs: 0,
    execStartNs: 0,
    loadSum: LOAD_AVG_MAX,
    numaScanPeriodMs: 0,
    numaScanPeriodMaxMs: 0,
    nodeStampNs: 0,
    workPending: false,
    numaScanSeq: mm.numaScanSeq,
    numaPreferredNid: NUMA_NO_NODE,
    numaMigrateRetry: 0,
    hasFaults: false,
    numaFaults: FaultBuckets.ofTask(nrNodes),
    totalNumaFaults: 0,
    locality: new Float64Array(3),
    numaPagesMigrated: 0,
    lastTaskNumaPlacementNs: 0,
    lastSumExecRuntimeNs: 0,
    numaGroup: undefined,
  };
}
