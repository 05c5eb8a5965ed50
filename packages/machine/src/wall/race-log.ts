import type { MachineObserver } from '../observer.js';
import { PUBLISHED, RACES, type RaceCounts, type WallViews } from './layout.js';

/** Counts what the threads did to each other, window by window. */
export class RaceLog {
  readonly #views: WallViews;
  readonly #nrCpus: number;
  /** Totals at the end of the last window. */
  readonly #last: Float64Array;
  /** Wake-ups of the window by the power of two that their lateness in ns is below. */
  #late = new Map<number, number>();

  constructor(views: WallViews, nrCpus: number) {
    this.#views = views;
    this.#nrCpus = nrCpus;
    this.#last = new Float64Array(views.counts.length);
  }

  /** The kdamond woke up `lateNs` after the time it wanted to. */
  timer(lateNs: number): void {
    const bucket = lateNs < 1 ? 0 : Math.floor(Math.log2(lateNs)) + 1;
    this.#late.set(bucket, (this.#late.get(bucket) ?? 0) + 1);
  }

  endWindow(startNs: number, endNs: number, observer: MachineObserver): void {
    const rows = [];
    for (let cpu = 0; cpu < this.#nrCpus; cpu++) {
      for (const [i, race] of RACES.entries()) {
        const at = cpu * (RACES.length + PUBLISHED.length) + i;
        const count = this.#views.counts[at] - this.#last[at];
        this.#last[at] += count;
        if (count > 0) rows.push({ startNs, endNs, cpu, race, count });
      }
    }
    observer.rows('races', rows);
    const late = [...this.#late].sort(([a], [b]) => a - b);
    this.#late = new Map();
    observer.rows(
      'timer_lateness',
      late.map(([bucket, count]) => ({ startNs, endNs, lowNs: bucket === 0 ? 0 : 2 ** (bucket - 1), highNs: 2 ** bucket, count })),
    );
  }

  /** Over all CPUs since the start. */
  totals(): RaceCounts {
    const sum = Object.fromEntries(RACES.map((race) => [race, 0])) as RaceCounts;
    for (let cpu = 0; cpu < this.#nrCpus; cpu++) {
      for (const [i, race] of RACES.entries()) sum[race] += this.#views.counts[cpu * (RACES.length + PUBLISHED.length) + i];
    }
    return sum;
  }
}
