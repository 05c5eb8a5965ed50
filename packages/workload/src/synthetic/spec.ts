/** The synthetic patterns, as plain data. */
export type SyntheticSpec = RandomSpec | SparseSpec | SweepSpec;

/** Patterns whose pages are drawn or shuffled beforehand. */
export type RandomSpec = ZipfSpec | HotColdSpec | PointerChaseSpec | SharedPrivateSpec;

/** Bytes of data that a pattern accesses. */
export function syntheticBytes(spec: SyntheticSpec): number {
  return spec.pattern === 'sweep' ? spec.areas.reduce((sum, area) => sum + area.bytes, 0) : spec.bytes;
}

interface Common {
  readonly bytes: number;
  /** Length of the run in ns. */
  readonly durationNs: number;
  /** Share of accesses that write, 0 to 1. */
  readonly writeRatio: number;
  /** Instruction time of one access, ps. */
  readonly computePs: number;
  /** The memory is there before the run starts, first touched on this node; left out: as the threads touch it. */
  readonly populateNid?: number;
}

/** Pages drawn from a Zipf distribution with exponent `theta`; ranks are scattered over the region by a seeded permutation. */
export interface ZipfSpec extends Common {
  readonly pattern: 'zipf';
  readonly theta: number;
}

/** `hotRatio` of the region gets `hotShare` of the accesses; every `driftNs` the hot range moves on by its own size (0: stays). */
export interface HotColdSpec extends Common {
  readonly pattern: 'hot_cold';
  readonly hotRatio: number;
  readonly hotShare: number;
  readonly driftNs: number;
}

/** One cycle through all pages of the region in a seeded random order. */
export interface PointerChaseSpec extends Common {
  readonly pattern: 'pointer_chase';
}

/**
 * The region is touched once; then one hot 4 KiB page per 2 MiB, at a pseudo-random slot, is swept, one sweep every
 * `sweepEveryNs` after the end of the last one.
 */
export interface SparseSpec extends Common {
  readonly pattern: 'sparse';
  readonly sweepEveryNs: number;
}

/** Areas that threads sweep from front to back, one access a page, each area again and again or at times of its own. */
export interface SweepSpec {
  readonly pattern: 'sweep';
  /** Length of the run in ns. */
  readonly durationNs: number;
  /** Share of sweeps that write, 0 to 1. */
  readonly writeRatio: number;
  /** Instruction time of one access, ps. */
  readonly computePs: number;
  /** A thread with nothing due computes until something is; else it sleeps. */
  readonly spin: boolean;
  readonly areas: readonly SweepArea[];
}

/** A mapping of its own. */
export interface SweepArea {
  readonly name: string;
  readonly bytes: number;
  /** Bytes mapped behind it that nobody touches. */
  readonly slackBytes: number;
  /** The area is there before the run starts, first touched on this node; -1: as the threads touch it. */
  readonly populateNid: number;
  /** A sweep begins so long after the last one began, ns; 0: as soon as it has ended. */
  readonly everyNs: number;
  /** The first sweep begins so long after the start of the thread, ns. */
  readonly firstNs: number;
  /** No sweep begins so long after the start of the thread or later, ns; left out: they go on. */
  readonly untilNs?: number;
  /** Threads that sweep it, by their index; none: all. */
  readonly threads: readonly number[];
}

/**
 * A part that all threads share, and one of its own for each thread, each part a mapping; pages of a part are accessed alike.
 * `writeRatio` is that of the private parts.
 */
export interface SharedPrivateSpec extends Common {
  readonly pattern: 'shared_private';
  /** Share of `bytes` that is shared, 0 (private parts only) to 1 (no private parts); the rest is dealt out evenly. */
  readonly sharedRatio: number;
  /** Share of each thread's accesses that go to the shared part, 0 to 1. */
  readonly sharedShare: number;
  /** Share of the accesses to the shared part that write, 0 to 1. */
  readonly sharedWriteRatio: number;
  /** Thread i takes `computePs / speeds[i % speeds.length]` of instruction time for an access. Not empty, each > 0. */
  readonly speeds: readonly number[];
}
