import type { Prng } from '@damonlab/base';

/** Equal parts of the area in which a rank is looked up before it is computed. */
const NR_PARTS = 1 << 16;
/** Farther than this from the border of two ranks, rounding does not decide between them. */
const CLEAR = 1e-6;

/**
 * Draws ranks 0 to `count` - 1 with probability proportional to 1 / (rank + 1)^theta, theta > 0, in constant time and
 * memory: rejection-inversion (Hörmann and Derflinger 1996). The exact distribution, not an approximation.
 */
export class ZipfSampler {
  readonly #count: number;
  readonly #theta: number;
  /** Area under the hat from the first rank to the last one. */
  readonly #areaBegin: number;
  readonly #areaEnd: number;
  /** How far left of a rank a draw may lie and is accepted without a second look. */
  readonly #shortcut: number;
  /** For each part of the area: 1 + the rank that every draw in it yields, 0 if that depends. Few ranks: nine in ten draws end here. */
  readonly #known = new Uint32Array(NR_PARTS);

  constructor(count: number, theta: number) {
    this.#count = count;
    this.#theta = theta;
    this.#areaBegin = this.#area(1.5) - 1;
    this.#areaEnd = this.#area(count + 0.5);
    this.#shortcut = 2 - this.#areaInverse(this.#area(2.5) - this.#density(2));
    for (let part = 0; part < NR_PARTS; part++) this.#known[part] = this.#rankOfPart(part);
  }

  draw(rng: Prng): number {
    for (;;) {
      const unit = rng.nextUnit();
      const known = this.#known[Math.floor(unit * NR_PARTS)] as number;
      if (known !== 0) return known - 1;
      const area = this.#areaAt(unit);
      const x = this.#areaInverse(area);
      const k = this.#nearest(x);
      if (k - x <= this.#shortcut || this.#isUnder(area, k)) return k - 1;
    }
  }

  #areaAt(unit: number): number {
    return this.#areaEnd + unit * (this.#areaBegin - this.#areaEnd);
  }

  #nearest(x: number): number {
    return Math.min(Math.max(Math.round(x), 1), this.#count);
  }

  /** Whether a draw lies under the rank's bar, not only under the hat. */
  #isUnder(area: number, k: number): boolean {
    return area >= this.#area(k + 0.5) - this.#density(k);
  }

  #rankOfPart(part: number): number {
    const least = this.#areaAt((part + 1) / NR_PARTS);
    const x = this.#areaInverse(least) - CLEAR;
    const k = this.#nearest(x);
    if (this.#nearest(this.#areaInverse(this.#areaAt(part / NR_PARTS)) + CLEAR) !== k) return 0;
    return k - x <= this.#shortcut || this.#isUnder(least, k) ? k : 0;
  }

  #density(x: number): number {
    return Math.exp(-this.#theta * Math.log(x));
  }

  /** Integral of the density: (x^(1 - theta) - 1) / (1 - theta), which is ln(x) for theta = 1. */
  #area(x: number): number {
    const log = Math.log(x);
    const t = (1 - this.#theta) * log;
    return (Math.abs(t) > 1e-8 ? Math.expm1(t) / t : 1 + t / 2) * log;
  }

  #areaInverse(area: number): number {
    // Rounding may lead just past the pole of the logarithm.
    const t = Math.max(area * (1 - this.#theta), -1);
    return Math.exp((Math.abs(t) > 1e-8 ? Math.log1p(t) / t : 1 - t / 2) * area);
  }
}
