import { PAGE_BYTES, type Prng, PS_PER_NS, type StateTape } from '@damonlab/base';
import { type AccessBatch, type AccessProgram, BatchKind, type RegionSpec } from '../access-program.js';
import { fillTouch, type PageTouch } from '../touch.js';
import { pagesOf } from './page-source.js';
import type { SweepArea, SweepSpec } from './spec.js';

/** Pages of one batch: the thread looks at the clock in between. */
const BATCH_PAGES = 4096;

/** The regions of the areas: the first area lies lowest. */
export function sweepRegions(areas: readonly SweepArea[]): RegionSpec[] {
  return areas.map(({ name, bytes, slackBytes, populateNid }) => {
    const populate = populateNid < 0 ? {} : { populate: { nid: populateNid, first: 0, pages: pagesOf(bytes) } };
    return { name, role: 'data', bytes: bytes + slackBytes, headerBytes: 0, ownVma: true, ...populate };
  });
}

/** A thread that sweeps areas: those without a period in turn, those with one when they are due, the earliest first. */
export class SweepProgram implements AccessProgram {
  readonly lists: readonly Uint32Array[];
  readonly #spec: SweepSpec;
  /** Indexes of this thread's areas. */
  readonly #mine: readonly number[];
  readonly #busy: readonly PageTouch[];
  readonly #rng: Prng;
  /** When the next sweep of each area of this thread is due, ns. */
  readonly #dueNs: Float64Array;
  #startNs = -1;
  #busyIndex = 0;
  /** Index into `#mine` of the sweep that goes on, -1: none. */
  #current = -1;
  #page = 0;
  #write: 0 | 1 = 0;

  /** `rng` decides between sweeps that read and that write. */
  constructor(spec: SweepSpec, thread: number, busy: readonly PageTouch[], rng: Prng) {
    this.#spec = spec;
    this.#mine = spec.areas.flatMap((area, i) => (area.threads.length === 0 || area.threads.includes(thread) ? [i] : []));
    this.#busy = busy;
    this.#rng = rng;
    this.#dueNs = new Float64Array(this.#mine.length);
    this.lists = busy.map((touch) => touch.pages);
  }

  next(batch: AccessBatch, nowNs: number): void {
    if (this.#startNs < 0) this.#start(nowNs);
    if (nowNs - this.#startNs >= this.#spec.durationNs || this.#mine.length === 0) {
      batch.kind = BatchKind.exit;
      batch.phase = -1;
    } else if (this.#busyIndex < this.#busy.length) {
      fillTouch(batch, this.#busy[this.#busyIndex] as PageTouch, 0);
      this.#busyIndex += 1;
    } else if (this.#current >= 0 || this.#begin(nowNs)) {
      this.#fillSweep(batch);
    } else this.#wait(batch, nowNs);
  }

  save(tape: StateTape): void {
    for (const due of this.#dueNs) tape.put(due);
    tape.put(this.#startNs);
    tape.put(this.#busyIndex);
    tape.put(this.#current);
    tape.put(this.#page);
    tape.put(this.#write);
  }

  restore(tape: StateTape): void {
    for (let i = 0; i < this.#dueNs.length; i++) this.#dueNs[i] = tape.take();
    this.#startNs = tape.take();
    this.#busyIndex = tape.take();
    this.#current = tape.take();
    this.#page = tape.take();
    this.#write = tape.take() === 1 ? 1 : 0;
  }

  #start(nowNs: number): void {
    this.#startNs = nowNs;
    for (let i = 0; i < this.#mine.length; i++) this.#dueNs[i] = nowNs + this.#area(i).firstNs;
  }

  #area(i: number): SweepArea {
    return this.#spec.areas[this.#mine[i] as number] as SweepArea;
  }

  /** Index into `#mine` of the area to be swept next: one with a period if that is due, else whichever is due first. */
  #first(nowNs: number): number {
    let first = 0;
    for (let i = 1; i < this.#dueNs.length; i++) if (this.#rank(i, nowNs) < this.#rank(first, nowNs)) first = i;
    return first;
  }

  #due(i: number, nowNs: number): number {
    const { untilNs = Number.POSITIVE_INFINITY } = this.#area(i);
    return nowNs - this.#startNs < untilNs ? (this.#dueNs[i] as number) : Number.POSITIVE_INFINITY;
  }

  #rank(i: number, nowNs: number): number {
    const dueNs = this.#due(i, nowNs);
    return dueNs <= nowNs && this.#area(i).everyNs > 0 ? dueNs - nowNs - this.#spec.durationNs : dueNs;
  }

  /** Begin the sweep that is due; false when none is. */
  #begin(nowNs: number): boolean {
    const first = this.#first(nowNs);
    const dueNs = this.#due(first, nowNs);
    if (dueNs > nowNs) return false;
    const { everyNs } = this.#area(first);
    // Without a period: behind the others without one. With one: sweeps do not pile up.
    this.#dueNs[first] = everyNs === 0 ? nowNs + 1 : Math.max(dueNs + everyNs, nowNs);
    this.#current = first;
    this.#page = 0;
    this.#write = this.#rng.nextUnit() < this.#spec.writeRatio ? 1 : 0;
    return true;
  }

  #fillSweep(batch: AccessBatch): void {
    const { bytes } = this.#area(this.#current);
    const nrPages = pagesOf(bytes);
    const count = Math.min(BATCH_PAGES, nrPages - this.#page);
    batch.kind = BatchKind.sequence;
    batch.region = this.#mine[this.#current] as number;
    batch.write = this.#write;
    batch.remaining = count;
    batch.computePs = this.#spec.computePs;
    batch.stride = PAGE_BYTES;
    batch.bytes = bytes;
    // The step before the first access: from the last page it leads to offset 0.
    batch.offset = this.#page === 0 ? (nrPages - 1) * PAGE_BYTES : (this.#page - 1) * PAGE_BYTES;
    batch.phase = 0;
    this.#page += count;
    this.#busyIndex = 0;
    if (this.#page === nrPages) this.#current = -1;
  }

  #wait(batch: AccessBatch, nowNs: number): void {
    const dueNs = Math.min(this.#due(this.#first(nowNs), nowNs), this.#startNs + this.#spec.durationNs);
    batch.kind = this.#spec.spin ? BatchKind.compute : BatchKind.sleep;
    batch.untilNs = dueNs;
    batch.computePs = (dueNs - nowNs) * PS_PER_NS;
    batch.remaining = 0;
    batch.phase = 0;
  }
}
