import type { Prng } from '@damonlab/base';

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

  constructor(count: number, theta: number) {
    this.#count = count;
    this.#theta = theta;
    this.#areaBegin = this.#area(1.5) - 1;
    this.#areaEnd = this.#area(count + 0.5);
    this.#shortcut = 2 - this.#areaInverse(this.#area(2.5) - this.#density(2));
  }

  draw(rng: Prng): number {
    for (;;) {
      const area = this.#areaEnd + rng.nextUnit() * (this.#areaBegin - this.#areaEnd);
      const x = this.#areaInverse(area);
      const k = Math.min(Math.max(Math.round(x), 1), this.#count);
      if (k - x <= this.#shortcut || area >= this.#area(k + 0.5) - this.#density(k)) return k - 1;
    }
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
