import type { NumaBalancing } from './balancing.js';
import { CPUPID_UNSET } from './cpupid.js';
import { mpolMisplaced } from './misplaced.js';
import { type NumaFault, Tnf } from './numa-fault.js';
import { NUMA_NO_NODE, type NumaTask } from './task.js';
import { taskNumaFault } from './task-fault.js';
import { vmaSetAccessPidBit } from './vma-pids.js';

/**
 * A prot_none fault by `task` on its CPU reached NUMA balancing: count, decide, migrate, learn. The host then makes accessible
 * and young again the entry, or every prot_none entry of the same large folio within VMA and page table.
 *
 * @kernel mm/memory.c do_numa_page, mm/huge_memory.c do_huge_pmd_numa_page (7.3, 6.12)
 */
export function doNumaPage(nb: NumaBalancing, task: NumaTask, fault: NumaFault, nowNs: number): void {
  fault.flags = 0;
  fault.targetNid = NUMA_NO_NODE;
  if (!nb.enabled && !nb.leakWhenOff) return;
  const lastCpupid = nb.usesAccessTime(fault.nid) ? CPUPID_UNSET : nb.host.memory.lastCpupid(fault.page);
  numaMigrateCheck(nb, task, fault, nowNs);
  const migrated = fault.targetNid !== NUMA_NO_NODE && migrateMisplaced(nb, fault);
  taskNumaFault(nb, task, fault, lastCpupid, migrated ? fault.targetNid : fault.nid, nowNs);
}

/** @kernel mm/memory.c numa_migrate_check (7.3, 6.12) */
function numaMigrateCheck(nb: NumaBalancing, task: NumaTask, fault: NumaFault, nowNs: number): void {
  // Pages that are only read may well live in everybody's caches: no reason to group threads.
  if (!fault.writable) fault.flags |= Tnf.noGroup;
  if (fault.sharedMapping) fault.flags |= Tnf.shared;
  vmaSetAccessPidBit(fault.vma, task.pid);
  nb.vmstat.numa_hint_faults++;
  if (fault.nid === nb.cpuNid(task.cpu)) {
    nb.vmstat.numa_hint_faults_local++;
    fault.flags |= Tnf.faultLocal;
  }
  fault.targetNid = mpolMisplaced(nb, task, fault, nowNs);
}

/** @kernel mm/migrate.c migrate_misplaced_folio (7.3, 6.12) */
function migrateMisplaced(nb: NumaBalancing, fault: NumaFault): boolean {
  const { vmstat, nodes } = nb;
  const { nid, targetNid, nrPages } = fault;
  const outcome = nb.host.memory.migrateMisplaced(fault.page, targetNid);
  if (outcome !== 'migrated') {
    fault.flags |= Tnf.migrateFail;
    if (outcome === 'failed') vmstat.pgmigrate_fail += nrPages;
    return false;
  }
  fault.flags |= Tnf.migrated;
  vmstat.numa_pages_migrated += nrPages;
  vmstat.pgmigrate_success += nrPages;
  if (nb.usesAccessTime(nid) && nodes[targetNid].toptier) vmstat.pgpromote_success += nrPages;
  resetCpupidAcrossTiers(nb, fault.page, nid, targetNid);
  return true;
}

/**
 * In tiering mode a page that changes tier forgets its word: what was a time would be taken for a cpupid, or the other way round. Hosts
 * call this for migrations of their own too, demotion for one.
 *
 * @kernel mm/migrate.c folio_migrate_flags (7.3, 6.12)
 */
export function resetCpupidAcrossTiers(nb: NumaBalancing, page: number, fromNid: number, toNid: number): void {
  const { nodes } = nb;
  if (nb.tiering && nodes[fromNid].toptier !== nodes[toNid].toptier) nb.host.memory.exchangeCpupid(page, CPUPID_UNSET);
}
