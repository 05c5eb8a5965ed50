/** The synthetic patterns, as plain data. */
export type SyntheticSpec = ZipfSpec | HotColdSpec | PointerChaseSpec | SparseSpec | SharedPrivateSpec;

interface Common {
  readonly bytes: number;
  /** Length of the run in ns. */
  readonly durationNs: number;
  /** Share of accesses that write, 0 to 1. */
  readonly writeRatio: number;
  /** Instruction time of one access, ps. */
  readonly computePs: number;
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
