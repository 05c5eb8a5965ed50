import { type LayoutViews, SabLayout } from '@damonlab/base';
import { MAX_NODES } from '@damonlab/mm';
import { LATENCY_BUCKETS } from './latency-buckets.js';

/** Sizes that fix the layout of a channel. A CPU cannot report more than its epoch has time for, so no log can overflow. */
export interface ChannelSizes {
  readonly nrCpus: number;
  /** Longest epoch in ns. */
  readonly epochMaxNs: number;
  /** Least cost of what goes to the fault log (first touch, hinting fault, sample) in ns. */
  readonly faultNs: number;
  readonly nrThreads: number;
  /** Words of a thread's state (`SimThread.save`); 0: threads never move. */
  readonly threadWords: number;
  /** Two for each region of each thread's process: reads and writes. */
  readonly nrRegionCounters: number;
  /** Whether latencies are counted. */
  readonly latencies: boolean;
  /** Whether lines and times are counted by the node that memory is on. */
  readonly traffic: boolean;
}

/** A change of phase takes a program at least this long (it reads the clock and prints a line), ns. */
export const PHASE_CHANGE_NS = 1_000;

/** Most faults and samples of one CPU in one epoch. */
export function faultLogEntries(sizes: ChannelSizes): number {
  return Math.ceil(sizes.epochMaxNs / sizes.faultNs) + 2;
}

/** Most phase changes and exits of one CPU in one epoch. */
export function eventLogEntries(sizes: ChannelSizes): number {
  return Math.ceil(sizes.epochMaxNs / PHASE_CHANGE_NS) + 2 * sizes.nrThreads + 2;
}

/** Per-CPU f64 slots (`state`). Each CPU has a cache-line-aligned block of `STATE_SLOTS`. */
export const STATE_SLOTS = 16;
/**
 * Writer: the CPU in a round. Reader: coordinator between rounds. Whole numbers; totals since the start.
 * `carryPs`: how far the CPU is past the end of the last epoch (its clock minus the epoch's end).
 */
export const StateSlot = {
  carryPs: 0,
  accesses: 1,
  tlbMisses: 2,
  pageFaults: 3,
  contextSwitches: 4,
  busyPs: 5,
  /** Writer: coordinator between rounds. Reader: the CPU at the start of a round. Time that the kdamond takes from it. */
  stealPs: 6,
  hintFaults: 7,
  /**
   * Kernel time that the running thread still has to spend on what the coordinator did on its behalf. Writers: coordinator adds between
   * rounds; the CPU takes off what has passed, in a round.
   */
  owedPs: 8,
} as const;

/** Per-CPU i32 slots (`logs`). Writer: the CPU in a round, cleared by the coordinator. Reader: coordinator. */
export const LOG_SLOTS = 16;
export const LogSlot = {
  nrFaults: 0,
  nrEvents: 1,
  /** Threads of this CPU that have not ended. */
  nrLive: 2,
  /** Thread that ran last and can go on, -1: the CPU is idle. */
  current: 3,
} as const;

/** What a fault log entry is about; `write` is a bit beside the others. */
export const FaultKind = { firstTouch: 0, hint: 1, write: 2, sample: 4 } as const;

/** Value of `eventPhase` for "the thread has ended". */
export const EVENT_EXIT = -2;

/** Shared words of the epoch itself. Writer: coordinator before the release. Readers: CPUs after it. */
export const EpochSlot = {
  startNs: 0,
  endNs: 1,
  /** Changes whenever a page-table entry does. */
  generation: 2,
  /** 1: somebody in this machine arms pages. */
  arming: 3,
  /** Changes whenever `threadCpu` does. */
  moves: 4,
  /** 1: accesses are sampled. */
  sampling: 5,
  /** Changes whenever `slowdown` does. */
  slowdowns: 6,
} as const;
const EPOCH_SLOTS = 8;

/** Ranges of entries whose translations every CPU drops at the start of a round; more than this, and it drops all. */
export const SHOOTDOWN_RANGES = 16_384;

function channelSpec(sizes: ChannelSizes) {
  const { nrCpus } = sizes;
  const faults = nrCpus * faultLogEntries(sizes);
  const events = nrCpus * eventLogEntries(sizes);
  return {
    epoch: ['f64', EPOCH_SLOTS],
    /** TLB shootdowns: [0] number of ranges, then [first, end) pairs. Writer: coordinator between rounds. Readers: CPUs, at their start. */
    shootdown: ['u32', 1 + 2 * SHOOTDOWN_RANGES],
    state: ['f64', nrCpus * STATE_SLOTS],
    logs: ['i32', nrCpus * LOG_SLOTS],
    /** CPU of each thread. Writer: coordinator between rounds. Readers: CPUs, at their start, if `EpochSlot.moves` has changed. */
    threadCpu: ['i32', sizes.nrThreads],
    /** CPU time of each thread, ps. Writer: the CPU that runs it. Reader: coordinator between rounds. */
    threadExecPs: ['f64', sizes.nrThreads],
    /** 0: runnable; when it wakes up, ns; Infinity: it has ended. Writer: the CPU that has it, as a round ends. Reader: coordinator. */
    threadWakeNs: ['f64', sizes.nrThreads],
    /** State of each thread. Writer: the CPU that has it, at the end of a round. Reader: the CPU that gets it, at the start of one. */
    threadState: ['f64', sizes.nrThreads * sizes.threadWords],
    /**
     * True accesses since the start, by thread, region and read/write (`SimThread.firstCounter`). Writer: the CPU that runs the thread.
     * Reader: coordinator.
     */
    regionAccesses: ['f64', sizes.nrRegionCounters],
    /** Logs, one block per CPU. Writer: the CPU in a round. Reader: coordinator between rounds. Times in ps since the epoch's start. */
    faultTimePs: ['f64', faults],
    faultPte: ['u32', faults],
    faultSpace: ['i32', faults],
    faultThread: ['i32', faults],
    /** `FaultKind`, plus 2 if the access was a write. */
    faultKind: ['i32', faults],
    /** Samples only: how long the access took, walk included, a fault not. */
    faultLatencyPs: ['i32', faults],
    /** Accesses without a fault by `latencyBucket`, one block per CPU. Writer: the CPU in a round. Reader: coordinator at the end. */
    latencies: ['f64', sizes.latencies ? nrCpus * LATENCY_BUCKETS : 0],
    /** How much longer than without load an access to each node takes. Writer: coordinator between rounds. Readers: CPUs, before one. */
    slowdown: ['f64', sizes.traffic ? MAX_NODES : 0],
    /** Cache lines moved by each CPU from and to each node, totals since the start. Writer: the CPU in a round. Reader: coordinator. */
    nodeLines: ['f64', sizes.traffic ? nrCpus * MAX_NODES : 0],
    /** Accesses without a fault that each CPU timed, by node: how many, and the ps that they took; totals since the start. As `nodeLines`. */
    nodeTimed: ['f64', sizes.traffic ? nrCpus * MAX_NODES : 0],
    nodePs: ['f64', sizes.traffic ? nrCpus * MAX_NODES : 0],
    eventTimePs: ['f64', events],
    eventThread: ['i32', events],
    eventPhase: ['i32', events],
  } as const;
}

/** What CPUs and coordinator tell each other: clocks, counters and logs. */
export type CpuChannel = LayoutViews<ReturnType<typeof channelSpec>>;

const CHANNEL_VERSION = 5;

/** A new channel. */
export function allocateChannel(sizes: ChannelSizes): SharedArrayBuffer {
  return new SabLayout(channelSpec(sizes), CHANNEL_VERSION).allocate();
}

/** Open a channel that was allocated with the same sizes. */
export function openChannel(buffer: SharedArrayBuffer, sizes: ChannelSizes): CpuChannel {
  return new SabLayout(channelSpec(sizes), CHANNEL_VERSION).views(buffer);
}
