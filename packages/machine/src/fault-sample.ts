import type { FaultRow } from '@damonlab/record';

/** Faults of a kind that are kept of each window: enough to see who faults where, few enough for a million windows. */
const MOST_OF_A_WINDOW = 16;

/** The first faults of each window, so that there is something to look at beside the counts. */
export class FaultSample {
  #rows: FaultRow[] = [];
  #firstTouches = 0;
  #hintFaults = 0;

  /** Whether a first touch is to be kept. */
  wantsFirstTouch(): boolean {
    return this.#firstTouches++ < MOST_OF_A_WINDOW;
  }

  /** Whether a hinting fault is to be kept. */
  wantsHintFault(): boolean {
    return this.#hintFaults++ < MOST_OF_A_WINDOW;
  }

  keep(row: FaultRow): void {
    this.#rows.push(row);
  }

  /** The window is over: what was kept of it. */
  take(): FaultRow[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#firstTouches = 0;
    this.#hintFaults = 0;
    return rows;
  }
}
