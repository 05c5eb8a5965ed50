import { NS_PER_MS, PAGE_BYTES } from '@damonlab/base';
import type { TlbConfig } from '@damonlab/cpu';
import { type DamonAttrs, DEFAULT_SAMPLE_CONTROL, NO_INTERVALS_GOAL } from '@damonlab/damon';
import type { Topology } from '@damonlab/mm';
import {
  type AccessTruthWindow,
  type AttributionWindow,
  type CpuCounters,
  noTables,
  type PhaseRecord,
  type RunTables,
  type Snapshot,
  type TableName,
  type TruthWindow,
} from '@damonlab/record';
import { defaultMasimOptions, type MasimOptions, type SyntheticSpec, type WorkloadSpec } from '@damonlab/workload';
import type { MachineConfig, MonitorConfig, ProcessConfig, SharingConfig } from '../config.js';
import type { MachineObserver } from '../observer.js';

export const MIB = 1024 * 1024;

/** Two nodes of two CPUs; CPUs 0 and 1 are on node 0. */
export function twoNodes(mibPerNode: number): Topology {
  const node = { cpus: 2, memoryBytes: mibPerNode * MIB };
  const [near, far] = [3, 5];
  return {
    name: '2-node',
    nodes: [node, node],
    distance: [
      [10, 20],
      [20, 10],
    ],
    latencyNs: [
      [near, far],
      [far, near],
    ],
  };
}

export const TLB: TlbConfig = { kind: 'finite', entries: 64, ways: 4, hugeEntries: 16, hugeWays: 4, asids: 6 };

export const ATTRS: DamonAttrs = {
  sampleUs: 500,
  aggrUs: 5_000,
  opsUpdateUs: 20_000,
  minNrRegions: 10,
  maxNrRegions: 100,
  intervalsGoal: NO_INTERVALS_GOAL,
};

export const MONITOR: MonitorConfig = {
  ops: 'vaddr',
  kernel: '7.3',
  attrs: ATTRS,
  sample: DEFAULT_SAMPLE_CONTROL,
  commits: [],
  regions: [],
  kdamond: { cpu: null, wakeNs: 2_000, mappedNs: 200, holeNs: 100, aggregateNs: 50, armNs: 200 },
};

/** Hinting faults, where there are any, are DAMON's. */
export const DAMON_ONLY: SharingConfig = {
  strategy: 'build_exclusive',
  owners: ['damon'],
  schedule: [],
  uninstallEvery: 1,
  walkNs: 10,
  changeNs: 100,
};

/** A machine of two nodes on which `processes` run; nobody watches. */
export function machineOf(processes: readonly ProcessConfig[], changes: Partial<MachineConfig> = {}): MachineConfig {
  return {
    seed: 1,
    topology: twoNodes(64),
    cpu: { tlb: TLB, walkNs: 20, faultNs: 500, hintFaultNs: 700, shootdownNs: 300, contextSwitchNs: 1_000, sliceNs: 2 * NS_PER_MS },
    thp: 'never',
    processes,
    monitor: null,
    truth: true,
    epochMaxNs: NS_PER_MS,
    durationNs: 0,
    timerGranularityNs: 1,
    backgroundSwitchNs: 0,
    numaBalancing: null,
    sched: { hz: 250, policy: 'fixed', intervalNs: 4 * NS_PER_MS },
    sharing: DAMON_ONLY,
    ...changes,
  };
}

/** Random accesses to `bytes` for `ms`. */
export function synthetic(bytes: number, ms: number, threads = 1, pattern: 'zipf' | 'pointer_chase' = 'zipf'): WorkloadSpec {
  const common = { bytes, durationNs: ms * NS_PER_MS, writeRatio: 0.5, computePs: 20_000 };
  const spec: SyntheticSpec = pattern === 'zipf' ? { ...common, pattern, theta: 0.9 } : { ...common, pattern };
  return { kind: 'synthetic', name: pattern, pattern: spec, threads };
}

/** One phase after the other over its own region, for `ms` each. */
export function phases(ms: readonly number[], pages: number, options: Partial<MasimOptions> = {}, threads = 1): WorkloadSpec {
  return {
    kind: 'masim',
    name: 'phases',
    config: {
      regions: ms.map((_, i) => ({ name: `r${i}`, bytes: pages * PAGE_BYTES })),
      phases: ms.map((durationMs, i) => {
        const pattern = { region: i, random: i % 2 === 1, stride: i % 2 === 1 ? 0 : PAGE_BYTES, probability: 1 };
        return { name: `p${i}`, durationMs, patterns: [pattern] };
      }),
    },
    options: { ...defaultMasimOptions, nrAccessesPerRegion: 1_000, sequentialPs: 20_000, randomPs: 20_000, ...options },
    threads,
  };
}

/** Everything that a machine reports, in the order of its reports. */
export class Notes implements MachineObserver {
  readonly snapshots: Snapshot[] = [];
  readonly truths: TruthWindow[] = [];
  readonly phases: PhaseRecord[] = [];
  readonly counters: CpuCounters[] = [];
  readonly attributions: AttributionWindow[] = [];
  readonly accessTruths: AccessTruthWindow[] = [];
  readonly tables = noTables();
  /** Snapshots by kdamond; `snapshots` are the first one's. */
  readonly byKdamond: Snapshot[][] = [this.snapshots];

  snapshot(snapshot: Snapshot, kdamond: number): void {
    this.byKdamond[kdamond] ??= [];
    this.byKdamond[kdamond].push(snapshot);
  }

  truth(window: TruthWindow): void {
    this.truths.push(window);
  }

  phase(phase: PhaseRecord): void {
    this.phases.push(phase);
  }

  cpuCounters(counters: CpuCounters): void {
    this.counters.push(counters);
  }

  attribution(window: AttributionWindow): void {
    this.attributions.push(window);
  }

  accessTruth(window: AccessTruthWindow): void {
    this.accessTruths.push(window);
  }

  rows<Name extends TableName>(table: Name, rows: readonly RunTables[Name][]): void {
    const list: RunTables[Name][] = this.tables[table];
    list.push(...rows);
  }
}
