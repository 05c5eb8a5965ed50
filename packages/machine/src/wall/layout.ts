import { type LayoutViews, SabLayout, SPSC_RING_SLOTS, SPSC_RING_WORDS } from '@damonlab/base';
import { type ChannelSizes, LATENCY_BUCKETS, STATE_SLOTS } from '@damonlab/cpu';
import { HINT_FAULT_COUNTERS } from '@damonlab/hint-faults';
import { type ImageSizes, lockedFramesWords } from '@damonlab/mm';

/** Words of `words`. Writer: coordinator (atomic store, notify). Readers: CPUs (atomic load; they wait on `state`). */
export const WallWord = {
  /** `WallState`. */
  state: 0,
  /** 1: accesses are sampled. */
  sampling: 1,
  /** Writers: CPUs that gave a thread away (atomic add). Readers: CPUs. Changes whenever `threadCpu` does. */
  moves: 2,
  /** Writer: coordinator (atomic store). Readers: CPUs. Changes whenever `CpuChannel.slowdown` does, after it. */
  slowdowns: 3,
  /** Writers: CPUs that ask for a page (atomic add, notify). Reader: coordinator, which waits on it. */
  asked: 4,
} as const;
export const WallState = { waiting: 0, running: 1, paused: 2, ended: 3 } as const;

/** Words of a CPU's line in `asks`. `open` 1: it has asked. */
export const Ask = { open: 0, space: 1, pte: 2 } as const;

/** Words of a CPU's line in `scans`: a chunk of NUMA balancing's scanner (`ProtNumaChunk`), and what came of it. */
export const Scan = {
  state: 0,
  space: 1,
  vma: 2,
  first: 3,
  last: 4,
  thisNid: 5,
  singleThreaded: 6,
  mode: 7,
  timeWord: 8,
  timedNids: 9,
  updated: 10,
  huge: 11,
} as const;
export const ScanState = { none: 0, asked: 1, done: 2 } as const;

/** f64 words of the clock. Writer: coordinator, while `state` keeps the CPUs from reading. Readers: CPUs. */
export const ClockWord = { startNs: 0, pausedNs: 1 } as const;

/** i32 words on cache lines of their own, one line per CPU. */
export const LINE_WORDS = 16;

/** What a CPU counts, in the order of `counts`; docs/concurrency.md says what they mean. */
export const RACES = [
  'lost_accessed',
  'late_accessed',
  'missed_checks',
  'lost_claims',
  'lost_first_touches',
  'stale_tlb_hits',
  'tlb_overruns',
  'numa_ring_full',
  'descheduled',
  'descheduled_ns',
  'slices',
] as const;
export type RaceName = (typeof RACES)[number];
export type RaceCounts = Record<RaceName, number>;

/** What a CPU publishes beside its races: events of the memory and of sampling. */
export const PUBLISHED = ['pgfault', 'thp_fault_alloc', 'thp_fault_fallback', 'generation', 'sampled', 'sampled_latency_ns'] as const;

/** Users of hinting faults whose counters are published. */
export const MOST_USERS = 8;
/** Shootdowns that the log holds; a CPU that is further behind drops everything. */
export const SHOOTDOWN_LOG = 65_536;
/** Columns of a phase or exit: time, thread, phase. */
export const PHASE_COLUMNS = 3;
/** Columns of a fault for NUMA balancing: time, space, entry, CPU, thread, write. */
export const NUMA_COLUMNS = 6;
export const NUMA_RING_SLOTS = 65_536;
/** Most pages whose Accessed bits are followed after a check. */
export const MOST_CHECKED = 8192;

/** Sizes that fix the layout. */
export interface WallSizes {
  readonly image: ImageSizes;
  readonly channel: ChannelSizes;
  readonly nrNodes: number;
  readonly nrSpaces: number;
}

function wallSpec({ image: { nrPtes }, channel: { nrCpus, nrThreads, latencies }, nrNodes, nrSpaces }: WallSizes) {
  const buckets = latencies ? nrCpus * LATENCY_BUCKETS : 0;
  return {
    words: ['i32', LINE_WORDS],
    clock: ['f64', 8],
    /** `Claims`. */
    claims: ['u8', nrPtes],
    /** `HintFaultState.armedBy`. Writers and readers: who owns the claim byte. */
    armedBy: ['u8', nrPtes],
    /** `HintFaultState.active`. Writer: coordinator. Readers: who owns a claim byte. */
    active: ['i32', LINE_WORDS],
    /** `RacingHintFaultsParts.touchedBefore`. */
    touchedBefore: ['u8', nrPtes],
    /** `RacingMemoryParts.pending`. */
    pending: ['u8', nrPtes],
    /** `LockedFrames`. */
    frames: ['i32', lockedFramesWords(nrNodes)],
    /** `RacingMemoryParts.rss`: the coordinator, then the CPUs. */
    rss: ['f64', (nrCpus + 1) * nrSpaces],
    /** [0]: shootdowns so far. Writers: who publishes one (atomic add). Readers: CPUs. */
    shootdownHead: ['i32', LINE_WORDS],
    /** [first, end) of a shootdown. Writer: who drew its number, before it stores the number. Readers: CPUs, after they read the number. */
    shootdownRange: ['u32', 2 * SHOOTDOWN_LOG],
    /** Number of the shootdown in a slot. Writer: who drew it (atomic store). Readers: CPUs (atomic load, before and after the range). */
    shootdownNumber: ['i32', SHOOTDOWN_LOG],
    /** Last shootdown that a CPU has dropped, a line each. Writer: that CPU (atomic store). Reader: coordinator. */
    acknowledged: ['i32', nrCpus * LINE_WORDS],
    /** Changes with each slice of a CPU, a line each. Writer: that CPU (atomic store). Reader: coordinator. */
    heartbeat: ['i32', nrCpus * LINE_WORDS],
    /** `RACES`, then `PUBLISHED`, by CPU; totals. Writer: that CPU at the end of a slice. Reader: coordinator. */
    counts: ['f64', nrCpus * (RACES.length + PUBLISHED.length)],
    /** `HINT_FAULT_COUNTERS` by CPU and user; totals. As `counts`. */
    userCounts: ['f64', nrCpus * MOST_USERS * HINT_FAULT_COUNTERS.length],
    /** Faults that nobody received, by CPU. As `counts`. */
    orphans: ['f64', nrCpus],
    /** `FaultLatencies`, a block per CPU; totals. As `counts`. */
    firstTouches: ['f64', buckets],
    hintFaults: ['f64', buckets],
    /**
     * `Ask`, a line per CPU. Writer: that CPU while `open` is 0; it sets `open` (atomic), the coordinator clears it (atomic, notify) when it
     * has mapped the page.
     */
    asks: ['i32', nrCpus * LINE_WORDS],
    /**
     * `Scan`, a line per CPU. The coordinator writes a chunk and sets `asked` (atomic); that CPU arms it between two slices, writes what came
     * of it and sets `done` (atomic, notify); the coordinator reads that and sets `none`.
     */
    scans: ['i32', nrCpus * LINE_WORDS],
    /** `ProtNumaParts.cpupids`. Writers: the CPU that arms the page, the coordinator when it was touched. Readers: coordinator. */
    cpupids: ['u32', nrPtes],
    /** What the fault that was asked for waited for memory, by CPU. Writer: coordinator while `open` is 1. Reader: that CPU, afterwards. */
    stallNs: ['f64', nrCpus],
    /** CPU that a thread is to go to. Writer: coordinator. Reader: the CPU that has it. */
    wish: ['i32', nrThreads],
    /** Time that threads owe, at `StateSlot.owedPs` as in the channel's `state`; only grows. Writer: coordinator. Reader: that CPU. */
    charged: ['f64', nrCpus * STATE_SLOTS],
    /** Phases and exits, a ring per CPU. Producer: that CPU, which waits for room. Consumer: coordinator. */
    phaseWords: ['i32', nrCpus * SPSC_RING_WORDS],
    phaseRecords: ['f64', nrCpus * SPSC_RING_SLOTS * PHASE_COLUMNS],
    /** Faults for NUMA balancing, a ring per CPU. Producer: that CPU, which counts what finds no room. Consumer: coordinator. */
    numaWords: ['i32', nrCpus * SPSC_RING_WORDS],
    numaRecords: ['f64', nrCpus * NUMA_RING_SLOTS * NUMA_COLUMNS],
    /** [0]: goes up before and after a check is written. [1]: its entries. Writer: coordinator (atomic). Readers: CPUs (atomic). */
    checkWords: ['i32', LINE_WORDS],
    /** [0]: when the check was. Writer and readers: as `checked`. */
    checkNs: ['f64', 8],
    /** Twice an entry, plus 1 if it was cleared, not found idle. Writer: coordinator between the two. Readers: CPUs between two looks. */
    checked: ['u32', MOST_CHECKED],
  } as const;
}

/** What races: everything that is shared in wall time beside image and channel. */
export type WallViews = LayoutViews<ReturnType<typeof wallSpec>>;

const VERSION = 2;

export function allocateWall(sizes: WallSizes): SharedArrayBuffer {
  return new SabLayout(wallSpec(sizes), VERSION).allocate();
}

export function openWall(buffer: SharedArrayBuffer, sizes: WallSizes): WallViews {
  return new SabLayout(wallSpec(sizes), VERSION).views(buffer);
}
