import type { NumaBalancing } from './balancing.js';
import { cpuPidToCpupid, cpupidMatchPid, cpupidPidUnset, cpupidToCpu } from './cpupid.js';
import { Stat } from './fault-buckets.js';
import type { NumaGroup } from './group.js';
import type { NumaFault } from './numa-fault.js';
import { shouldPromote } from './promotion.js';
import { NUMA_NO_NODE, type NumaTask } from './task.js';

/** A node must have this many times the other's CPU faults to take a shared page without asking further. */
const ACTIVE_NODE_FRACTION = 3;
/** Scan sequences of a thread during which its first touch decides. */
const EARLY_SEQS = 4;

/**
 * Node that a page should move to under the default policy (the faulting CPU's node, migrate on fault), `NUMA_NO_NODE` to stay.
 * A page that is there already is not looked at further, so its cpupid stays. VMAs with a policy without migrate-on-fault are
 * `unsuitable`: no move. Under an interleaving policy with migrate-on-fault the page goes to that policy's node, and nothing further is
 * asked. That is an option of the lab: the kernel has the branch, and answers -EINVAL to whoever asks for such a policy
 * (sanitize_mpol_flags).
 *
 * @kernel mm/mempolicy.c mpol_misplaced (7.3, 6.12)
 */
export function mpolMisplaced(nb: NumaBalancing, task: NumaTask, fault: NumaFault, nowNs: number): number {
  if (fault.policyNid !== NUMA_NO_NODE) return fault.policyNid === fault.nid ? NUMA_NO_NODE : fault.policyNid;
  const thisNid = nb.cpuNid(task.cpu);
  if (fault.vma.unsuitable || fault.nid === thisNid) return NUMA_NO_NODE;
  return shouldNumaMigrateMemory(nb, task, fault, thisNid, nowNs) ? thisNid : NUMA_NO_NODE;
}

/**
 * Whether a page that `task` touched from `dstNid` should go there: yes for private pages, after two touches from there in a row for shared
 * ones, and only if that evens out what the nodes of the group do.
 *
 * @kernel kernel/sched/fair.c should_numa_migrate_memory (7.3, 6.12)
 */
export function shouldNumaMigrateMemory(nb: NumaBalancing, task: NumaTask, fault: NumaFault, dstNid: number, nowNs: number): boolean {
  const { page, nid: srcNid, nrPages } = fault;
  if (!nb.nodes[dstNid].hasMemory) return false;
  if (nb.usesAccessTime(srcNid)) return shouldPromote(nb, page, nrPages, dstNid, nowNs);

  const last = nb.host.memory.exchangeCpupid(page, cpuPidToCpupid(task.cpu, task.pid));
  const lastNid = nb.cpuNid(cpupidToCpu(last));
  // The word may hold a time from an earlier tiering mode.
  if (!nb.tiering && !nb.nodes[srcNid].toptier && lastNid < 0) return false;

  const mine = cpupidMatchPid(task.pid, last);
  const unset = cpupidPidUnset(last);
  const early = task.numaPreferredNid === NUMA_NO_NODE || task.numaScanSeq <= EARLY_SEQS;
  if (early && (unset || mine)) return true;
  if (!unset && lastNid !== dstNid) return false;
  if (mine) return true;
  return task.numaGroup === undefined || evensOut(task.numaGroup, srcNid, dstNid);
}

/** Whether a shared page of a group is better off on `dstNid`; a third of slack keeps pages from going to and fro. */
function evensOut(group: NumaGroup, srcNid: number, dstNid: number): boolean {
  const { faults } = group;
  const dstCpu = faults.onNode(Stat.cpu, dstNid);
  const srcCpu = faults.onNode(Stat.cpu, srcNid);
  if (dstCpu > srcCpu * ACTIVE_NODE_FRACTION) return true;
  return dstCpu * faults.onNode(Stat.mem, srcNid) * 3 > srcCpu * faults.onNode(Stat.mem, dstNid) * 4;
}
