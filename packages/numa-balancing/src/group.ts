import { FaultBuckets, Stat } from './fault-buckets.js';
import type { NumaTask } from './task.js';

/** A node counts as active in a group from a third of the busiest node's faults on. */
const ACTIVE_NODE_FRACTION = 3;

/**
 * Threads that fault on each other's pages, with the sums of their decayed faults.
 *
 * @kernel kernel/sched/fair.c struct numa_group (7.3, 6.12)
 */
export interface NumaGroup {
  /** Order of creation: stands for the address by which the kernel breaks ties. */
  readonly id: number;
  /** Also the reference count that scan periods are multiplied with. */
  nrTasks: number;
  readonly faults: FaultBuckets;
  totalFaults: number;
  maxFaultsCpu: number;
  activeNodes: number;
}

/** A group with one member and that member's faults. */
export function foundGroup(id: number, task: NumaTask): NumaGroup {
  const group: NumaGroup = {
    id,
    nrTasks: 0,
    faults: FaultBuckets.ofGroup(task.numaFaults.nrNodes),
    totalFaults: 0,
    maxFaultsCpu: 0,
    activeNodes: 1,
  };
  enterGroup(group, task);
  return group;
}

/** Leave the present group, if any, and join `group`, faults included. */
export function joinGroup(group: NumaGroup, task: NumaTask): void {
  leaveGroup(task);
  enterGroup(group, task);
}

/** Take a thread and its faults out of its group: before it joins another one, and when it exits. @kernel task_numa_free */
export function leaveGroup(task: NumaTask): void {
  const group = task.numaGroup;
  if (group === undefined) return;
  addFaults(group, task, -1);
  group.nrTasks--;
  task.numaGroup = undefined;
}

/**
 * Whether `mine` gives way to `other`: the smaller group joins the larger one, at equal size the older one joins.
 * Without such an order two groups could swap their members for ever.
 */
export function givesWay(mine: NumaGroup, other: NumaGroup): boolean {
  if (mine.nrTasks !== other.nrTasks) return mine.nrTasks < other.nrTasks;
  return mine.id < other.id;
}

/** Count the nodes that the group really runs on. `cpuNodes`: nodes with CPUs. @kernel numa_group_count_active_nodes */
export function countActiveNodes(group: NumaGroup, cpuNodes: readonly number[]): void {
  let max = 0;
  for (const nid of cpuNodes) max = Math.max(max, group.faults.onNode(Stat.cpu, nid));
  group.maxFaultsCpu = max;
  let active = 0;
  for (const nid of cpuNodes) if (isActiveNode(group, nid)) active++;
  group.activeNodes = active;
}

/** @kernel numa_is_active_node */
export function isActiveNode(group: NumaGroup, nid: number): boolean {
  return group.faults.onNode(Stat.cpu, nid) * ACTIVE_NODE_FRACTION > group.maxFaultsCpu;
}

function enterGroup(group: NumaGroup, task: NumaTask): void {
  addFaults(group, task, 1);
  group.nrTasks++;
  task.numaGroup = group;
}

function addFaults(group: NumaGroup, task: NumaTask, sign: 1 | -1): void {
  const { counts } = group.faults;
  for (let i = 0; i < counts.length; i++) counts[i] += sign * task.numaFaults.counts[i];
  group.totalFaults += sign * task.totalNumaFaults;
}
