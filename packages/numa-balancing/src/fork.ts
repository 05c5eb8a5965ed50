import { NS_PER_MS } from '@damonlab/base';
import type { NumaBalancing } from './balancing.js';
import { leaveGroup } from './group.js';
import type { NumaMm } from './mm.js';
import { taskScanMax } from './scan-period.js';
import { blankTask, type NumaTask } from './task.js';

/** Who is born where. */
export interface NewThread {
  readonly pid: number;
  readonly cpu: number;
}

/**
 * The main thread of a new process. Its first tick past the scan delay starts the clock of the address space.
 *
 * @kernel kernel/sched/fair.c init_numa_balancing, without CLONE_VM (7.3, 6.12)
 */
export function newMainTask(nb: NumaBalancing, mm: NumaMm, { pid, cpu }: NewThread): NumaTask {
  const task = blankTask(pid, mm, cpu, nb.nodes.length);
  task.numaScanPeriodMs = nb.tunables.scanDelayMs;
  return task;
}

/**
 * A further thread of `parent`'s process. Call while `mm.nrThreads` does not count it yet: the first one created restarts the scan
 * delay of the whole address space. The stagger between threads mixes up ms and ns, so it comes to microseconds; that is the kernel's.
 *
 * @kernel kernel/sched/fair.c init_numa_balancing, with CLONE_VM (7.3, 6.12)
 */
export function cloneTask(nb: NumaBalancing, parent: NumaTask, { pid, cpu }: NewThread, nowNs: number): NumaTask {
  const { mm } = parent;
  if (mm.nrThreads === 1) {
    mm.numaNextScan = nb.jiffies.at(nowNs) + nb.jiffies.fromMs(nb.tunables.scanDelayMs);
    mm.numaScanSeq = 0;
  }
  const task = blankTask(pid, mm, cpu, nb.nodes.length);
  task.numaScanPeriodMs = nb.tunables.scanDelayMs;
  task.numaPreferredNid = parent.numaPreferredNid;
  const stagger = Math.min(taskScanMax(nb, parent), parent.numaScanPeriodMs * mm.nrThreads * NS_PER_MS);
  task.nodeStampNs = stagger + 2 * nb.jiffies.tickNs;
  return task;
}

/** A thread ends: its group forgets it. The host takes it out of `mm.nrThreads`. @kernel kernel/sched/fair.c task_numa_free */
export function exitTask(task: NumaTask): void {
  leaveGroup(task);
  task.workPending = false;
}
