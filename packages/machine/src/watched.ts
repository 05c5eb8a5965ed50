import { type DamonOperations, type DamonRandom, kernelProfile } from '@damonlab/damon';
import {
  AccessedBit,
  type AccessPrimitive,
  HintFaultPrimitive,
  PaddrOperations,
  type ReportingPrimitive,
  SampledAccesses,
  VaddrOperations,
  type VaddrTarget,
} from '@damonlab/damon-ops';
import type { HintFaults } from '@damonlab/hint-faults';
import { type Memory, nrCpus } from '@damonlab/mm';
import type { MachineConfig, MonitorConfig } from './config.js';
import type { PhaseLog } from './phase-log.js';
import type { Process } from './processes.js';
import { WorkloadRegions } from './workload-regions.js';

/** What is different for a kdamond that is a real thread among others. */
export interface WallKdamond {
  /** The time, ns: its work takes what it takes. */
  nowNs(): number;
  /** Where the other threads post reports for kdamond `index`. */
  reports(index: number): SharedArrayBuffer | undefined;
  /** Looks on what kdamond `index` does by Accessed bits. */
  audit(index: number, primitive: AccessPrimitive): AccessPrimitive;
}

export interface WatchedParts {
  readonly config: MachineConfig;
  /** Its number among the machine's kdamonds, from 0. */
  readonly index: number;
  readonly monitor: MonitorConfig;
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly phases: PhaseLog;
  /** Null unless somebody uses hinting faults. */
  readonly hintFaults: HintFaults | null;
  /** Null: time is virtual. */
  readonly wall: WallKdamond | null;
}

/** What a kdamond watches, and how it learns of accesses. */
export class Watched {
  /** By target: the process that it is, and that its results are told of. paddr has one target, which is not about a process. */
  readonly targets: readonly number[];
  /** The same for what acts on address spaces; empty for paddr. */
  readonly vaddrTargets: readonly VaddrTarget[];
  readonly primitive: AccessPrimitive;
  /** The same, when it knows who made an access. */
  readonly reporting: ReportingPrimitive | null;
  readonly workloadRegions: WorkloadRegions;
  readonly ops: DamonOperations;
  readonly #parts: WatchedParts;
  readonly #nowNs: () => number;
  readonly #lingerNs: number;

  constructor(parts: WatchedParts, rng: DamonRandom, nowNs: () => number) {
    const { monitor, memory, processes, phases } = parts;
    this.#parts = parts;
    this.#nowNs = nowNs;
    this.#lingerNs = monitor.lingerNs ?? 0;
    const physical = monitor.ops === 'paddr';
    const profile = kernelProfile(monitor.kernel);
    this.targets = physical ? [0] : [...(monitor.targets ?? processes.keys())];
    const ofProcess = (p: number) => ({ space: processes[p].space, hasMemory: () => phases.alive(p), alive: () => this.#alive(p) });
    this.vaddrTargets = physical ? [] : this.targets.map(ofProcess);
    this.workloadRegions = new WorkloadRegions(processes);
    this.reporting = this.#createReporting();
    this.primitive = this.reporting ?? this.#audited(new AccessedBit(memory, profile));
    const { primitive } = this;
    this.ops =
      monitor.ops === 'paddr'
        ? new PaddrOperations({ memory, primitive, spaces: processes.map(({ space }) => space), rng, profile, valid: () => this.valid() })
        : new VaddrOperations(monitor.ops, primitive, this.vaddrTargets, rng, profile);
  }

  /** paddr: physical memory does not end with what runs in it, only a run without a duration of its own does. */
  valid(): boolean {
    const { config, processes } = this.#parts;
    return config.durationNs > 0 || processes.some((_, p) => this.#alive(p));
  }

  #alive(p: number): boolean {
    const { phases } = this.#parts;
    return phases.alive(p) || this.#nowNs() < phases.endedNs(p) + this.#lingerNs;
  }

  #audited(primitive: AccessPrimitive): AccessPrimitive {
    const { wall, index } = this.#parts;
    return wall === null ? primitive : wall.audit(index, primitive);
  }

  #createReporting(): ReportingPrimitive | null {
    const { config, monitor, hintFaults, wall, index } = this.#parts;
    const buffer = wall?.reports(index);
    const reports = {
      control: monitor.sample,
      nrCpus: nrCpus(config.topology),
      space: monitor.ops,
      processes: [...this.targets],
      ...(monitor.ops === 'paddr' ? { placeOf: this.workloadRegions.placeOf } : {}),
      ...(buffer === undefined ? {} : { buffer }),
    };
    if (monitor.sample.primitive === 'sampled_accesses') return new SampledAccesses(reports);
    return monitor.sample.primitive === 'page_fault' && hintFaults !== null ? new HintFaultPrimitive({ ...reports, hintFaults }) : null;
  }
}
