/** The synthetic patterns, as plain data. */
export type SyntheticSpec = ZipfSpec | HotColdSpec | PointerChaseSpec | SparseSpec;

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
