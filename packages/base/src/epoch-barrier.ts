/**
 * Where the coordinator and its workers meet. The coordinator releases a round, every worker runs it and arrives,
 * the last arrival wakes the coordinator. Plain data written before `release` is visible to workers after
 * `awaitRelease`, and the other way round: the Atomics order it.
 */
export const BARRIER_WORDS = 16;

/** Writer: coordinator (add, then notify). Readers: workers (wait). The number of rounds released so far. */
const ROUND = 0;
/** Writers: workers (add; the last one notifies). Reader: coordinator (wait, reset before a release). */
const ARRIVED = 4;
/** Writer: coordinator before the release. Readers: workers after it. 1: no further round, leave. */
const CLOSED = 8;

export class EpochBarrier {
  readonly #words: Int32Array;
  readonly #nrWorkers: number;

  /** `words`: BARRIER_WORDS shared Int32 words, zeroed at the start. `nrWorkers` ≥ 1. */
  constructor(words: Int32Array, nrWorkers: number) {
    this.#words = words;
    this.#nrWorkers = nrWorkers;
  }

  /** Coordinator: start a round. All workers must have arrived from the last one. */
  release(): void {
    Atomics.store(this.#words, ARRIVED, 0);
    Atomics.add(this.#words, ROUND, 1);
    Atomics.notify(this.#words, ROUND);
  }

  /** Coordinator: end all `awaitRelease` calls, present and future, with `false`. */
  close(): void {
    Atomics.store(this.#words, CLOSED, 1);
    this.release();
  }

  /** Coordinator: wait until all workers arrived, at most `timeoutMs`. True when they have. */
  awaitArrivals(timeoutMs: number): boolean {
    for (;;) {
      const arrived = Atomics.load(this.#words, ARRIVED);
      if (arrived === this.#nrWorkers) return true;
      if (Atomics.wait(this.#words, ARRIVED, arrived, timeoutMs) === 'timed-out') return false;
    }
  }

  /** Worker: wait for the round after `lastRound`. Returns its number, or -1 once the barrier is closed. */
  awaitRelease(lastRound: number): number {
    for (;;) {
      const round = Atomics.load(this.#words, ROUND);
      if (round !== lastRound) return Atomics.load(this.#words, CLOSED) === 1 ? -1 : round;
      Atomics.wait(this.#words, ROUND, lastRound);
    }
  }

  /** Worker: done with the round. */
  arrive(): void {
    Atomics.add(this.#words, ARRIVED, 1);
    Atomics.notify(this.#words, ARRIVED);
  }
}
