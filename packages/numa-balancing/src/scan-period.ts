import { PAGE_BYTES } from '@damonlab/base';
import type { NumaBalancing } from './balancing.js';
import type { NumaGroup } from './group.js';
import { Locality, type NumaTask } from './task.js';

/** Most that one thread may scan, MiB a second. */
const MAX_SCAN_WINDOW = 2560;
const MS_PER_SEC = 1000;
const NUMA_PERIOD_SLOTS = 10;
const NUMA_PERIOD_THRESHOLD = 7;
const PAGES_PER_MIB = 2 ** 20 / PAGE_BYTES;

/** Passes that a walk over all resident memory takes, at least 1. @kernel task_nr_scan_windows */
export function taskNrScanWindows(nb: NumaBalancing, task: NumaTask): number {
  const scanPages = nb.tunables.scanSizeMb * PAGES_PER_MIB;
  return Math.max(1, Math.ceil(nb.host.memory.rssPages(task.mm) / scanPages));
}

/** Shortest scan period of a thread, ms. @kernel kernel/sched/fair.c task_scan_min (7.3, 6.12) */
export function taskScanMin(nb: NumaBalancing, task: NumaTask): number {
  const { scanSizeMb, scanPeriodMinMs } = nb.tunables;
  const windows = scanSizeMb < MAX_SCAN_WINDOW ? Math.floor(MAX_SCAN_WINDOW / scanSizeMb) : 1;
  return Math.max(Math.floor(MS_PER_SEC / windows), Math.floor(scanPeriodMinMs / taskNrScanWindows(nb, task)));
}

/** First scan period of a thread, ms: longer in a group that shares much. @kernel kernel/sched/fair.c task_scan_start (7.3, 6.12) */
export function taskScanStart(nb: NumaBalancing, task: NumaTask): number {
  const min = taskScanMin(nb, task);
  return task.numaGroup === undefined ? min : Math.max(min, stretchBySharing(min, task.numaGroup));
}

/** Longest scan period of a thread, ms. @kernel kernel/sched/fair.c task_scan_max (7.3, 6.12) */
export function taskScanMax(nb: NumaBalancing, task: NumaTask): number {
  const max = Math.floor(nb.tunables.scanPeriodMaxMs / taskNrScanWindows(nb, task));
  const stretched = task.numaGroup === undefined ? max : Math.max(max, stretchBySharing(max, task.numaGroup));
  return Math.max(taskScanMin(nb, task), stretched);
}

/**
 * Adapt a thread's scan period to what its faults showed: longer where they are private or local, shorter where moving pages
 * would help, double where there is nothing to learn or migration failed. `shared`, `priv`: pages faulted on since the last placement.
 *
 * @kernel kernel/sched/fair.c update_task_scan_period (7.3, 6.12)
 */
export function updateTaskScanPeriod(nb: NumaBalancing, task: NumaTask, shared: number, priv: number, nowNs: number): void {
  const { locality, mm } = task;
  const local = locality[Locality.local];
  if (local + shared === 0 || locality[Locality.failed] > 0) {
    task.numaScanPeriodMs = Math.min(task.numaScanPeriodMaxMs, task.numaScanPeriodMs * 2);
    mm.numaNextScan = nb.jiffies.at(nowNs) + nb.jiffies.fromMs(task.numaScanPeriodMs);
    if (nb.profile.numaClearLocalityOnDouble) locality.fill(0);
    return;
  }
  const slot = Math.ceil(task.numaScanPeriodMs / NUMA_PERIOD_SLOTS);
  const localSlots = slotsOf(local, locality[Locality.remote]);
  const privateSlots = slotsOf(priv, shared);
  const period = task.numaScanPeriodMs + slot * slotChange(localSlots, privateSlots);
  task.numaScanPeriodMs = Math.max(taskScanMin(nb, task), Math.min(period, taskScanMax(nb, task)));
  locality.fill(0);
}

/**
 * A thread came to another node: its statistics mean less now, so scan soon, unless it came home, or it was away from home before.
 * Call after the move.
 *
 * @kernel kernel/sched/fair.c update_scan_period (7.3, 6.12)
 */
export function updateScanPeriod(nb: NumaBalancing, task: NumaTask, srcCpu: number, dstCpu: number): void {
  const srcNid = nb.cpuNid(srcCpu);
  const dstNid = nb.cpuNid(dstCpu);
  if (!nb.enabled || !task.hasFaults || srcNid === dstNid) return;
  const preferred = task.numaPreferredNid;
  if (task.numaScanSeq !== 0 && (dstNid === preferred || (preferred >= 0 && srcNid !== preferred))) return;
  task.numaScanPeriodMs = taskScanStart(nb, task);
}

/** Slots to lengthen (positive) or shorten the period by. */
function slotChange(localSlots: number, privateSlots: number): number {
  if (privateSlots >= NUMA_PERIOD_THRESHOLD) return Math.max(privateSlots - NUMA_PERIOD_THRESHOLD, 1);
  if (localSlots >= NUMA_PERIOD_THRESHOLD) return Math.max(localSlots - NUMA_PERIOD_THRESHOLD, 1);
  return Math.max(localSlots, privateSlots) - NUMA_PERIOD_THRESHOLD;
}

/** Share of `part` in both, in slots. No faults of either kind are a share of 0. */
function slotsOf(part: number, other: number): number {
  return part === 0 ? 0 : Math.floor((part * NUMA_PERIOD_SLOTS) / (part + other));
}

function stretchBySharing(periodMs: number, group: NumaGroup): number {
  const shared = group.faults.memOfType(0);
  const priv = group.faults.memOfType(1);
  return Math.floor((periodMs * group.nrTasks * (shared + 1)) / (priv + shared + 1));
}
