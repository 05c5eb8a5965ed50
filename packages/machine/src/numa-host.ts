import { assert, PAGE_BYTES, PS_PER_NS } from '@damonlab/base';
import type { CpuChannel } from '@damonlab/cpu';
import type { HintFault, HintFaults, HintFaultUser } from '@damonlab/hint-faults';
import { type AddressSpace, type Memory, Pte, type Vma, vmaOfEntry } from '@damonlab/mm';
import {
  CPUPID_UNSET,
  cloneTask,
  doNumaPage,
  enoughFreePages,
  exitTask,
  type MigrateOutcome,
  NUMA_NO_NODE,
  NumaBalancing,
  type NumaFault,
  type NumaHost as NumaHostPort,
  type NumaMm,
  NumaMode,
  type NumaTask,
  type NumaVma,
  newMainTask,
  newNumaMm,
  numaProfile,
  numaVmaOf,
  type ScanPass,
  Tnf,
  taskNumaWork,
  taskNumaWorkDone,
  taskTickNuma,
  updateScanPeriod,
} from '@damonlab/numa-balancing';
import type { ScanPassRow } from '@damonlab/record';
import type { Charges } from './charges.js';
import type { MachineConfig, NumaBalancingConfig } from './config.js';
import { NumaScans, type PassUnderWay, type ScanHands } from './numa-scans.js';
import type { Process } from './processes.js';
import { ProtNuma } from './prot-numa.js';
import type { Scheduler } from './scheduler.js';

export interface NumaHostParts {
  readonly config: MachineConfig;
  readonly settings: NumaBalancingConfig;
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly channel: CpuChannel;
  readonly hintFaults: HintFaults;
  readonly scheduler: Scheduler;
  readonly charges: Charges;
  /** Who arms what the scanner goes over; null: it is done at once, here. */
  readonly scans: ScanHands | null;
  readonly onPass: (pass: ScanPassRow) => void;
}

/** First pid that processes get. */
const FIRST_PID = 200;

/**
 * Makes this machine the one that NUMA balancing runs on: pages are page-table entries (the first one under a PMD), threads are
 * the simulated ones, and what it does costs the thread that it is done on behalf of.
 */
export class NumaHost implements NumaHostPort, HintFaultUser {
  readonly name = 'numa_balancing';
  readonly nb: NumaBalancing;
  readonly user: number;
  readonly memory: NumaHostPort['memory'];
  readonly scheduler: NumaHostPort['scheduler'];
  readonly #parts: NumaHostParts;
  readonly #processes = new Map<NumaMm, Process>();
  readonly #tasks: NumaTask[] = [];
  readonly #vmas = new Map<Vma, NumaVma>();
  /** Mappings of processes whose own memory policy does not ask for migration on faults. @kernel vma_policy_mof */
  readonly #placed: ReadonlySet<Vma>;
  /** By process: whether its pages go where the weights say. */
  readonly #byWeight: readonly boolean[];
  /** Last cpupid of each entry's page, unset ones as 0: most pages never get one. */
  readonly #cpupids: Uint32Array;
  readonly #ended: boolean[] = [];
  readonly #fault: NumaFault;
  readonly #scans: NumaScans;

  constructor(parts: NumaHostParts) {
    const { config, settings, processes, hintFaults, scheduler } = parts;
    this.#parts = parts;
    this.#byWeight = processes.map(
      (_, p) => settings.labByWeight === true && config.processes[p].mempolicy?.mode === 'weighted_interleave',
    );
    const placed = processes.filter((_, p) => config.processes[p].mempolicy !== undefined && !this.#byWeight[p]);
    this.#placed = new Set(placed.flatMap(({ space }) => space.vmas));
    this.#cpupids = parts.scans?.cpupids ?? new Uint32Array(parts.memory.image.pteFlags.length);
    this.memory = this.#numaMemory();
    this.scheduler = this.#numaScheduler();
    this.nb = new NumaBalancing({
      topology: config.topology,
      profile: numaProfile(settings.kernel),
      host: this,
      hz: config.sched.hz,
      mode: NumaMode.disabled,
      tunables: settings.tunables,
      leakWhenOff: settings.leakWhenOff,
    });
    this.user = hintFaults.register(this);
    hintFaults.standIn(this.user);
    scheduler.preferredNid = (thread) => this.#tasks[thread].numaPreferredNid;
    scheduler.onMove((thread, from, to) => {
      const task = this.#tasks[thread];
      task.cpu = to;
      updateScanPeriod(this.nb, task, from, to);
    });
    for (const process of processes) this.#newTasks(process);
    const [{ space }] = processes;
    this.#fault = {
      vma: this.#numaVma(space.vmas[0]),
      page: 0,
      nid: 0,
      nrPages: 1,
      writable: true,
      sharedMapping: false,
      policyNid: NUMA_NO_NODE,
      flags: 0,
      targetNid: -1,
    };
    const spaces = processes.map((process) => process.space);
    const profile = numaProfile(settings.kernel);
    const armed = { memory: parts.memory, hintFaults, user: this.user, spaces, cpupids: this.#cpupids, profile, topology: config.topology };
    this.#scans = new NumaScans(this.nb, new ProtNuma(armed), parts.scans, (pass, done) => this.#passed(pass, done));
  }

  /** Switch it on or off. @kernel kernel/sched/core.c sysctl_numa_balancing */
  setOn(on: boolean, nowNs: number): void {
    this.nb.setMode(on ? this.#parts.settings.mode : NumaMode.disabled, nowNs);
    const { reclaim } = this.#parts.memory;
    if (reclaim !== null) reclaim.tiering = this.nb.tiering;
  }

  /** A timer tick on every CPU: the threads that run are looked at, and scan if it is their turn. */
  tick(nowNs: number): void {
    const { scheduler } = this.#parts;
    this.#scans.goOn();
    for (let cpu = 0; cpu < scheduler.nrCpus; cpu++) {
      const thread = scheduler.current(cpu);
      if (thread >= 0) this.#tick(thread, cpu, nowNs);
    }
    for (let thread = 0; thread < this.#tasks.length; thread++) this.#reap(thread);
  }

  /** The process is about to give its memory back: nobody may arm anything of it any more. */
  leave(space: AddressSpace): void {
    this.#scans.leave(space);
  }

  onHintFault(fault: HintFault): void {
    const { memory, settings, charges } = this.#parts;
    const { first, end } = memory.extent(fault.pte);
    const vma = vmaOfEntry(fault.space, fault.pte);
    const numaFault = this.#fault;
    numaFault.vma = this.#numaVma(vma);
    numaFault.page = first;
    numaFault.nid = memory.image.pteFlags[fault.pte] & Pte.nidMask;
    numaFault.nrPages = end - first;
    numaFault.writable = vma.role !== 'text';
    numaFault.policyNid = this.#policyNid(fault, vma, Math.log2(end - first));
    const task = this.#tasks[fault.thread];
    task.cpu = fault.cpu;
    if (memory.reclaim !== null) memory.reclaim.nowNs = fault.timeNs;
    doNumaPage(this.nb, task, numaFault, fault.timeNs);
    if ((numaFault.flags & Tnf.migrated) !== 0) charges.add(fault.cpu, settings.cost.migrateNs * numaFault.nrPages);
  }

  /** By the weights that are in force now. */
  #policyNid({ space, pte, process }: HintFault, vma: Vma, order: number): number {
    if (!this.#byWeight[process]) return NUMA_NO_NODE;
    return this.#parts.memory.nodesFor(space, vma, pte, order, NUMA_NO_NODE)[0];
  }

  /** What NUMA balancing keeps of a thread. */
  task(thread: number): NumaTask {
    return this.#tasks[thread];
  }

  #tick(thread: number, cpu: number, nowNs: number): void {
    const task = this.#tasks[thread];
    if (!this.#scans.mayBegin(task, cpu)) return;
    const execNs = Math.floor(this.#parts.channel.threadExecPs[thread] / PS_PER_NS);
    if (!taskTickNuma(this.nb, task, execNs, nowNs)) return;
    const scan = taskNumaWork(this.nb, task, nowNs);
    if (scan !== undefined) this.#scans.begin({ scan, task, space: this.#processOf(task.mm).space, thread, cpu, startNs: nowNs });
  }

  #passed({ thread, cpu, startNs }: PassUnderWay, pass: ScanPass): void {
    const task = this.#tasks[thread];
    const costNs = this.#costOf(pass);
    this.#parts.charges.add(cpu, costNs);
    // The scheduler books CPU time at its ticks, so of a pass only the whole ticks are seen.
    const { tickNs } = this.nb.jiffies;
    taskNumaWorkDone(task, costNs - (costNs % tickNs));
    const { numaScanSeq, numaScanPeriodMs, numaPreferredNid, ptesUpdated, pagesWalked } = pass;
    const start = { numaScanSeq, numaScanPeriodMs, numaPreferredNid };
    this.#parts.onPass({ atNs: startNs, tid: thread, cpu, ...start, ptesUpdated, pagesWalked, costNs });
  }

  #costOf({ ptesUpdated, pagesWalked, chunks }: ScanPass): number {
    const { scanPteNs, scanPageNs, scanChunkNs } = this.#parts.settings.cost;
    return Math.round(ptesUpdated * scanPteNs + pagesWalked * scanPageNs + chunks * scanChunkNs);
  }

  #reap(thread: number): void {
    if (this.#ended[thread] === true || this.#parts.channel.threadWakeNs[thread] !== Number.POSITIVE_INFINITY) return;
    this.#ended[thread] = true;
    const task = this.#tasks[thread];
    exitTask(task);
    task.mm.nrThreads--;
  }

  /** Threads of a program with several are clones of a main thread, which then only waits for them. */
  #newTasks(process: Process): void {
    const mm = newNumaMm(process.space.vmas.map((vma) => this.#numaVma(vma)));
    this.#processes.set(mm, process);
    let pid = FIRST_PID + this.#tasks.length + this.#parts.processes.indexOf(process);
    const [first] = process.threads;
    const main = newMainTask(this.nb, mm, { pid, cpu: first.cpu });
    if (process.threads.length === 1) {
      this.#tasks.push(main);
      return;
    }
    for (const { cpu } of process.threads) {
      this.#tasks.push(cloneTask(this.nb, main, { pid: ++pid, cpu }, 0));
      mm.nrThreads++;
    }
  }

  #processOf(mm: NumaMm): Process {
    const process = this.#processes.get(mm);
    assert(process !== undefined, 'an address space belongs to a process');
    return process;
  }

  #numaVma(vma: Vma): NumaVma {
    const known = this.#vmas.get(vma);
    if (known !== undefined) return known;
    const made = numaVmaOf(vma, this.#placed.has(vma));
    this.#vmas.set(vma, made);
    return made;
  }

  #numaMemory(): NumaHostPort['memory'] {
    const { memory } = this.#parts;
    return {
      rssPages: (mm) => memory.rssPages(this.#processOf(mm).space),
      lastCpupid: (page) => this.#cpupids[page] ^ CPUPID_UNSET,
      exchangeCpupid: (page, word) => {
        const old = this.#cpupids[page] ^ CPUPID_UNSET;
        this.#cpupids[page] = word ^ CPUPID_UNSET;
        return old;
      },
      migrateMisplaced: (page, nid): MigrateOutcome => memory.migrate(page, nid),
      freeSpaceEnough: (nid) => {
        const freePages = memory.frames.freeFrames(nid);
        const nodePresentPages = this.#parts.config.topology.nodes[nid].memoryBytes / PAGE_BYTES;
        return enoughFreePages({ freePages, nodePresentPages, promoWatermarkPages: memory.watermarks[nid].promo });
      },
    };
  }

  #numaScheduler(): NumaHostPort['scheduler'] {
    const { scheduler } = this.#parts;
    const threadOf = (task: NumaTask) => this.#tasks.indexOf(task);
    return {
      currentTask: (cpu) => this.#tasks[scheduler.current(cpu)],
      nrRunning: (cpu) => scheduler.nrRunning(cpu),
      cpuAllowed: (task, cpu) => scheduler.allowed(threadOf(task), cpu),
      migrateTaskTo: (task, cpu) => scheduler.move(threadOf(task), cpu),
      swapTasks: (a, b) => {
        const [cpuA, cpuB] = [a.cpu, b.cpu];
        const [threadA, threadB] = [threadOf(a), threadOf(b)];
        if (!scheduler.allowed(threadA, cpuB) || !scheduler.allowed(threadB, cpuA)) return false;
        return scheduler.move(threadA, cpuB) && scheduler.move(threadB, cpuA);
      },
    };
  }
}
