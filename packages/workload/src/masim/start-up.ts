import { PS_PER_NS, type StateTape } from '@damonlab/base';
import { type AccessBatch, BatchKind } from '../access-program.js';
import { fillTouchRange, type PageTouch } from '../touch.js';

/** masim fills its table of random numbers before the first phase: heap pages one after the other, and the time it takes. */
export class StartUp {
  readonly #heap: PageTouch;
  readonly #pagePs: number;
  #page = 0;
  #computed = false;

  /** `durationNs` of computing is spread evenly over the pages of `heap`. */
  constructor(heap: PageTouch, durationNs: number) {
    this.#heap = { region: heap.region, write: 1, pages: heap.pages };
    this.#pagePs = Math.floor((durationNs * PS_PER_NS) / heap.pages.length);
  }

  /** Do it all again. */
  restart(): void {
    this.#page = 0;
    this.#computed = false;
  }

  save(tape: StateTape): void {
    tape.put(this.#page);
    tape.put(Number(this.#computed));
  }

  restore(tape: StateTape): void {
    this.#page = tape.take();
    this.#computed = tape.take() === 1;
  }

  /** Fill in the next batch; false if start-up is over. */
  next(batch: AccessBatch): boolean {
    const nrPages = this.#heap.pages.length;
    if (this.#page === nrPages) return false;
    if (this.#pagePs === 0) {
      fillTouchRange(batch, this.#heap, 0, nrPages, -1);
      this.#page = nrPages;
    } else if (this.#computed) {
      fillTouchRange(batch, this.#heap, this.#page, this.#page + 1, -1);
      this.#computed = false;
      this.#page += 1;
    } else {
      batch.kind = BatchKind.compute;
      batch.computePs = this.#pagePs;
      batch.remaining = 0;
      batch.phase = -1;
      this.#computed = true;
    }
    return true;
  }
}
