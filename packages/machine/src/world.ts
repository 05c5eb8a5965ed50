import type { Worker } from 'node:worker_threads';
import type { CpuChannel } from '@damonlab/cpu';
import type { HintFaults, Shootdown } from '@damonlab/hint-faults';
import type { Memory, Reclaim } from '@damonlab/mm';
import type { Bandwidth } from './bandwidth.js';
import type { Charges } from './charges.js';
import type { MachineConfig } from './config.js';
import type { MappingsChanged } from './equip-memory.js';
import type { FaultSample } from './fault-sample.js';
import type { Kdamonds } from './kdamonds.js';
import type { FaultLatencies, LatencyLog } from './latency-log.js';
import type { ScanHands } from './numa-scans.js';
import type { MachineObserver } from './observer.js';
import type { PhaseLog } from './phase-log.js';
import type { Process } from './processes.js';
import type { Sharing } from './sharing.js';
import type { WallKdamond } from './watched.js';

/** What a machine consists of whose kind depends on the clock; everything else is the same for both. */
export interface World {
  readonly memory: Memory;
  /** Null: nobody uses hinting faults. */
  readonly hintFaults: HintFaults | null;
  readonly shootdowns: Shootdown;
  readonly charges: Charges;
  /** Whom it concerns when mappings change. */
  readonly changed: MappingsChanged;
  /** Null: nothing is ever taken out of memory. */
  readonly reclaim: Reclaim | null;
  /** `NumaHostParts.scans`. */
  readonly scans: ScanHands | null;
  /** What the CPUs say of themselves. */
  readonly channel: CpuChannel;
  /** The same, where `threadCpu` is what the scheduler wants. */
  readonly placing: CpuChannel;
  /** Where CPUs count their faults; left out: they leave it to the coordinator. */
  readonly faultLatencies?: FaultLatencies;
  /** Null: time is virtual. */
  readonly wall: WallKdamond | null;
  /** The place where CPUs and coordinator meet. */
  meet(parts: MeetingParts): Meeting;
  close(): Promise<void>;
}

/** What is settled at a meeting. */
export interface MeetingParts {
  readonly config: MachineConfig;
  readonly processes: readonly Process[];
  readonly phases: PhaseLog;
  readonly kdamonds: Kdamonds;
  readonly sharing: Sharing;
  readonly latencies: LatencyLog | null;
  readonly faults: FaultSample;
}

/** How time passes, and how CPUs and coordinator learn from each other what they did meanwhile. */
export interface Meeting {
  /** Threads that carry CPUs. */
  readonly workers: readonly Worker[];
  /** Null: memory does not slow down under load. */
  readonly bandwidth: Bandwidth | null;
  /** Called once, before the first `pass`. */
  start(): void;
  /** Let the CPUs run from `startNs` on, about to `endNs`. Returns what time it is then, ns. @throws RunError when a CPU is gone. */
  pass(startNs: number, endNs: number): Promise<number>;
  /** Settle what the CPUs did since `startNs`. Returns the processes that have ended. */
  settle(startNs: number): number[];
  /** The coordinator has done what was due: the CPUs may know. */
  dismiss(): void;
  /** The coordinator was to do something at `dueNs`, and does it at `nowNs`. */
  due(dueNs: number, nowNs: number): void;
  /** A window is over. */
  endWindow(startNs: number, endNs: number, observer: MachineObserver): void;
  /** The run is over: returns when no CPU runs any more, and whether there is something to be settled again. */
  stop(): Promise<boolean>;
  /** Let time stand still, and go on. */
  pause(): void;
  resume(): void;
  /** More counters of the run. */
  counters(): Record<string, number>;
}
