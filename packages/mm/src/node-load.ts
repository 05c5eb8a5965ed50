/** A point of the curve: share of the peak bandwidth in use, and how many times as long as without load an access takes. */
type Point = readonly [utilisation: number, slowdown: number];

/**
 * Loaded latency against bandwidth in use, as Intel's Memory Latency Checker draws it for DDR4 and DDR5 servers: flat to about half of the
 * peak, a third more at three quarters, twice at 90 %, and a wall behind that. CXL expanders have the same shape.
 */
const CURVE: readonly Point[] = [
  [0, 1],
  [0.5, 1.1],
  [0.75, 1.35],
  [0.9, 2],
  [1, 4],
];
/** Behind the peak: steep enough that nobody stays there. */
const WALL = 30;
/** What CPUs can count with. */
const MOST = 16;

/** How many times as long as without load an access takes at `utilisation` of the peak bandwidth, 1 to 16. */
export function slowdownAt(utilisation: number): number {
  for (let i = 1; i < CURVE.length; i++) {
    const [u, s] = CURVE[i];
    if (utilisation > u) continue;
    const [u0, s0] = CURVE[i - 1];
    return s0 + ((s - s0) * (utilisation - u0)) / (u - u0);
  }
  const [u, s] = CURVE[CURVE.length - 1];
  return Math.min(MOST, s + WALL * (utilisation - u));
}

/** Memory answers to a change of load within about this time, and in no epoch goes more than a part of the way: else it would swing. */
const SETTLE_NS = 20_000_000;
const MOST_OF_THE_WAY = 1 / 8;
/** Smaller changes are not told, nor fractions of it. */
const STEP = 1 / 64;

/** The load of one memory node, and what it does to accesses. */
export class NodeLoad {
  /** As CPUs are told, 1 to 16. */
  slowdown = 1;
  #exact = 1;
  readonly #bytesPerNs: number;

  /** `bytesPerNs`: peak bandwidth, which is GB/s. */
  constructor(bytesPerNs: number) {
    this.#bytesPerNs = bytesPerNs;
  }

  /** `bytes` were moved in the last `ns`. Returns whether accesses take another time from now on. */
  moved(bytes: number, ns: number): boolean {
    const wanted = slowdownAt(bytes / ns / this.#bytesPerNs);
    this.#exact += (wanted - this.#exact) * Math.min(MOST_OF_THE_WAY, ns / SETTLE_NS);
    if (Math.abs(this.#exact - this.slowdown) <= STEP) return false;
    this.slowdown = Math.max(1, Math.round(this.#exact / STEP) * STEP);
    return true;
  }
}
