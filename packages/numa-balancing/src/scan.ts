import { alignUp, PAGE_BYTES, PMD_BYTES } from '@damonlab/base';
import type { NumaBalancing } from './balancing.js';
import type { NumaMm, NumaVma } from './mm.js';
import { taskScanMax, taskScanStart } from './scan-period.js';
import { vmaSkipReason } from './scan-skip.js';
import type { NumaTask } from './task.js';

const PAGES_PER_MIB = 2 ** 20 / PAGE_BYTES;
/** Times the budget of pages that may be walked where nothing gets armed. */
const VIRT_PAGES_FACTOR = 8;
/** Time off after a pass, in multiples of its CPU time: scanning stays near 3 % of a thread. */
const REST_FACTOR = 32;

/** A pass that really scanned, as it stood when it began, and what it did: the host derives its cost from that. */
export interface ScanPass {
  readonly numaScanSeq: number;
  readonly numaScanPeriodMs: number;
  readonly numaPreferredNid: number;
  /** PTEs armed. */
  ptesUpdated: number;
  /** Base pages of address space walked, armed or not. */
  pagesWalked: number;
  /** Each ends with one TLB flush where it armed anything. */
  chunks: number;
}

/**
 * Addresses of a mapping that are to be armed: every present page that `canMapProtNuma` lets through becomes prot_none, and a slow one
 * keeps the time (`timeWord`). The host counts PMDs in `vmstat.numa_huge_pte_updates`.
 *
 * @kernel mm/mempolicy.c change_prot_numa (7.3, 6.12)
 */
export interface ScanChunk {
  readonly vma: NumaVma;
  readonly start: number;
  readonly end: number;
}

/** A pass step by step: it yields what is to be armed, and is told how many PTEs that changed. */
export type Scan<Result = ScanPass> = Generator<ScanChunk, Result, number>;

/**
 * One pass of the scanner on behalf of `task`: the next scan_size of the address space, chunk by chunk. Undefined when it was not its turn.
 * The host arms each chunk; afterwards it charges the pass to the thread and calls `taskNumaWorkDone`.
 *
 * @kernel kernel/sched/fair.c task_numa_work (7.3, 6.12)
 */
export function taskNumaWork(nb: NumaBalancing, task: NumaTask, nowNs: number): Scan | undefined {
  const { mm } = task;
  task.workPending = false;
  if (nb.profile.cpusetSingleNodeSkip && mm.cpusetNodes === 1) {
    nb.skipped.cpuset++;
    return undefined;
  }
  const now = nb.jiffies.at(nowNs);
  if (mm.numaNextScan === 0) mm.numaNextScan = now + nb.jiffies.fromMs(nb.tunables.scanDelayMs);
  if (now < mm.numaNextScan) return undefined;
  if (task.numaScanPeriodMs === 0) {
    task.numaScanPeriodMaxMs = taskScanMax(nb, task);
    task.numaScanPeriodMs = taskScanStart(nb, task);
  }
  mm.numaNextScan = now + nb.jiffies.fromMs(task.numaScanPeriodMs);
  task.nodeStampNs += 2 * nb.jiffies.tickNs;
  return new Scanner(nb, task, now).run();
}

/** Charge a pass: `usedNs` of CPU time that the scheduler has booked for it. @kernel end of task_numa_work */
export function taskNumaWorkDone(task: NumaTask, usedNs: number): void {
  task.nodeStampNs += REST_FACTOR * usedNs;
}

/** The walk of one pass. */
class Scanner {
  readonly #nb: NumaBalancing;
  readonly #task: NumaTask;
  readonly #mm: NumaMm;
  readonly #now: number;
  readonly #pass: ScanPass;
  #pages: number;
  #virtPages: number;
  #start = 0;

  constructor(nb: NumaBalancing, task: NumaTask, now: number) {
    const { numaScanPeriodMs, numaPreferredNid, mm } = task;
    this.#nb = nb;
    this.#task = task;
    this.#mm = mm;
    this.#now = now;
    this.#pages = nb.tunables.scanSizeMb * PAGES_PER_MIB;
    this.#virtPages = this.#pages * VIRT_PAGES_FACTOR;
    this.#pass = { numaScanSeq: mm.numaScanSeq, numaScanPeriodMs, numaPreferredNid, ptesUpdated: 0, pagesWalked: 0, chunks: 0 };
  }

  *run(): Scan<ScanPass> {
    let end = yield* this.#walk(false);
    // Progress must not depend on who happens to scan: where only missing PIDs were in the way, take one VMA all the same.
    if (end === 'list-end-with-idle') end = yield* this.#walk(true);
    if (end === 'stopped') this.#mm.numaScanOffset = this.#start;
    else resetPtenumaScan(this.#mm);
    return this.#pass;
  }

  *#walk(forced: boolean): Scan<'stopped' | 'list-end' | 'list-end-with-idle'> {
    const { vmas } = this.#mm;
    let skippedIdle = false;
    for (let i = this.#firstVma(); i < vmas.length; i++) {
      const vma = vmas[i];
      const skip = vmaSkipReason(this.#nb, this.#task, vma, forced, this.#now);
      if (skip !== undefined) {
        this.#nb.skipped[skip]++;
        if (skip === 'seq_completed') this.#mm.numaScanOffset = vma.end;
        if (skip === 'pid_inactive') skippedIdle = true;
        continue;
      }
      if (!(yield* this.#scanVma(vma)) || forced) return 'stopped';
    }
    return skippedIdle ? 'list-end-with-idle' : 'list-end';
  }

  /** Index of the first VMA that ends behind the saved offset; behind the last one the sequence is complete and a new one starts. */
  #firstVma(): number {
    const { vmas } = this.#mm;
    this.#start = this.#mm.numaScanOffset;
    const found = vmas.findIndex((vma) => vma.end > this.#start);
    if (found >= 0) return found;
    resetPtenumaScan(this.#mm);
    this.#start = 0;
    return 0;
  }

  /** Arm a VMA chunk by chunk. False when the budget ran out, even if that was just at its end. */
  *#scanVma(vma: NumaVma): Scan<boolean> {
    do {
      const start = Math.max(this.#start, vma.start);
      const end = Math.min(alignUp(start + this.#pages * PAGE_BYTES, PMD_BYTES), vma.end);
      const updated = yield { vma, start, end };
      this.#account(updated, (end - start) / PAGE_BYTES);
      this.#start = end;
      if (this.#pages <= 0 || this.#virtPages <= 0) return false;
    } while (this.#start !== vma.end);
    if (vma.numabState !== undefined) vma.numabState.prevScanSeq = this.#mm.numaScanSeq;
    return true;
  }

  #account(updated: number, walked: number): void {
    if (updated > 0) this.#pages -= walked;
    this.#virtPages -= walked;
    this.#nb.vmstat.numa_pte_updates += updated;
    this.#pass.ptesUpdated += updated;
    this.#pass.pagesWalked += walked;
    this.#pass.chunks++;
  }
}

/** @kernel reset_ptenuma_scan */
function resetPtenumaScan(mm: NumaMm): void {
  mm.numaScanSeq++;
  mm.numaScanOffset = 0;
}
