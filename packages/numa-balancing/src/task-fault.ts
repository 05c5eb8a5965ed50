import type { NumaBalancing } from './balancing.js';
import { CPUPID_UNSET, cpupidMatchPid, cpupidToCpu } from './cpupid.js';
import { Stat } from './fault-buckets.js';
import { foundGroup, givesWay, isActiveNode, joinGroup } from './group.js';
import { type NumaFault, Tnf } from './numa-fault.js';
import { taskNumaPlacement } from './placement.js';
import { Locality, type NumaTask } from './task.js';
import { numaMigratePreferred } from './task-migrate.js';

/**
 * Learn from a fault that is dealt with. `lastCpupid`: who had touched the page before; `memNid`: where it is now. Once per scan sequence
 * this evaluates all that was learnt, and it may move the thread.
 *
 * @kernel kernel/sched/fair.c task_numa_fault (7.3, 6.12)
 */
export function taskNumaFault(
  nb: NumaBalancing,
  task: NumaTask,
  fault: NumaFault,
  lastCpupid: number,
  memNid: number,
  nowNs: number,
): void {
  if (!nb.enabled) return;
  // Slow-tier memory has no cpupid worth the name in tiering mode, nor right after it.
  if (!nb.nodes[memNid].toptier && (nb.tiering || nb.cpuNid(cpupidToCpu(lastCpupid)) < 0)) return;
  task.hasFaults = true;
  const cpuNid = nb.cpuNid(task.cpu);
  const priv = privateFault(nb, task, lastCpupid, fault.flags);
  const local = (fault.flags & Tnf.faultLocal) !== 0 || withinGroup(task, priv, cpuNid, memNid);

  if (nb.jiffies.at(nowNs) > task.numaMigrateRetry) {
    taskNumaPlacement(nb, task, nowNs);
    numaMigratePreferred(nb, task, nowNs);
  }

  const { nrPages } = fault;
  if ((fault.flags & Tnf.migrated) !== 0) task.numaPagesMigrated += nrPages;
  if ((fault.flags & Tnf.migrateFail) !== 0) task.locality[Locality.failed] += nrPages;
  task.numaFaults.add(Stat.membuf, memNid, priv, nrPages);
  task.numaFaults.add(Stat.cpubuf, cpuNid, priv, nrPages);
  task.locality[local ? Locality.local : Locality.remote] += nrPages;
}

/** 1 when nobody else was seen on the page. May found or join a group. */
function privateFault(nb: NumaBalancing, task: NumaTask, lastCpupid: number, flags: number): 0 | 1 {
  if (lastCpupid === CPUPID_UNSET || cpupidMatchPid(task.pid, lastCpupid)) return 1;
  return (flags & Tnf.noGroup) === 0 ? taskNumaGroup(nb, task, lastCpupid, flags) : 0;
}

/**
 * `task` touched a page of another thread: join its group, if it is that thread that still runs there and its group is the larger one.
 * Returns what the fault counts as: 1 also when the two may not share a group.
 *
 * @kernel kernel/sched/fair.c task_numa_group (7.3, 6.12)
 */
export function taskNumaGroup(nb: NumaBalancing, task: NumaTask, lastCpupid: number, flags: number): 0 | 1 {
  task.numaGroup ??= foundGroup(nb.groupsFounded++, task);
  const cpu = cpupidToCpu(lastCpupid);
  const other = cpu < nb.nrCpus ? nb.host.scheduler.currentTask(cpu) : undefined;
  if (other === undefined || !cpupidMatchPid(other.pid, lastCpupid)) return 0;
  const theirs = other.numaGroup;
  if (theirs === undefined || theirs === task.numaGroup || !givesWay(task.numaGroup, theirs)) return 0;
  if (other.mm !== task.mm && (flags & Tnf.shared) === 0) return 1;
  joinGroup(theirs, task);
  return 0;
}

/** A shared page of a group that spans nodes is as good as local on any of them. */
function withinGroup(task: NumaTask, priv: 0 | 1, cpuNid: number, memNid: number): boolean {
  const group = task.numaGroup;
  if (priv === 1 || group === undefined || group.activeNodes <= 1) return false;
  return isActiveNode(group, cpuNid) && isActiveNode(group, memNid);
}
