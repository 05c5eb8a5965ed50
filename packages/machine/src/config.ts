import type { AddrRange } from '@damonlab/base';
import type { CpuConfig } from '@damonlab/cpu';
import type { DamonAttrs, SampleControl } from '@damonlab/damon';
import type { ActionCost, MadviseAdvice } from '@damonlab/damon-ops';
import type { SchemeConfig } from '@damonlab/damos';
import type { SharingStrategy } from '@damonlab/hint-faults';
import type { Mempolicy, ThpMode, Topology } from '@damonlab/mm';
import type { NumaKernelVersion, NumaTunables } from '@damonlab/numa-balancing';
import type { InterleaveTunerSettings, MigrateBySharesSettings } from '@damonlab/policies';
import type { WorkloadSpec } from '@damonlab/workload';

/** A whole machine with what runs on it, as plain data: the input of `Machine.create`. */
export interface MachineConfig {
  readonly seed: number;
  readonly topology: Topology;
  readonly cpu: CpuConfig;
  /**
   * Transparent huge pages: `always` maps every aligned 2 MiB of anonymous memory by one PMD at first touch, `madvise` those that a scheme
   * asks it for.
   */
  readonly thp: ThpMode;
  readonly processes: readonly ProcessConfig[];
  /** The first kdamond; null: nobody watches. */
  readonly monitor: MonitorConfig | null;
  /** Kdamonds beside the first one, in the order in which they were started; left out: none. */
  readonly otherMonitors?: readonly MonitorConfig[];
  /** Null: the kernel has no NUMA balancing. */
  readonly numaBalancing: NumaBalancingConfig | null;
  readonly sched: SchedConfig;
  /** What else acts on what DAMON reports; left out: nothing. */
  readonly policies?: PoliciesConfig;
  /** Left out: schemes' actions take no time. */
  readonly memory?: MemoryConfig;
  /** How the users of hinting faults share them. */
  readonly sharing: SharingConfig;
  /** Log which pages were really touched in each aggregation window. */
  readonly truth: boolean;
  /** Time one access in so many, and every fault; left out: none. It costs no virtual time. */
  readonly latencyEvery?: number;
  /** Longest epoch in ns: an upper bound on how long CPUs run without meeting. */
  readonly epochMaxNs: number;
  /** Stop after this much virtual time even if threads still run; 0: run until all threads have ended. */
  readonly durationNs: number;
  /** Timers fire at multiples of this, ns; 1 is exact. The measured machine of the oracle: 32000. */
  readonly timerGranularityNs: number;
  /**
   * A background process of another address space runs for a moment every so many ns on each CPU (0: never). All it does
   * is to take the TLB from the workload.
   */
  readonly backgroundSwitchNs: number;
}

/** What each kdamond monitors, in their order. */
export function monitorsOf({ monitor, otherMonitors = [] }: MachineConfig): readonly MonitorConfig[] {
  return monitor === null ? [] : [monitor, ...otherMonitors];
}

/** Whether the first kdamond watches the machine's memory, not the address space of each process: truth is told in its addresses. */
export function watchesPhysical({ monitor }: MachineConfig): boolean {
  return monitor?.ops === 'paddr';
}

/** Whether a process of the machine is in memory cgroup `path`; the root is always there. */
export function hasMemcg({ processes }: MachineConfig, path: string): boolean {
  return path === '/' || processes.some(({ memcg }) => memcg === path);
}

/** What goes on in memory beside first touches. */
export interface MemoryConfig {
  /** What schemes' actions take. */
  readonly actionCost: ActionCost;
  /** Swap space; left out: nothing is ever taken out of memory. */
  readonly swap?: SwapConfig;
  /** Whether reclaim moves pages to nodes without CPUs before it takes them out of memory; needs `swap`. Left out: no. */
  readonly demotion?: boolean;
}

export interface SwapConfig {
  /** Base pages; 0: only what lies in files can be taken out of memory. */
  readonly pages: number;
  /** Of looking at a folio, of writing a page out, of reading one in; ns. */
  readonly scanNs: number;
  readonly outNs: number;
  readonly inNs: number;
}

export interface ProcessConfig {
  readonly name: string;
  readonly workload: WorkloadSpec;
  /** CPUs that thread i runs on: `cpus[i % cpus.length]`. Empty: threads are dealt out over all CPUs in order. */
  readonly cpus: readonly number[];
  /** Where its pages go at first touch; left out: to the node of the CPU. */
  readonly mempolicy?: Mempolicy;
  /** What it advises the kernel at times; left out: nothing. */
  readonly madvise?: readonly MadviseCallConfig[];
  /** Memory cgroup that its pages are charged to; left out: `/`. */
  readonly memcg?: string;
  /** CPUs that the scheduler may move its threads to; empty or left out: each thread stays where it is. */
  readonly cpusAllowed?: readonly number[];
}

/** A system call that a process makes at `atNs`, and again every `everyNs` from then on; 0: once. */
export interface MadviseCallConfig {
  readonly atNs: number;
  readonly everyNs: number;
  readonly advice: MadviseAdvice;
  /** Name of the workload's region that it is about, and which bytes of it, in whole pages. */
  readonly region: string;
  readonly offset: number;
  /** Left out: to the end of the region. */
  readonly length?: number;
}

/** NUMA balancing of the machine. */
export interface NumaBalancingConfig {
  readonly kernel: NumaKernelVersion;
  /** kernel.numa_balancing while it is on: 1 normal, 2 memory tiering, 3 both. */
  readonly mode: number;
  readonly tunables: NumaTunables;
  /** Whether left-over faults act while it is off, as in the kernel: count, exchange the cpupid, migrate. */
  readonly leakWhenOff: boolean;
  /** Lab option: pages of processes with weighted interleaving go to the node of their weights, not of the thread; left out: no. */
  readonly labByWeight?: boolean;
  readonly cost: NumaCost;
}

/** What NUMA balancing costs the thread on whose behalf it acts, in virtual ns. */
export interface NumaCost {
  /** Of moving one base page. */
  readonly migrateNs: number;
  /** Of arming one page in a scan. */
  readonly scanPteNs: number;
  /** Of walking over one page of address space in a scan. */
  readonly scanPageNs: number;
  /** Of each chunk of a scan: lock, flush. */
  readonly scanChunkNs: number;
}

/** The scheduler. Threads that may move do so at its ticks. */
export interface SchedConfig {
  /** Timer ticks a second. */
  readonly hz: number;
  /**
   * `fixed`: nobody moves. `balance`: idle CPUs pull, imbalances are evened out, and threads stay on or come to their preferred node.
   * `random`: a thread chosen at random goes to a CPU chosen at random (a negative control). `access_aware`: as `balance`, and at the
   * end of each aggregation window threads go to the node whose pages they touch, by DAMON's attribution.
   */
  readonly policy: 'fixed' | 'balance' | 'random' | 'access_aware';
  /** How often it looks, ns. */
  readonly intervalNs: number;
}

/** Policies: all but the tuner act at the end of aggregation windows, as work of the kdamond. */
export interface PoliciesConfig {
  /** Pages move to the node that makes most of the reports about them. */
  readonly migrateByShares?: MigrateBySharesConfig;
  /** Log how many pages each process dirties in a window, estimated and counted. Counting drops translations at each window's end. */
  readonly dirtyRate?: boolean;
  /** A program in user space, with a timer of its own, sets weights of interleaving by the bandwidth of node 0. */
  readonly interleaveTuner?: InterleaveTunerConfig;
}

export interface MigrateBySharesConfig extends MigrateBySharesSettings {
  /** Of moving one base page, ns. */
  readonly migrateNs: number;
}

export interface InterleaveTunerConfig extends InterleaveTunerSettings {
  /** How often it reads the bandwidth, and how often it sets weights, ns. */
  readonly sampleNs: number;
  readonly adjustNs: number;
  /** The weights in sysfs, those of the destinations of the first kdamond's schemes. */
  readonly sets: readonly ('sysfs' | 'dests')[];
}

/** Users of hinting faults by name. */
export type FaultUserName = 'damon' | 'numa_balancing';

export interface SharingConfig {
  readonly strategy: SharingStrategy;
  /** Who has them from the start. */
  readonly owners: readonly FaultUserName[];
  /** Hand-overs in the order of their times. */
  readonly schedule: readonly HandoverRequest[];
  /** Broken on purpose, for negative controls: an uninstall removes only each so many-th arm. 1: all. */
  readonly uninstallEvery: number;
  /** Of an uninstall: looking at one page-table entry, and changing one, ns. */
  readonly walkNs: number;
  readonly changeNs: number;
}

export interface HandoverRequest {
  readonly atNs: number;
  readonly stop: readonly FaultUserName[];
  readonly start: readonly FaultUserName[];
}

export interface MonitorConfig {
  readonly ops: 'vaddr' | 'fvaddr' | 'paddr';
  /** Modelled kernel. */
  readonly kernel: '7.3' | '6.12';
  readonly attrs: DamonAttrs;
  /** Access primitive and sample filters. */
  readonly sample: SampleControl;
  /** What is done to which regions; left out: nothing. */
  readonly schemes?: readonly SchemeConfig[];
  /** Whether the context begins paused, until a commit lets it go on; left out: no. */
  readonly pause?: boolean;
  /** Whether what DAMON_STAT makes of the regions is recorded; left out: no. */
  readonly damonStat?: boolean;
  /** What is committed while the kdamond runs, in the order of the times. */
  readonly commits: readonly OnlineCommit[];
  /** The processes that are its targets, by their numbers; left out: all, in their order. Not for paddr. */
  readonly targets?: readonly number[];
  /**
   * Monitoring target regions by target; empty or missing: the ops' own choice (vaddr: three ranges). For paddr one list, of physical
   * ranges.
   */
  readonly regions: readonly (readonly AddrRange[])[];
  readonly kdamond: KdamondCost;
  /** When DAMON is turned on, ns; left out: at once. */
  readonly startNs?: number;
  /** An ended process stays a zombie for this long, ns: its pid is still valid, its memory is gone. Left out: it is reaped at once. */
  readonly lingerNs?: number;
}

/** What is asked for at `atNs`; the kernel decides when it takes effect. What is left out stays as it is. */
export interface OnlineCommit {
  readonly atNs: number;
  readonly attrs: DamonAttrs;
  readonly schemes?: readonly SchemeConfig[];
  /** Regions to watch by target, all of them; an empty list: as they are. Left out: no target changes. */
  readonly regions?: readonly (readonly AddrRange[])[];
  readonly pause?: boolean;
}

/** What the kdamond costs, in virtual ns. */
export interface KdamondCost {
  /** CPU that the kdamond runs on with real-time priority and so takes the time from; null: a CPU of its own. */
  readonly cpu: number | null;
  /** Of one wake-up (timer, switch, loop). */
  readonly wakeNs: number;
  /** Of clearing and checking one region whose sampled page is mapped. */
  readonly mappedNs: number;
  /** The same where nothing is mapped. */
  readonly holeNs: number;
  /** Of arming one page (page_fault): change the entry, flush it from all TLBs. */
  readonly armNs: number;
  /** Of merging, splitting and reporting, per region and aggregation. */
  readonly aggregateNs: number;
}
