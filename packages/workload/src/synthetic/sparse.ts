import { PAGE_BYTES, PMD_BYTES, type Prng, PTES_PER_PMD, type StateTape } from '@damonlab/base';
import { type AccessBatch, type AccessProgram, BatchKind } from '../access-program.js';
import { fillTouch, type PageTouch } from '../touch.js';
import { BATCH_ACCESSES, pagesOf } from './page-source.js';
import type { SparseSpec } from './spec.js';

/** Pages of the first touch in one batch: the thread looks at the clock in between. */
const TOUCH_PAGES = 4096;

/** One page of each whole 2 MiB of the region, at a slot drawn from `layout`. */
export function sparsePages(bytes: number, layout: Prng): Uint32Array {
  return Uint32Array.from({ length: Math.floor(bytes / PMD_BYTES) }, (_, i) => i * PTES_PER_PMD + layout.below(PTES_PER_PMD));
}

/** A thread that touches the whole region once and then sweeps its few hot pages, with a pause after each sweep. */
export class SparseProgram implements AccessProgram {
  readonly lists: readonly Uint32Array[];
  readonly #spec: SparseSpec;
  readonly #nrPages: number;
  readonly #hot: Uint32Array;
  readonly #busy: readonly PageTouch[];
  readonly #rng: Prng;
  #startNs = -1;
  #touched = 0;
  #busyIndex = 0;
  #swept = 0;

  /** `hot`: from `sparsePages`; `rng` decides between reads and writes; region 0 is the data. */
  constructor(spec: SparseSpec, hot: Uint32Array, busy: readonly PageTouch[], rng: Prng) {
    this.#spec = spec;
    this.#nrPages = pagesOf(spec.bytes);
    this.#hot = hot;
    this.#busy = busy;
    this.#rng = rng;
    this.lists = [...busy.map((touch) => touch.pages), hot];
  }

  save(tape: StateTape): void {
    tape.put(this.#startNs);
    tape.put(this.#touched);
    tape.put(this.#busyIndex);
    tape.put(this.#swept);
  }

  restore(tape: StateTape): void {
    this.#startNs = tape.take();
    this.#touched = tape.take();
    this.#busyIndex = tape.take();
    this.#swept = tape.take();
  }

  next(batch: AccessBatch, nowNs: number): void {
    if (this.#startNs < 0) this.#startNs = nowNs;
    if (nowNs - this.#startNs >= this.#spec.durationNs) {
      batch.kind = BatchKind.exit;
      batch.phase = -1;
    } else if (this.#busyIndex < this.#busy.length) {
      // The stack is there before anything else is touched.
      fillTouch(batch, this.#busy[this.#busyIndex] as PageTouch, this.#touched < this.#nrPages ? -1 : 0);
      this.#busyIndex += 1;
    } else if (this.#touched < this.#nrPages) {
      this.#fillFirstTouch(batch);
    } else if (this.#swept < this.#hot.length) {
      this.#fillSweep(batch);
    } else {
      batch.kind = BatchKind.sleep;
      batch.untilNs = nowNs + this.#spec.sweepEveryNs;
      batch.phase = 0;
      this.#swept = 0;
      this.#busyIndex = 0;
    }
  }

  #fillFirstTouch(batch: AccessBatch): void {
    const count = Math.min(TOUCH_PAGES, this.#nrPages - this.#touched);
    batch.kind = BatchKind.sequence;
    batch.region = 0;
    batch.write = 1;
    batch.remaining = count;
    batch.computePs = this.#spec.computePs;
    batch.offset = this.#touched * PAGE_BYTES;
    batch.stride = PAGE_BYTES;
    batch.bytes = this.#spec.bytes;
    batch.phase = -1;
    this.#touched += count;
  }

  #fillSweep(batch: AccessBatch): void {
    const count = Math.min(BATCH_ACCESSES, this.#hot.length - this.#swept);
    batch.kind = BatchKind.pages;
    batch.region = 0;
    batch.write = this.#rng.nextUnit() < this.#spec.writeRatio ? 1 : 0;
    batch.remaining = count;
    batch.computePs = this.#spec.computePs;
    batch.pages = this.#hot;
    batch.begin = this.#swept;
    batch.cursor = this.#swept;
    batch.end = this.#swept + count;
    batch.phase = 0;
    this.#swept += count;
  }
}
