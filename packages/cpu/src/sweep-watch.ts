/**
 * Watches a batch that visits the same pages in the same order again and again, and says when another sweep can change
 * nothing but clocks and counters. That is so after a sweep without any fault in which
 *
 * - no visit missed the TLB: hits change no state (first in, first out), and whatever a hit marks is marked now; or
 * - every visit missed, and every visit of the sweep before missed too: in a first-in-first-out set the distance between
 *   two visits of a page, counted in insertions, is then the same in every later sweep, so every visit misses for ever.
 *
 * The sweep just made has set all the Accessed, Dirty and truth bytes that the next ones would set.
 */
export class SweepWatch {
  /** Accesses, TLB misses and duration of one sweep. */
  accesses = 0;
  misses = 0;
  sweepPs = 0;
  #started = false;
  #startPs = 0;
  #startMisses = 0;
  #startFaults = 0;
  #startVisits = 0;
  #allMissed = false;

  /** A batch begins; `accesses`: accesses of one whole sweep, 0 for a batch that makes none. */
  begin(accesses: number): void {
    this.accesses = accesses;
    this.#started = false;
    this.#allMissed = false;
  }

  /**
   * The next access is the first of a sweep. `misses`, `faults` and `visits` (of a page, any number of accesses each) are
   * running totals. Returns how many whole sweeps may be skipped: they change nothing, end before `limit`, and are due.
   */
  sweepStarts(time: number, limit: number, remaining: number, misses: number, faults: number, visits: number): number {
    let skip = 0;
    if (this.#started) {
      this.misses = misses - this.#startMisses;
      this.sweepPs = time - this.#startPs;
      const faultless = faults === this.#startFaults;
      const allMissed = faultless && this.misses === visits - this.#startVisits;
      if (faultless && (this.misses === 0 || (allMissed && this.#allMissed))) {
        skip = Math.min(Math.floor(remaining / this.accesses), Math.floor((limit - time) / this.sweepPs));
      }
      this.#allMissed = allMissed;
    }
    this.#started = true;
    this.#startPs = time + skip * this.sweepPs;
    this.#startMisses = misses + skip * this.misses;
    this.#startFaults = faults;
    this.#startVisits = visits;
    return skip;
  }
}
