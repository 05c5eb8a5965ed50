/** Running totals of a CPU. A visit is a run of accesses to one page, of which only the first can miss. */
export interface SweepTotals {
  accesses: number;
  tlbMisses: number;
  pageVisits: number;
  /** First touches and hinting faults, and the latter alone, ps each. */
  readonly pageFaults: number;
  readonly hintFaults: number;
  readonly hintFaultPs: number;
}

/**
 * Watches a batch that visits the same pages in the same order again and again, and says when another sweep can change
 * nothing but clocks and counters. That is so after a sweep without a first touch in which
 *
 * - no visit missed the TLB: hits change no state (first in, first out), and whatever a hit marks is marked now; or
 * - every visit missed, and every visit of the sweep before missed too: in a first-in-first-out set the distance between
 *   two visits of a page, counted in insertions, is then the same in every later sweep, so every visit misses for ever.
 *
 * The sweep just made has set all the Accessed, Dirty and truth bytes that the next ones would set. An armed page is in no TLB, so its
 * visit missed like others, and the next sweep finds it restored: it takes less time by what the hinting faults took, and is the same
 * otherwise.
 */
export class SweepWatch {
  /** Accesses of one sweep, and how long it takes. */
  accesses = 0;
  sweepPs = 0;
  #started = false;
  #startPs = 0;
  #startMisses = 0;
  #startVisits = 0;
  #startTouches = 0;
  #startHintFaults = 0;
  #allMissed = false;

  /** A batch begins; `accesses`: accesses of one whole sweep, 0 for a batch that makes none. */
  begin(accesses: number): void {
    this.accesses = accesses;
    this.#started = false;
    this.#allMissed = false;
  }

  /**
   * The next access is the first of a sweep. Returns how many whole sweeps are skipped: they change nothing, end before `limit`, and
   * are due. What they would have counted is added to `totals`. (A visit that is cut in two cannot miss in its second half, which only
   * delays a skip.)
   */
  sweepStarts(totals: SweepTotals, time: number, limit: number, remaining: number): number {
    let skip = 0;
    const touches = totals.pageFaults - totals.hintFaults;
    if (this.#started) {
      const misses = totals.tlbMisses - this.#startMisses;
      const visits = totals.pageVisits - this.#startVisits;
      this.sweepPs = time - this.#startPs - (totals.hintFaults - this.#startHintFaults) * totals.hintFaultPs;
      const same = touches === this.#startTouches;
      const allMissed = same && misses === visits;
      if (same && (misses === 0 || (allMissed && this.#allMissed))) {
        skip = Math.min(Math.floor(remaining / this.accesses), Math.floor((limit - time) / this.sweepPs));
        totals.accesses += skip * this.accesses;
        totals.tlbMisses += skip * misses;
        totals.pageVisits += skip * visits;
      }
      this.#allMissed = allMissed;
    }
    this.#started = true;
    this.#startPs = time + skip * this.sweepPs;
    this.#startMisses = totals.tlbMisses;
    this.#startVisits = totals.pageVisits;
    this.#startTouches = touches;
    this.#startHintFaults = totals.hintFaults;
    return skip;
  }
}
