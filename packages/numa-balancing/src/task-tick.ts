import { NS_PER_MS } from '@damonlab/base';
import type { NumaBalancing } from './balancing.js';
import { taskScanStart } from './scan-period.js';
import type { NumaTask } from './task.js';

/**
 * A timer tick hit `task` while it ran. `sumExecRuntimeNs`: its CPU time so far. True when it has a pass to do: call `taskNumaWork` when
 * the thread returns to user mode, which is at once unless the tick came inside a fault.
 *
 * @kernel kernel/sched/fair.c task_tick_numa (7.3, 6.12)
 */
export function taskTickNuma(nb: NumaBalancing, task: NumaTask, sumExecRuntimeNs: number, nowNs: number): boolean {
  task.sumExecRuntimeNs = sumExecRuntimeNs;
  task.execStartNs = nowNs;
  if (!nb.enabled || task.workPending) return false;
  const periodNs = task.numaScanPeriodMs * NS_PER_MS;
  if (sumExecRuntimeNs <= task.nodeStampNs + periodNs) return false;
  if (task.nodeStampNs === 0) task.numaScanPeriodMs = taskScanStart(nb, task);
  task.nodeStampNs += periodNs;
  task.workPending = nb.jiffies.at(nowNs) >= task.mm.numaNextScan;
  return task.workPending;
}
