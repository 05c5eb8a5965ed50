import type { NumaBalancing, NumaNode } from './balancing.js';
import { type FaultBuckets, Stat } from './fault-buckets.js';
import { NUMA_NO_NODE, type NumaTask } from './task.js';

/** Weights are faults in thousandths of all faults. */
const WEIGHT_UNIT = 1000;
/** Least improvement for which two threads swap. */
const SMALLIMP = 30;
const RETRIES_PER_PERIOD = 16;

/** What a search for a better CPU found. */
export interface BestMove {
  cpu: number;
  /** Thread to swap with; undefined for a move to a CPU of its own. */
  task: NumaTask | undefined;
  improvement: number;
}

/**
 * Bring `task` home if it is away from its preferred node; not again before a sixteenth of its scan period, at most 1 s.
 *
 * @kernel kernel/sched/fair.c numa_migrate_preferred (7.3, 6.12)
 */
export function numaMigratePreferred(nb: NumaBalancing, task: NumaTask, nowNs: number): void {
  if (task.numaPreferredNid === NUMA_NO_NODE || !task.hasFaults) return;
  const { jiffies } = nb;
  const interval = Math.min(jiffies.hz, Math.floor(jiffies.fromMs(task.numaScanPeriodMs) / RETRIES_PER_PERIOD));
  task.numaMigrateRetry = jiffies.at(nowNs) + interval;
  if (nb.cpuNid(task.cpu) !== task.numaPreferredNid) taskNumaMigrate(nb, task);
}

/**
 * Find a CPU for `task` on its preferred node, else on any node where it or its group would gain: an idle one, or that of a
 * thread with which a swap gains most. False when there is none. Threads count as equally heavy and the topology as direct
 * (every node reaches every node).
 *
 * @kernel kernel/sched/fair.c task_numa_migrate (7.3, 6.12: outline)
 */
export function taskNumaMigrate(nb: NumaBalancing, task: NumaTask): boolean {
  const best: BestMove = { cpu: -1, task: undefined, improvement: 0 };
  const srcNid = nb.cpuNid(task.cpu);
  const { numaGroup: group, numaPreferredNid: preferred } = task;
  findCpu(nb, task, nb.nodes[preferred], best);
  if (best.cpu < 0 || (group !== undefined && group.activeNodes > 1)) {
    for (const nid of nb.cpuNodes) {
      if (nid === srcNid || nid === preferred) continue;
      if (taskGain(task, srcNid, nid) >= 0 || groupGain(task, srcNid, nid) >= 0) findCpu(nb, task, nb.nodes[nid], best);
    }
  }
  // A group need not crowd on one node: its members settle where there was room.
  if (group !== undefined) task.numaPreferredNid = best.cpu < 0 ? srcNid : nb.cpuNid(best.cpu);
  if (best.cpu < 0) return false;
  const { scheduler } = nb.host;
  return best.task === undefined ? scheduler.migrateTaskTo(task, best.cpu) : scheduler.swapTasks(task, best.task);
}

/** Thousandths of a thread's faults that lie on `nid`. @kernel task_weight */
export function taskWeight(task: NumaTask, nid: number): number {
  return task.hasFaults ? weightOf(task.numaFaults, task.totalNumaFaults, nid) : 0;
}

/** Thousandths of its group's faults that lie on `nid`. @kernel group_weight */
export function groupWeight(task: NumaTask, nid: number): number {
  return task.numaGroup === undefined ? 0 : weightOf(task.numaGroup.faults, task.numaGroup.totalFaults, nid);
}

function weightOf(faults: FaultBuckets, total: number, nid: number): number {
  return total === 0 ? 0 : Math.floor((WEIGHT_UNIT * faults.onNode(Stat.mem, nid)) / total);
}

function taskGain(task: NumaTask, from: number, to: number): number {
  return taskWeight(task, to) - taskWeight(task, from);
}

function groupGain(task: NumaTask, from: number, to: number): number {
  return groupWeight(task, to) - groupWeight(task, from);
}

/** Look for a better `best` on node `dst`. @kernel task_numa_find_cpu */
function findCpu(nb: NumaBalancing, task: NumaTask, dst: NumaNode, best: BestMove): void {
  const src = nb.nodes[nb.cpuNid(task.cpu)];
  const spare = running(nb, dst) < dst.endCpu - dst.firstCpu;
  const mayMove = spare ? !imbalanced(nb, src, dst) : !loadTooImbalanced(nb, src, dst);
  if (mayMove) {
    const idle = idleCpu(nb, task, dst);
    const improvement = task.numaGroup === undefined ? taskGain(task, src.nid, dst.nid) : groupGain(task, src.nid, dst.nid);
    // With room on the node the first idle CPU is taken unseen; otherwise it has to be the best offer so far.
    if (idle >= 0 && (spare || improvement >= best.improvement)) {
      best.cpu = idle;
      best.task = undefined;
      best.improvement = spare ? 0 : improvement;
      return;
    }
  }
  for (let cpu = dst.firstCpu; cpu < dst.endCpu; cpu++) {
    const other = nb.host.scheduler.currentTask(cpu);
    if (other === undefined || !nb.host.scheduler.cpuAllowed(task, cpu)) continue;
    compareSwap(nb, task, other, cpu, { spare, mayMove, best });
  }
}

interface Search {
  readonly spare: boolean;
  readonly mayMove: boolean;
  readonly best: BestMove;
}

/** Weigh a swap of `task` with `other` on `cpu`, and a plain move there where the load allows one. @kernel task_numa_compare */
function compareSwap(nb: NumaBalancing, task: NumaTask, other: NumaTask, cpu: number, { spare, mayMove, best }: Search): void {
  const srcNid = nb.cpuNid(task.cpu);
  const dstNid = nb.cpuNid(cpu);
  const wantsSrc = other.numaPreferredNid === srcNid;
  const bestWantsSrc = best.task !== undefined && best.task.numaPreferredNid === srcNid;
  if (!nb.host.scheduler.cpuAllowed(other, task.cpu) || (bestWantsSrc && !wantsSrc)) return;
  const moveGain = task.numaGroup === undefined ? taskGain(task, srcNid, dstNid) : groupGain(task, srcNid, dstNid);
  if (task.numaGroup === other.numaGroup && spare) return;

  const improvement = swapGain(task, other, srcNid, dstNid);
  if (mayMove && moveGain > improvement && moveGain > best.improvement) take(best, cpu, undefined, moveGain);
  else if (wantsSrc && best.task !== undefined && !bestWantsSrc) take(best, cpu, other, best.improvement + 1);
  else if (improvement >= SMALLIMP && improvement > best.improvement + SMALLIMP / 2) take(best, cpu, other, improvement);
}

/** What both gain together. Hysteresis: less for leaving one's own group or preferred node, more for going there. */
function swapGain(task: NumaTask, other: NumaTask, srcNid: number, dstNid: number): number {
  let gain: number;
  if (task.numaGroup === other.numaGroup) {
    gain = taskGain(task, srcNid, dstNid) + taskGain(other, dstNid, srcNid);
    if (other.numaGroup !== undefined) gain -= Math.trunc(gain / 16);
  } else {
    const byGroup = task.numaGroup !== undefined && other.numaGroup !== undefined;
    gain = task.numaGroup === undefined ? taskGain(task, srcNid, dstNid) : groupGain(task, srcNid, dstNid);
    gain += byGroup ? groupGain(other, dstNid, srcNid) : taskGain(other, dstNid, srcNid);
  }
  if (other.numaPreferredNid === dstNid) gain -= Math.trunc(gain / 16);
  if (other.numaPreferredNid === srcNid) gain += Math.trunc(gain / 8);
  return gain;
}

function take(best: BestMove, cpu: number, task: NumaTask | undefined, improvement: number): void {
  best.cpu = cpu;
  best.task = task;
  best.improvement = improvement;
}

/** Whether the destination would run more threads than the source, beyond what is tolerated. @kernel adjust_numa_imbalance */
function imbalanced(nb: NumaBalancing, src: NumaNode, dst: NumaNode): boolean {
  const NUMA_IMBALANCE_MIN = 2;
  const dstRunning = running(nb, dst) + 1;
  const imbalance = Math.max(0, dstRunning - (running(nb, src) - 1));
  return imbalance > (dstRunning > nb.imbNumaNr ? 0 : NUMA_IMBALANCE_MIN);
}

/** Whether a move of one thread makes the load per CPU more unequal than it is. @kernel load_too_imbalanced */
function loadTooImbalanced(nb: NumaBalancing, src: NumaNode, dst: NumaNode): boolean {
  const srcCpus = src.endCpu - src.firstCpu;
  const dstCpus = dst.endCpu - dst.firstCpu;
  const srcLoad = running(nb, src);
  const dstLoad = running(nb, dst);
  const before = Math.abs(dstLoad * srcCpus - srcLoad * dstCpus);
  const after = Math.abs((dstLoad + 1) * srcCpus - (srcLoad - 1) * dstCpus);
  return after > before;
}

/** Runnable threads of a node. */
function running(nb: NumaBalancing, node: NumaNode): number {
  let sum = 0;
  for (let cpu = node.firstCpu; cpu < node.endCpu; cpu++) sum += nb.host.scheduler.nrRunning(cpu);
  return sum;
}

/** First idle CPU that the thread may run on, -1 for none. */
function idleCpu(nb: NumaBalancing, task: NumaTask, node: NumaNode): number {
  const { scheduler } = nb.host;
  for (let cpu = node.firstCpu; cpu < node.endCpu; cpu++) {
    if (scheduler.nrRunning(cpu) === 0 && scheduler.cpuAllowed(task, cpu)) return cpu;
  }
  return -1;
}
