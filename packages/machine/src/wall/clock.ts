import { NS_PER_SEC } from '@damonlab/base';
import { ClockWord, WallState, type WallViews, WallWord } from './layout.js';

/** The host's monotonic clock, ns; the same for all threads. */
export function hostNs(): number {
  const [seconds, ns] = process.hrtime();
  return seconds * NS_PER_SEC + ns;
}

/** The clock of a run, as every thread reads it: real time since the start, less pauses. */
export class WallClock {
  readonly #views: WallViews;
  #pausedAtNs = 0;

  constructor(views: WallViews) {
    this.#views = views;
  }

  get state(): number {
    return Atomics.load(this.#views.words, WallWord.state);
  }

  /** ns since the start; stands still while it is paused, for whoever paused it. */
  nowNs(): number {
    const { clock } = this.#views;
    const host = this.#pausedAtNs > 0 ? this.#pausedAtNs : hostNs();
    return host - clock[ClockWord.startNs] - clock[ClockWord.pausedNs];
  }

  /** Coordinator: the run begins. */
  start(): void {
    this.#views.clock[ClockWord.startNs] = hostNs();
    this.#become(WallState.running);
  }

  /** Coordinator: CPUs stop at the end of their slices. */
  pause(): void {
    if (this.state !== WallState.running) return;
    this.#pausedAtNs = hostNs();
    this.#become(WallState.paused);
  }

  /** Coordinator: go on as if no time had passed. */
  resume(): void {
    if (this.state !== WallState.paused) return;
    this.#views.clock[ClockWord.pausedNs] += hostNs() - this.#pausedAtNs;
    this.#pausedAtNs = 0;
    this.#become(WallState.running);
  }

  /** Coordinator: CPUs leave at the end of their slices. */
  end(): void {
    this.#become(WallState.ended);
  }

  /** CPU: wait until `state` is not `state` any more, at most `ms`. */
  await(state: number, ms: number): void {
    Atomics.wait(this.#views.words, WallWord.state, state, ms);
  }

  #become(state: number): void {
    Atomics.store(this.#views.words, WallWord.state, state);
    Atomics.notify(this.#views.words, WallWord.state);
  }
}
