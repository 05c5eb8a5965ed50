import type { NumaBalancing } from './balancing.js';
import type { NumaMm, NumaVma, VmaNumabState } from './mm.js';
import type { NumaTask } from './task.js';
import { pidActive, rotatePids } from './vma-pids.js';

/** Why the scanner left a VMA, or a whole process, alone. Names as in the kernel's trace event sched_skip_vma_numa. */
export interface SkipCounters {
  unsuitable: number;
  shared_ro: number;
  inaccessible: number;
  scan_delay: number;
  pid_inactive: number;
  /** Not skipped: the thread has no faults in it, but the scan is already inside. */
  ignore_pid_inactive: number;
  seq_completed: number;
  /** Passes given up because the cpuset allows one memory node. @kernel trace sched_skip_cpuset_numa (7.3) */
  cpuset: number;
}

export type VmaSkip = 'unsuitable' | 'shared_ro' | 'inaccessible' | 'scan_delay' | 'seq_completed' | 'pid_inactive';

export function newSkipCounters(): SkipCounters {
  return {
    unsuitable: 0,
    shared_ro: 0,
    inaccessible: 0,
    scan_delay: 0,
    pid_inactive: 0,
    ignore_pid_inactive: 0,
    seq_completed: 0,
    cpuset: 0,
  };
}

/** Times the scan delay between two rotations of the PID sets. @kernel VMA_PID_RESET_PERIOD */
const PID_RESET_DELAYS = 4;

/**
 * Look at one VMA on the way of the scanner: make its state, rotate its PID sets when due, and tell why to pass it by, undefined
 * for "scan it". `forced`: the walk that ignores missing PIDs.
 *
 * @kernel kernel/sched/fair.c task_numa_work, loop over VMAs (7.3, 6.12)
 */
export function vmaSkipReason(nb: NumaBalancing, task: NumaTask, vma: NumaVma, forced: boolean, jiffies: number): VmaSkip | undefined {
  const { mm } = task;
  if (vma.unsuitable) return 'unsuitable';
  if (vma.sharedRo) return 'shared_ro';
  if (vma.inaccessible) return 'inaccessible';
  vma.numabState ??= newVmaState(nb, mm, jiffies);
  const state = vma.numabState;
  if (mm.numaScanSeq !== 0 && jiffies < state.nextScan) return 'scan_delay';
  if (mm.numaScanSeq !== 0 && jiffies > state.pidsActiveReset) {
    state.pidsActiveReset += pidResetJiffies(nb);
    rotatePids(state.pidsActive);
  }
  if (state.prevScanSeq === mm.numaScanSeq) return 'seq_completed';
  if (!forced && !vmaIsAccessed(nb, task, vma, state)) return 'pid_inactive';
  return undefined;
}

/**
 * Whether it is worth arming a VMA on behalf of `task`: in the first two sequences always, later when a thread hashed like it
 * faulted there lately, when the scan stands inside the VMA, or when nobody scanned it for more sequences than there are threads.
 *
 * @kernel kernel/sched/fair.c vma_is_accessed (7.3, 6.12)
 */
export function vmaIsAccessed(nb: NumaBalancing, task: NumaTask, vma: NumaVma, state: VmaNumabState): boolean {
  const { mm } = task;
  if (mm.numaScanSeq - state.startScanSeq < 2) return true;
  if (pidActive(state.pidsActive, task.pid)) return true;
  if (mm.numaScanOffset > vma.start) {
    nb.skipped.ignore_pid_inactive++;
    return true;
  }
  return mm.numaScanSeq > state.prevScanSeq + mm.nrThreads;
}

function newVmaState(nb: NumaBalancing, mm: NumaMm, jiffies: number): VmaNumabState {
  const nextScan = jiffies + nb.jiffies.fromMs(nb.tunables.scanDelayMs);
  return {
    nextScan,
    pidsActiveReset: nextScan + pidResetJiffies(nb),
    pidsActive: new Uint32Array(4),
    startScanSeq: mm.numaScanSeq,
    prevScanSeq: mm.numaScanSeq - 1,
  };
}

function pidResetJiffies(nb: NumaBalancing): number {
  return nb.jiffies.fromMs(PID_RESET_DELAYS * nb.tunables.scanDelayMs);
}
