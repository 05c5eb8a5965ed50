import { NumaBalancing } from '../balancing.js';
import { canMapProtNuma, PLAIN_PAGE, type ProtNumaFacts } from '../can-map-prot-numa.js';
import { CPUPID_UNSET } from '../cpupid.js';
import { doNumaPage } from '../fault.js';
import { cloneTask, newMainTask } from '../fork.js';
import type { MigrateOutcome, NumaMemory, NumaScheduler } from '../host.js';
import { anonVma, type NumaMm, type NumaVma, newNumaMm } from '../mm.js';
import { type NumaFault, Tnf } from '../numa-fault.js';
import { type NumaKernelVersion, numaProfile } from '../profile.js';
import { type ScanChunk, type ScanPass, taskNumaWork, taskNumaWorkDone } from '../scan.js';
import type { NumaTask } from '../task.js';
import { taskTickNuma } from '../task-tick.js';
import { MS, PAGE, TWO_NODES } from './fake-host.js';
import { scanAtOnce } from './scan-at-once.js';
import { stampScanTime } from './stamp-scan-time.js';

export const HALF = 65_536;
const PMD = 2 ** 21;
const TICK_NS = 4 * MS;
const SLICE_NS = TICK_NS / 8;
/** Costs that make the toy resemble two threads on half a GIPS each. */
const TOUCH_NS = 1000;
const FAULT_NS = 10_000;
const MIGRATE_NS = 16_000;
const SCAN_NS_PER_PAGE = 1000;

/** Half a gigabyte behind two thread stacks and in front of the main stack: first page number and size in pages, pages present. */
const LAYOUT = [
  { pages: 2048, present: 5 },
  { pages: 2048, present: 5 },
  { pages: HALF, present: HALF },
  { pages: HALF, present: HALF },
  { pages: 33, present: 2 },
];

export interface PassRow {
  readonly tS: number;
  readonly thread: number;
  readonly pass: ScanPass;
}

interface ToyThread {
  readonly task: NumaTask;
  /** Pages `[first, end)` that it sweeps, and its own stack page. */
  readonly first: number;
  readonly end: number;
  readonly stackPage: number;
  next: number;
  /** Time until which it is busy with what the last slice began. */
  busyUntilNs: number;
}

/** A machine in arrays: enough to host NUMA balancing as a real one would, no more. */
export class ToyMachine implements NumaMemory, NumaScheduler {
  readonly nb: NumaBalancing;
  readonly passes: PassRow[] = [];
  /** Share of the two halves on node 1, by tick. */
  readonly node1: number[] = [];
  readonly mm: NumaMm;
  readonly #armed: Uint8Array;
  readonly #present: Uint8Array;
  readonly #nid: Uint8Array;
  readonly #words: Uint32Array;
  readonly #firstPage = new Map<NumaVma, number>();
  readonly #firstHalf: number;
  readonly #threads: ToyThread[] = [];
  readonly #fault: NumaFault;
  readonly #facts: ProtNumaFacts;
  /** Pages whose first migration is refused: just faulted pages that are not on a list yet. */
  readonly #refuseOnce = new Set<number>();
  #onNode1 = 0;
  #nowNs = 0;

  constructor(kernel: NumaKernelVersion, mode: 'remote' | 'halves') {
    this.nb = new NumaBalancing({ topology: TWO_NODES, profile: numaProfile(kernel), host: { memory: this, scheduler: this } });
    this.mm = newNumaMm(this.#layOut());
    const nrPages = LAYOUT.reduce((sum, part) => sum + part.pages, 0);
    this.#armed = new Uint8Array(nrPages);
    this.#present = new Uint8Array(nrPages);
    this.#nid = new Uint8Array(nrPages);
    this.#words = new Uint32Array(nrPages).fill(CPUPID_UNSET);
    LAYOUT.forEach((part, i) => {
      const first = this.#first(this.mm.vmas[i]);
      this.#present.fill(1, first, first + part.present);
    });
    this.#firstHalf = this.#first(this.mm.vmas[2]);
    this.#fault = {
      vma: this.mm.vmas[0],
      page: 0,
      nid: 0,
      nrPages: 1,
      writable: true,
      sharedMapping: false,
      policyNid: -1,
      flags: 0,
      targetNid: -1,
    };
    this.#facts = { ...PLAIN_PAGE, thisNid: 0 };
    this.#startThreads(mode);
  }

  run(seconds: number): void {
    const endNs = this.#nowNs + seconds * 1000 * MS;
    while (this.#nowNs < endNs) {
      for (let slice = 0; slice < TICK_NS / SLICE_NS; slice++) {
        for (const thread of this.#threads) this.#runSlice(thread, this.#nowNs + slice * SLICE_NS);
      }
      this.#nowNs += TICK_NS;
      this.#threads.forEach((thread, i) => {
        this.#tick(thread, i);
      });
      this.node1.push(this.#onNode1 / (2 * HALF));
    }
  }

  rssPages(): number {
    return 2 * HALF + 12;
  }
  changeProtNuma(task: NumaTask, { vma, start, end }: ScanChunk): number {
    const first = this.#first(vma) + (start - vma.start) / PAGE;
    const last = first + (end - start) / PAGE;
    const facts = this.#facts;
    facts.thisNid = this.nb.cpuNid(task.cpu);
    let updated = 0;
    for (let page = first; page < last; page++) {
      if (this.#present[page] === 0) continue;
      facts.protNone = this.#armed[page] === 1;
      facts.nid = this.#nid[page];
      if (!canMapProtNuma(this.nb, facts)) continue;
      stampScanTime(this.nb, page, facts.nid, this.#nowNs);
      this.#armed[page] = 1;
      updated++;
    }
    return updated;
  }
  lastCpupid(page: number): number {
    return this.#words[page];
  }
  exchangeCpupid(page: number, word: number): number {
    const old = this.#words[page];
    this.#words[page] = word;
    return old;
  }
  migrateMisplaced(page: number, nid: number): MigrateOutcome {
    if (this.#refuseOnce.delete(page)) return 'refused';
    this.#nid[page] = nid;
    if (page >= this.#firstHalf && page < this.#firstHalf + 2 * HALF) this.#onNode1 += nid === 1 ? 1 : -1;
    return 'migrated';
  }
  freeSpaceEnough(): boolean {
    return true;
  }
  currentTask(cpu: number): NumaTask | undefined {
    return this.#threads.find(({ task }) => task.cpu === cpu)?.task;
  }
  nrRunning(cpu: number): number {
    return this.currentTask(cpu) === undefined ? 0 : 1;
  }
  cpuAllowed(task: NumaTask, cpu: number): boolean {
    return task.cpu === cpu;
  }
  migrateTaskTo(): boolean {
    return false;
  }
  swapTasks(): boolean {
    return false;
  }

  #layOut(): NumaVma[] {
    let page = 0;
    return LAYOUT.map(({ pages }, i) => {
      const start = (i + 1) * 512 * PMD;
      const vma = anonVma({ start, end: start + pages * PAGE });
      this.#firstPage.set(vma, page);
      page += pages;
      return vma;
    });
  }

  #first(vma: NumaVma): number {
    const first = this.#firstPage.get(vma);
    if (first === undefined) throw new Error('unknown VMA');
    return first;
  }

  #startThreads(mode: 'remote' | 'halves'): void {
    const { nb, mm } = this;
    const main = newMainTask(nb, mm, { pid: 200, cpu: 0 });
    const half0 = this.#firstHalf;
    const half1 = half0 + HALF;
    const ranges = mode === 'remote' ? [half0, half1 + HALF, half0, half1 + HALF] : [half0, half1, half1, half1 + HALF];
    for (let i = 0; i < 2; i++) {
      const cpu = mode === 'halves' && i === 0 ? 1 : 2 + i;
      const task = cloneTask(nb, main, { pid: 201 + i, cpu }, 0);
      mm.nrThreads++;
      const [first, end] = ranges.slice(2 * i, 2 * i + 2);
      const stackPage = this.#first(mm.vmas[i]);
      const next = mode === 'remote' && i === 1 ? half1 : first;
      this.#threads.push({ task, first, end, stackPage, next, busyUntilNs: 0 });
      this.#refuseOnce.add(stackPage);
    }
  }

  #runSlice(thread: ToyThread, startNs: number): void {
    const endNs = startNs + SLICE_NS;
    let now = Math.max(startNs, thread.busyUntilNs);
    if (now < endNs) now += this.#touch(thread, thread.stackPage, now);
    while (now < endNs) {
      now += this.#touch(thread, thread.next, now);
      thread.next = thread.next + 1 === thread.end ? thread.first : thread.next + 1;
    }
    thread.busyUntilNs = now;
  }

  /** Returns the time it took. */
  #touch({ task }: ToyThread, page: number, nowNs: number): number {
    if (this.#armed[page] === 0) return TOUCH_NS;
    const fault = this.#fault;
    fault.vma = this.mm.vmas[page < 2048 ? 0 : page < 4096 ? 1 : page < 4096 + HALF ? 2 : 3];
    fault.page = page;
    fault.nid = this.#nid[page];
    doNumaPage(this.nb, task, fault, nowNs);
    this.#armed[page] = 0;
    return TOUCH_NS + FAULT_NS + ((fault.flags & Tnf.migrated) !== 0 ? MIGRATE_NS : 0);
  }

  #tick(thread: ToyThread, index: number): void {
    const now = this.#nowNs;
    if (!taskTickNuma(this.nb, thread.task, now, now)) return;
    const pass = scanAtOnce(taskNumaWork(this.nb, thread.task, now), (chunk) => this.changeProtNuma(thread.task, chunk));
    if (pass === undefined) return;
    this.passes.push({ tS: now / (1000 * MS), thread: index, pass });
    const costNs = pass.ptesUpdated * SCAN_NS_PER_PAGE;
    thread.busyUntilNs = Math.max(thread.busyUntilNs, now) + costNs;
    taskNumaWorkDone(thread.task, costNs - (costNs % TICK_NS));
  }
}
