import type { AddrRange } from '@damonlab/base';
import type { CpuConfig } from '@damonlab/cpu';
import type { DamonAttrs, SampleControl } from '@damonlab/damon';
import type { SharingStrategy } from '@damonlab/hint-faults';
import type { Topology } from '@damonlab/mm';
import type { WorkloadSpec } from '@damonlab/workload';

/** A whole machine with what runs on it, as plain data: the input of `Machine.create`. */
export interface MachineConfig {
  readonly seed: number;
  readonly topology: Topology;
  readonly cpu: CpuConfig;
  /** Transparent huge pages: `always` maps every aligned 2 MiB of anonymous memory by one PMD at first touch. */
  readonly thp: 'never' | 'always';
  readonly processes: readonly ProcessConfig[];
  /** Null: nobody watches. */
  readonly monitor: MonitorConfig | null;
  /** How the users of hinting faults share them. */
  readonly sharing: SharingStrategy;
  /** Log which pages were really touched in each aggregation window. */
  readonly truth: boolean;
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

/** Whether the one target is the machine's memory, not the address space of each process. */
export function watchesPhysical({ monitor }: MachineConfig): boolean {
  return monitor?.ops === 'paddr';
}

export interface ProcessConfig {
  readonly name: string;
  readonly workload: WorkloadSpec;
  /** CPUs that thread i runs on: `cpus[i % cpus.length]`. Empty: threads are dealt out over all CPUs in order. */
  readonly cpus: readonly number[];
}

export interface MonitorConfig {
  readonly ops: 'vaddr' | 'fvaddr' | 'paddr';
  /** Modelled kernel. */
  readonly kernel: '7.3' | '6.12';
  readonly attrs: DamonAttrs;
  /** Access primitive and sample filters. */
  readonly sample: SampleControl;
  /** Attributes committed while the kdamond runs, in the order of their times. */
  readonly commits: readonly { readonly atNs: number; readonly attrs: DamonAttrs }[];
  /**
   * Monitoring target regions by process; empty or missing: the ops' own choice (vaddr: three ranges). For paddr one list, of physical
   * ranges.
   */
  readonly regions: readonly (readonly AddrRange[])[];
  readonly kdamond: KdamondCost;
  /** When DAMON is turned on, ns; left out: at once. */
  readonly startNs?: number;
  /** An ended process stays a zombie for this long, ns: its pid is still valid, its memory is gone. Left out: it is reaped at once. */
  readonly lingerNs?: number;
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
