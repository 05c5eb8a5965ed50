import type { Prng, StateTape } from '@damonlab/base';
import { type AccessBatch, type AccessProgram, BatchKind } from '../access-program.js';
import { fillTouch, type PageTouch } from '../touch.js';
import type { PageSource } from './page-source.js';
import type { RandomSpec } from './spec.js';

/** Batches of data from one touch of code, clock and stack to the next. */
const ROUND_BATCHES = 128;

/** A thread that accesses the pages of a `PageSource` without a pause until its time is over. */
export class RandomProgram implements AccessProgram {
  readonly lists: readonly Uint32Array[];
  readonly #durationNs: number;
  readonly #writeRatio: number;
  readonly #computePs: number;
  readonly #source: PageSource;
  readonly #busy: readonly PageTouch[];
  readonly #rng: Prng;
  #startNs = -1;
  #busyIndex = 0;
  #batches = 0;

  /** `rng` decides between reads and writes; the data regions are the first ones. */
  constructor(spec: RandomSpec, source: PageSource, busy: readonly PageTouch[], rng: Prng) {
    this.#durationNs = spec.durationNs;
    this.#writeRatio = spec.writeRatio;
    this.#computePs = spec.computePs;
    this.#source = source;
    this.#busy = busy;
    this.#rng = rng;
    this.lists = [...busy.map((touch) => touch.pages), source.pages];
  }

  save(tape: StateTape): void {
    tape.put(this.#startNs);
    tape.put(this.#busyIndex);
    tape.put(this.#batches);
    this.#source.save(tape);
  }

  restore(tape: StateTape): void {
    this.#startNs = tape.take();
    this.#busyIndex = tape.take();
    this.#batches = tape.take();
    this.#source.restore(tape);
  }

  next(batch: AccessBatch, nowNs: number): void {
    if (this.#startNs < 0) this.#startNs = nowNs;
    const elapsedNs = nowNs - this.#startNs;
    if (elapsedNs >= this.#durationNs) {
      batch.kind = BatchKind.exit;
      batch.phase = -1;
      return;
    }
    if (this.#busyIndex < this.#busy.length) {
      fillTouch(batch, this.#busy[this.#busyIndex] as PageTouch, 0);
      this.#busyIndex += 1;
      return;
    }
    batch.kind = BatchKind.pages;
    batch.region = 0;
    this.#source.fill(batch, elapsedNs);
    batch.write = this.#rng.nextUnit() < (this.#source.writeRatio ?? this.#writeRatio) ? 1 : 0;
    batch.computePs = this.#computePs;
    batch.phase = 0;
    this.#batches += 1;
    if (this.#batches < ROUND_BATCHES) return;
    this.#batches = 0;
    this.#busyIndex = 0;
  }
}
