import type { AddrRange } from '@damonlab/base';
import type { CpuConfig } from '@damonlab/cpu';
import type { DamonAttrs, SampleControl } from '@damonlab/damon';
import type { SchemeConfig } from '@damonlab/damos';
import type { SharingStrategy } from '@damonlab/hint-faults';
import type { Mempolicy, ThpMode, Topology } from '@damonlab/mm';
import type { NumaTunables } from '@damonlab/numa-balancing';
import type { WorkloadSpec } from '@damonlab/workload';

/** Kernels whose behaviour is modelled. */
export const KERNELS = ['7.3', '6.12'] as const;
export type Kernel = (typeof KERNELS)[number];

/**
 * A scenario after presets, defaults, overrides and checks, as plain data: what the manifest of a run keeps. `machine` is
 * what `Machine.create` takes; it is declared here again because a scenario does not know the machine.
 */
export interface ResolvedScenario {
  readonly name: string;
  /** Base name only: a run, and so its manifest, must not depend on the directory that its scenario lay in. */
  readonly source: { readonly file: string; readonly kind: 'masim' | 'trace' | 'yaml' };
  readonly machine: ResolvedMachine;
}

export interface ResolvedMachine {
  readonly seed: number;
  readonly topology: Topology;
  readonly cpu: CpuConfig;
  readonly thp: ThpMode;
  readonly processes: readonly ResolvedProcess[];
  /** The first kdamond; null: nobody watches. */
  readonly monitor: ResolvedMonitor | null;
  /** Kdamonds beside the first one, in their order; left out: none. */
  readonly otherMonitors?: readonly ResolvedMonitor[];
  readonly truth: boolean;
  /** One access in so many is timed; left out: none. */
  readonly latencyEvery?: number;
  readonly epochMaxNs: number;
  /** 0: until all threads have ended. */
  readonly durationNs: number;
  readonly timerGranularityNs: number;
  readonly backgroundSwitchNs: number;
  /** Null: the kernel has no NUMA balancing. */
  readonly numaBalancing: ResolvedNumaBalancing | null;
  readonly sched: { readonly hz: number; readonly policy: SchedPolicy; readonly intervalNs: number };
  readonly sharing: ResolvedSharing;
  /** Left out: none. */
  readonly policies?: ResolvedPolicies;
  /** Left out: nobody acts on memory. */
  readonly memory?: ResolvedMemory;
}

export interface ResolvedMemory {
  /** Virtual ns, of what schemes do: to look at a folio, to move a page, to hand one to the swap device. */
  readonly actionCost: { readonly lookNs: number; readonly migrateNs: number; readonly pageoutNs: number };
  /** Swap space in base pages, and ns: of looking at a folio, of writing a page out, of reading one in. Left out: no reclaim. */
  readonly swap?: { readonly pages: number; readonly scanNs: number; readonly outNs: number; readonly inNs: number };
  /** Whether reclaim moves pages to a lower tier before it takes them out of memory. Left out: no. */
  readonly demotion?: boolean;
}

export const SCHED_POLICIES = ['fixed', 'balance', 'random', 'access_aware'] as const;
export type SchedPolicy = (typeof SCHED_POLICIES)[number];

export const MIGRATE_TO = ['most', 'fewest'] as const;
export const TUNER_SETS = ['sysfs', 'dests'] as const;

/** What acts at the end of aggregation windows, and from user space. */
export interface ResolvedPolicies {
  readonly migrateByShares?: {
    readonly bytesPerWindow: number;
    readonly minShare: number;
    readonly minReports: number;
    readonly to: (typeof MIGRATE_TO)[number];
    readonly migrateNs: number;
  };
  readonly dirtyRate?: boolean;
  /** A program that sets weights of interleaving; the cutoff is in bytes per ns. */
  readonly interleaveTuner?: {
    readonly sampleNs: number;
    readonly adjustNs: number;
    readonly cutoff: number;
    readonly sets: readonly (typeof TUNER_SETS)[number][];
  };
}

export interface ResolvedNumaBalancing {
  readonly kernel: Kernel;
  readonly mode: number;
  readonly tunables: NumaTunables;
  readonly leakWhenOff: boolean;
  /** Lab option: under weighted interleaving faults bring pages where the weights say. Left out: no, as in the kernel. */
  readonly labByWeight?: boolean;
  readonly cost: NumaCost;
}

/** Virtual ns: of moving a page; of arming one, of walking over one, of each chunk of a scan. */
export interface NumaCost {
  readonly migrateNs: number;
  readonly scanPteNs: number;
  readonly scanPageNs: number;
  readonly scanChunkNs: number;
}

export const FAULT_USERS = ['damon', 'numa_balancing'] as const;
export type FaultUserName = (typeof FAULT_USERS)[number];

export interface ResolvedSharing {
  readonly strategy: SharingStrategy;
  readonly owners: readonly FaultUserName[];
  readonly schedule: readonly {
    readonly atNs: number;
    readonly stop: readonly FaultUserName[];
    readonly start: readonly FaultUserName[];
  }[];
  readonly uninstallEvery: number;
  readonly walkNs: number;
  readonly changeNs: number;
}

export interface ResolvedProcess {
  readonly name: string;
  readonly workload: WorkloadSpec;
  /** CPUs that thread i runs on: `cpus[i % cpus.length]`; empty: dealt out over all CPUs. */
  readonly cpus: readonly number[];
  /** Where its pages go at first touch; left out: to the node of the CPU. */
  readonly mempolicy?: Mempolicy;
  /** What it advises the kernel at times; left out: nothing. */
  readonly madvise?: readonly ResolvedMadvise[];
  /** Memory cgroup that its pages are charged to; left out: the root. */
  readonly memcg?: string;
  /** CPUs that the scheduler may move its threads to; empty: they stay. */
  readonly cpusAllowed: readonly number[];
}

export const MADVICE = ['free', 'cold', 'pageout', 'willneed', 'hugepage', 'nohugepage', 'collapse'] as const;

/** A system call at `atNs`, and again every `everyNs` (0: once), about bytes of one of its regions. */
export interface ResolvedMadvise {
  readonly atNs: number;
  readonly everyNs: number;
  readonly advice: (typeof MADVICE)[number];
  readonly region: string;
  readonly offset: number;
  /** Left out: to the end of the region. */
  readonly length?: number;
}

/** What is asked for at `atNs`; it takes effect where the kernel serves requests. */
export interface OnlineCommit {
  readonly atNs: number;
  readonly attrs: DamonAttrs;
  /** All schemes from then on; left out: they stay as they are. */
  readonly schemes?: readonly SchemeConfig[];
  /** Regions to watch by target, all of them; an empty list: as they are. Left out: no target changes. */
  readonly regions?: readonly (readonly AddrRange[])[];
  /** Whether it pauses from then on; left out: as before. */
  readonly pause?: boolean;
}

export interface ResolvedMonitor {
  readonly ops: 'vaddr' | 'fvaddr' | 'paddr';
  readonly kernel: Kernel;
  readonly attrs: DamonAttrs;
  readonly sample: SampleControl;
  readonly schemes: readonly SchemeConfig[];
  /** What is committed while the kdamond runs, in the order of the times. */
  readonly commits: readonly OnlineCommit[];
  /** When DAMON is turned on, ns; left out: at once. */
  readonly startNs?: number;
  /** An ended process stays a zombie for this long, ns; left out: it is reaped at once. */
  readonly lingerNs?: number;
  /** Whether what DAMON_STAT makes of the regions is recorded; left out: no. */
  readonly damonStat?: boolean;
  /** Whether it begins paused; left out: no. */
  readonly pause?: boolean;
  /** The processes that are targets; left out: all, in their order. */
  readonly targets?: readonly number[];
  /** By target; empty: the ops' own choice. For paddr one list, of physical ranges. */
  readonly regions: readonly (readonly AddrRange[])[];
  readonly kdamond: KdamondCost;
}

/** Virtual ns; `cpu` null: a CPU of its own. */
export interface KdamondCost {
  readonly cpu: number | null;
  readonly wakeNs: number;
  readonly mappedNs: number;
  readonly holeNs: number;
  readonly aggregateNs: number;
  readonly armNs: number;
}
