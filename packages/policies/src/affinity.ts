import { eachRegion, KEEP, type Reported } from './window.js';

/** Pages of `[start, end)` of a target's memory on each node. */
export type PagesByNode = (start: number, end: number) => readonly number[];

/** A thread with fewer reports, of all that are remembered, has no wishes: chance would speak. */
const LEAST_REPORTS = 8;

/** Whose memory threads touch, and with whom they share it: what attribution says, joined with where the pages lie, over windows. */
export class Affinity {
  readonly nrThreads: number;
  readonly #nrNodes: number;
  /** By thread: reports. */
  readonly #reports: Float64Array;
  /** By thread and node: reports, as if the pages of a region were touched alike. */
  readonly #touched: Float64Array;
  /** By pair of threads: of the reports of one, those in regions where the other has as many. */
  readonly #common: Float64Array;
  readonly #ofRegion: Float64Array;

  constructor(nrThreads: number, nrNodes: number) {
    this.nrThreads = nrThreads;
    this.#nrNodes = nrNodes;
    this.#reports = new Float64Array(nrThreads);
    this.#touched = new Float64Array(nrThreads * nrNodes);
    this.#common = new Float64Array(nrThreads * nrThreads);
    this.#ofRegion = new Float64Array(nrThreads);
  }

  /** A new window: what was known fades. */
  fade(): void {
    for (const known of [this.#reports, this.#touched, this.#common]) for (let i = 0; i < known.length; i++) known[i] *= KEEP;
  }

  /** The reports of one target in the window. */
  add(rows: readonly Reported[], pagesByNode: PagesByNode): void {
    eachRegion(rows, (start, end, ofRegion) => {
      const threads = this.#count(ofRegion);
      const pages = pagesByNode(start, end);
      const mapped = pages.reduce((sum, count) => sum + count, 0);
      for (const t of threads) {
        const reports = this.#ofRegion[t];
        this.#reports[t] += reports;
        for (let nid = 0; nid < this.#nrNodes && mapped > 0; nid++)
          this.#touched[t * this.#nrNodes + nid] += (reports * pages[nid]) / mapped;
        for (const u of threads) if (u !== t) this.#common[t * this.nrThreads + u] += Math.min(reports, this.#ofRegion[u]);
      }
      for (const t of threads) this.#ofRegion[t] = 0;
    });
  }

  /** Share of what `thread` touches that lies on `nid`; 0 of a thread that nothing is known about. */
  touchShare(thread: number, nid: number): number {
    const reports = this.#reports[thread];
    return reports < LEAST_REPORTS ? 0 : this.#touched[thread * this.#nrNodes + nid] / reports;
  }

  /** How much two threads share, 0 (nothing) to 1 (everything): the same from both sides. */
  sharedBy(a: number, b: number): number {
    const [ofA, ofB] = [this.#reports[a], this.#reports[b]];
    return Math.min(ofA, ofB) < LEAST_REPORTS ? 0 : (2 * this.#common[a * this.nrThreads + b]) / (ofA + ofB);
  }

  /** Reports of the region by thread into `#ofRegion`; returns the threads that have some. */
  #count(rows: readonly Reported[]): number[] {
    const threads: number[] = [];
    for (const { tid, reports } of rows) {
      if (this.#ofRegion[tid] === 0) threads.push(tid);
      this.#ofRegion[tid] += reports;
    }
    return threads;
  }
}
