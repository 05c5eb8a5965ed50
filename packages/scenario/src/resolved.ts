import type { AddrRange } from '@damonlab/base';
import type { CpuConfig } from '@damonlab/cpu';
import type { DamonAttrs, SampleControl } from '@damonlab/damon';
import type { Topology } from '@damonlab/mm';
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
  readonly thp: 'never' | 'always';
  readonly processes: readonly ResolvedProcess[];
  /** Null: nobody watches. */
  readonly monitor: ResolvedMonitor | null;
  readonly truth: boolean;
  readonly epochMaxNs: number;
  /** 0: until all threads have ended. */
  readonly durationNs: number;
  readonly timerGranularityNs: number;
  readonly backgroundSwitchNs: number;
  /** How the users of hinting faults share them; DAMON is the only one so far. */
  readonly sharing: 'build_exclusive';
}

export interface ResolvedProcess {
  readonly name: string;
  readonly workload: WorkloadSpec;
  /** CPUs that thread i runs on: `cpus[i % cpus.length]`; empty: dealt out over all CPUs. */
  readonly cpus: readonly number[];
}

/** `attrs` are asked for at `atNs` and take effect where the kernel serves requests. */
export interface AttrsCommit {
  readonly atNs: number;
  readonly attrs: DamonAttrs;
}

export interface ResolvedMonitor {
  readonly ops: 'vaddr' | 'fvaddr';
  readonly kernel: Kernel;
  readonly attrs: DamonAttrs;
  readonly sample: SampleControl;
  /** Attributes committed while the kdamond runs, in the order of their times. */
  readonly commits: readonly AttrsCommit[];
  /** When DAMON is turned on, ns; left out: at once. */
  readonly startNs?: number;
  /** An ended process stays a zombie for this long, ns; left out: it is reaped at once. */
  readonly lingerNs?: number;
  /** By process; empty: the ops' own choice. */
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
