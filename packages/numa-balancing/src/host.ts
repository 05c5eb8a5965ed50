import type { NumaMm } from './mm.js';
import type { NumaTask } from './task.js';

/**
 * What became of a wish to move a page. `refused`: nothing was tried (watermark of the target node, page pinned or isolated);
 * `failed`: the attempt went wrong. Only the latter counts as pgmigrate_fail.
 *
 * @kernel mm/migrate.c migrate_misplaced_folio_prepare, migrate_misplaced_folio
 */
export type MigrateOutcome = 'migrated' | 'refused' | 'failed';

/** Memory, as NUMA balancing needs it. Pages are opaque numbers of the host: entries, frames or folios. */
export interface NumaMemory {
  /** Resident base pages of an address space. */
  rssPages(mm: NumaMm): number;
  /** The word of `cpupid.ts` kept with a page; `CPUPID_UNSET` for a fresh one. A migrated page keeps it. */
  lastCpupid(page: number): number;
  /** Put in `word`, return the old one. @kernel folio_xchg_last_cpupid */
  exchangeCpupid(page: number, word: number): number;
  /** Move the page with all its base pages to `nid`. */
  migrateMisplaced(page: number, nid: number): MigrateOutcome;
  /** Whether a zone of `nid` has so much free memory that promotion needs no threshold: see `enoughFreePages`. */
  freeSpaceEnough(nid: number): boolean;
}

/** The scheduler, as NUMA balancing needs it. */
export interface NumaScheduler {
  /** Thread that runs on `cpu` now; undefined when the CPU is idle or runs something without NUMA state. */
  currentTask(cpu: number): NumaTask | undefined;
  /** Runnable threads of `cpu`, the running one included. */
  nrRunning(cpu: number): number;
  /** Affinity. */
  cpuAllowed(task: NumaTask, cpu: number): boolean;
  /** Move a thread, which updates its `cpu`. False when it did not work out. @kernel migrate_task_to */
  migrateTaskTo(task: NumaTask, cpu: number): boolean;
  /** Exchange the CPUs of two threads. False when it did not work out. @kernel migrate_swap */
  swapTasks(a: NumaTask, b: NumaTask): boolean;
}

/** Everything that NUMA balancing asks of the machine it runs on. */
export interface NumaHost {
  readonly memory: NumaMemory;
  readonly scheduler: NumaScheduler;
}
