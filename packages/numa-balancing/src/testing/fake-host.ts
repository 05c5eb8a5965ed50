import type { Topology } from '@damonlab/mm';
import { NumaBalancing, type NumaBalancingConfig } from '../balancing.js';
import { CPUPID_UNSET } from '../cpupid.js';
import type { MigrateOutcome, NumaHost, NumaMemory, NumaScheduler } from '../host.js';
import { anonVma, type NumaMm, newNumaMm } from '../mm.js';
import type { NumaFault } from '../numa-fault.js';
import { numaProfile } from '../profile.js';
import type { ScanChunk } from '../scan.js';
import { blankTask, type NumaTask } from '../task.js';

export const PAGE = 4096;
export const MS = 1_000_000;

/** Two nodes with two CPUs each. */
export const TWO_NODES: Topology = {
  name: 'two-nodes',
  nodes: [
    { cpus: 2, memoryBytes: 2 ** 31 },
    { cpus: 2, memoryBytes: 2 ** 31 },
  ],
  distance: [
    [10, 20],
    [20, 10],
  ],
  latencyNs: [
    [1, 2],
    [2, 1],
  ],
};

/** Node 1 is slow memory without CPUs. */
export const TIERED: Topology = {
  ...TWO_NODES,
  name: 'tiered',
  nodes: [
    { cpus: 2, memoryBytes: 2 ** 31 },
    { cpus: 0, memoryBytes: 2 ** 31 },
  ],
};

/** A memory of words and nodes, by page; arms what the test says. */
export class FakeMemory implements NumaMemory {
  readonly words = new Map<number, number>();
  readonly nids = new Map<number, number>();
  readonly scans: [start: number, end: number][] = [];
  rss = 0;
  outcome: MigrateOutcome = 'migrated';
  freeEnough = false;
  /** PTEs that arming this range changes. */
  arms: (start: number, end: number) => number = (start, end) => (end - start) / PAGE;

  rssPages(): number {
    return this.rss;
  }
  changeProtNuma({ start, end }: ScanChunk): number {
    this.scans.push([start, end]);
    return this.arms(start, end);
  }
  lastCpupid(page: number): number {
    return this.words.get(page) ?? CPUPID_UNSET;
  }
  exchangeCpupid(page: number, word: number): number {
    const old = this.lastCpupid(page);
    this.words.set(page, word);
    return old;
  }
  migrateMisplaced(page: number, nid: number): MigrateOutcome {
    if (this.outcome === 'migrated') this.nids.set(page, nid);
    return this.outcome;
  }
  freeSpaceEnough(): boolean {
    return this.freeEnough;
  }
}

/** One thread per CPU at most, no affinity unless the test pins. */
export class FakeScheduler implements NumaScheduler {
  readonly onCpu = new Map<number, NumaTask>();
  readonly pinned = new Set<NumaTask>();
  /** Runnable threads beside the running one, by CPU. */
  readonly waiting = new Map<number, number>();
  readonly moves: string[] = [];

  currentTask(cpu: number): NumaTask | undefined {
    return this.onCpu.get(cpu);
  }
  nrRunning(cpu: number): number {
    return (this.onCpu.has(cpu) ? 1 : 0) + (this.waiting.get(cpu) ?? 0);
  }
  cpuAllowed(task: NumaTask, cpu: number): boolean {
    return !this.pinned.has(task) || task.cpu === cpu;
  }
  migrateTaskTo(task: NumaTask, cpu: number): boolean {
    this.moves.push(`${task.pid}>${cpu}`);
    this.onCpu.delete(task.cpu);
    this.run(task, cpu);
    return true;
  }
  swapTasks(a: NumaTask, b: NumaTask): boolean {
    this.moves.push(`${a.pid}<>${b.pid}`);
    const { cpu } = a;
    this.run(a, b.cpu);
    this.run(b, cpu);
    return true;
  }
  run(task: NumaTask, cpu: number): void {
    task.cpu = cpu;
    this.onCpu.set(cpu, task);
  }
}

export interface Bench {
  readonly nb: NumaBalancing;
  readonly memory: FakeMemory;
  readonly scheduler: FakeScheduler;
}

export function bench(config: Partial<NumaBalancingConfig> = {}): Bench {
  const memory = new FakeMemory();
  const scheduler = new FakeScheduler();
  const host: NumaHost = { memory, scheduler };
  return { nb: new NumaBalancing({ topology: TWO_NODES, profile: numaProfile('7.3'), host, ...config }), memory, scheduler };
}

/** An address space of `mib` MiB in one VMA. */
export function plainMm(mib = 512): NumaMm {
  return newNumaMm([anonVma({ start: 2 ** 30, end: 2 ** 30 + mib * 2 ** 20 })]);
}

/** A thread with a scan period of 1 s that runs on `cpu`. */
export function plainTask(
  bench: Bench,
  { pid = 100, cpu = 0, mm = plainMm() }: { pid?: number; cpu?: number; mm?: NumaMm } = {},
): NumaTask {
  const task = blankTask(pid, mm, cpu, bench.nb.nodes.length);
  task.numaScanPeriodMs = 1000;
  task.numaScanPeriodMaxMs = 60_000;
  bench.scheduler.run(task, cpu);
  return task;
}

/** A fault on `page` of node `nid` in the first VMA of `mm`. */
export function plainFault(mm: NumaMm, page: number, nid: number): NumaFault {
  return { vma: mm.vmas[0], page, nid, nrPages: 1, writable: true, sharedMapping: false, policyNid: -1, flags: 0, targetNid: -1 };
}
