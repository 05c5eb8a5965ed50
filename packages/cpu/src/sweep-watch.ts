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
  /** Accesses, TLB misses, page visits and duration of one sweep. */
  accesses = 0;
  misses = 0;
  visits = 0;
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
   * The next access is the first of a sweep. `misses`, `faults` and `visits` are running totals; a visit is a run of accesses to
   * one page, of which only the first can miss (if it is cut in two, the second half cannot miss, which only delays a skip).
   * Returns how many whole sweeps may be skipped: they change nothing, end before `limit`, and are due.
   */
  sweepStarts(time: number, limit: number, remaining: number, misses: number, faults: number, visits: number): number {
    let skip = 0;
    if (this.#started) {
      this.misses = misses - this.#startMisses;
      this.visits = visits - this.#startVisits;
      this.sweepPs = time - this.#startPs;
      const faultless = faults === this.#startFaults;
      const allMissed = faultless && this.misses === this.visits;
      if (faultless && (this.misses === 0 || (allMissed && this.#allMissed))) {
        skip = Math.min(Math.floor(remaining / this.accesses), Math.floor((limit - time) / this.sweepPs));
      }
      this.#allMissed = allMissed;
    }
    this.#started = true;
    this.#startPs = time + skip * this.sweepPs;
    this.#startMisses = misses + skip * this.misses;
    this.#startFaults = faults;
    this.#startVisits = visits + skip * this.visits;
    return skip;
  }
}
