import type { Snapshot } from '@damonlab/record';
import type { Ranges } from '../ranges.js';
import { maxNrAccesses } from '../snapshots.js';
import { ratio } from '../stats.js';

/** Precision and recall in bytes at three thresholds, and access rates inside and outside the truth; null where undefined. */
export interface Score {
  /** nr_accesses > 0. */
  readonly prec_1: number | null;
  readonly rec_1: number | null;
  /** nr_accesses ≥ a quarter of the maximum. */
  readonly prec_q: number | null;
  readonly rec_q: number | null;
  /** nr_accesses ≥ half of the maximum. */
  readonly prec_h: number | null;
  readonly rec_h: number | null;
  /** Byte-weighted mean of nr_accesses / maximum inside the truth. */
  readonly rate_in: number | null;
  readonly rate_out: number | null;
}

/** Sums over windows of predicted, true and both, in bytes: figures are ratios of these sums. */
export class Tally {
  /** Number of windows. */
  n = 0;
  trueBytes = 0;
  /** By threshold: > 0, ≥ max/4, ≥ max/2. */
  readonly predictedBytes = new Float64Array(3);
  readonly hitBytes = new Float64Array(3);
  #insideBytes = 0;
  #insideRate = 0;
  #outsideBytes = 0;
  #outsideRate = 0;

  /** The tally of one window. */
  static of(snapshot: Snapshot, truth: Ranges): Tally {
    const tally = new Tally();
    tally.n = 1;
    for (let t = 0; t < truth.start.length; t++) tally.trueBytes += truth.end[t] - truth.start[t];
    const max = maxNrAccesses(snapshot);
    const { start, end, nrAccesses } = snapshot;
    let next = 0;
    for (let i = 0; i < start.length; i++) {
      while (next < truth.start.length && truth.end[next] <= start[i]) next++;
      let inside = 0;
      for (let t = next; t < truth.start.length && truth.start[t] < end[i]; t++) {
        inside += Math.min(end[i], truth.end[t]) - Math.max(start[i], truth.start[t]);
      }
      tally.#region(end[i] - start[i], inside, nrAccesses[i], max);
    }
    return tally;
  }

  merge(other: Tally): void {
    this.n += other.n;
    this.trueBytes += other.trueBytes;
    for (let level = 0; level < 3; level++) {
      this.predictedBytes[level] += other.predictedBytes[level];
      this.hitBytes[level] += other.hitBytes[level];
    }
    this.#insideBytes += other.#insideBytes;
    this.#insideRate += other.#insideRate;
    this.#outsideBytes += other.#outsideBytes;
    this.#outsideRate += other.#outsideRate;
  }

  /** Threshold 0: nr_accesses > 0; 1: ≥ max/4; 2: ≥ max/2. */
  precision(level: number): number | null {
    return ratio(this.hitBytes[level], this.predictedBytes[level]);
  }

  recall(level: number): number | null {
    return ratio(this.hitBytes[level], this.trueBytes);
  }

  score(): Score {
    return {
      prec_1: this.precision(0),
      rec_1: this.recall(0),
      prec_q: this.precision(1),
      rec_q: this.recall(1),
      prec_h: this.precision(2),
      rec_h: this.recall(2),
      rate_in: ratio(this.#insideRate, this.#insideBytes),
      rate_out: ratio(this.#outsideRate, this.#outsideBytes),
    };
  }

  #region(bytes: number, inside: number, nrAccesses: number, max: number): void {
    this.#insideBytes += inside;
    this.#outsideBytes += bytes - inside;
    if (nrAccesses === 0) return;
    this.#insideRate += (inside * nrAccesses) / max;
    this.#outsideRate += ((bytes - inside) * nrAccesses) / max;
    const levels = 1 + Number(4 * nrAccesses >= max) + Number(2 * nrAccesses >= max);
    for (let level = 0; level < levels; level++) {
      this.predictedBytes[level] += bytes;
      this.hitBytes[level] += inside;
    }
  }
}
