import type { NumaBalancing } from './balancing.js';
import { Stat } from './fault-buckets.js';
import { countActiveNodes } from './group.js';
import { taskScanMax, updateTaskScanPeriod } from './scan-period.js';
import { LOAD_AVG_MAX, Locality, NUMA_NO_NODE, type NumaTask } from './task.js';

/** CPU faults of a thread that runs all the time and takes all its faults on one node sum up to this. */
const WEIGHT_SHIFT = 16n;

/**
 * Once per scan sequence: decay the sums by half, add what was collected since, choose the preferred node, adapt the scan period.
 *
 * @kernel kernel/sched/fair.c task_numa_placement (7.3, 6.12)
 */
export function taskNumaPlacement(nb: NumaBalancing, task: NumaTask, nowNs: number): void {
  const { mm, locality } = task;
  if (task.numaScanSeq === mm.numaScanSeq) return;
  task.numaScanSeq = mm.numaScanSeq;
  task.numaScanPeriodMaxMs = taskScanMax(nb, task);
  const shared = collected(nb, task, 0);
  const priv = collected(nb, task, 1);
  const weight = runWeight(task);
  const totalFaults = BigInt(locality[Locality.remote] + locality[Locality.local]);

  let maxFaults = 0;
  let maxNid = NUMA_NO_NODE;
  for (let nid = 0; nid < nb.nodes.length; nid++) {
    const faults = decayNode(task, nid, weight, totalFaults);
    if (faults > maxFaults) {
      maxFaults = faults;
      maxNid = nid;
    }
  }
  if (task.numaGroup !== undefined) countActiveNodes(task.numaGroup, nb.cpuNodes);
  if (maxFaults > 0) task.numaPreferredNid = nb.nodes[maxNid].nearestCpuNid;
  updateTaskScanPeriod(nb, task, shared, priv, nowNs);
}

/** Pages faulted on since the last placement, of one kind. */
function collected(nb: NumaBalancing, task: NumaTask, priv: 0 | 1): number {
  let pages = 0;
  for (let nid = 0; nid < nb.nodes.length; nid++) pages += task.numaFaults.get(Stat.membuf, nid, priv);
  return pages;
}

/** Move the buffers of one node into the decayed sums of thread and group; returns the memory faults by which nodes compete. */
function decayNode(task: NumaTask, nid: number, weight: bigint, totalFaults: bigint): number {
  const { numaFaults, numaGroup } = task;
  for (let priv = 0; priv < 2; priv++) {
    const memDiff = numaFaults.get(Stat.membuf, nid, priv) - Math.floor(numaFaults.get(Stat.mem, nid, priv) / 2);
    const cpubuf = BigInt(numaFaults.get(Stat.cpubuf, nid, priv));
    const cpuWeight = Number((weight * cpubuf) / (totalFaults + 1n));
    const cpuDiff = cpuWeight - Math.floor(numaFaults.get(Stat.cpu, nid, priv) / 2);
    numaFaults.counts[numaFaults.index(Stat.membuf, nid, priv)] = 0;
    numaFaults.counts[numaFaults.index(Stat.cpubuf, nid, priv)] = 0;
    numaFaults.add(Stat.mem, nid, priv, memDiff);
    numaFaults.add(Stat.cpu, nid, priv, cpuDiff);
    task.totalNumaFaults += memDiff;
    if (numaGroup === undefined) continue;
    numaGroup.faults.add(Stat.mem, nid, priv, memDiff);
    numaGroup.faults.add(Stat.cpu, nid, priv, cpuDiff);
    numaGroup.totalFaults += memDiff;
  }
  return (numaGroup?.faults ?? numaFaults).onNode(Stat.mem, nid);
}

/**
 * Share of the time since the last placement that the thread ran, times 2^16: a thread that hardly runs should not outvote one that does.
 * BigInt, for run time << 16 passes 2^53 after two minutes.
 *
 * @kernel kernel/sched/fair.c numa_get_avg_runtime (7.3, 6.12)
 */
function runWeight(task: NumaTask): bigint {
  const { sumExecRuntimeNs, execStartNs } = task;
  const first = task.lastTaskNumaPlacementNs === 0;
  const runtime = first ? task.loadSum : sumExecRuntimeNs - task.lastSumExecRuntimeNs;
  const period = first ? LOAD_AVG_MAX : Math.max(0, execStartNs - task.lastTaskNumaPlacementNs);
  task.lastSumExecRuntimeNs = sumExecRuntimeNs;
  task.lastTaskNumaPlacementNs = execStartNs;
  return (BigInt(runtime) << WEIGHT_SHIFT) / BigInt(period + 1);
}
