import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { BARRIER_WORDS, EpochBarrier } from './epoch-barrier.js';

const LONG_MS = 20_000;

/** A coordinator and its workers; each counts the rounds in which it saw what the coordinator had written for it. */
class Crew {
  readonly barrier: EpochBarrier;
  readonly workers: readonly Worker[];
  readonly #words = new SharedArrayBuffer(BARRIER_WORDS * 4);
  readonly #cells: SharedArrayBuffer;

  constructor(nrWorkers: number, lateBy = 0) {
    this.#cells = new SharedArrayBuffer(8 * (1 + nrWorkers));
    this.barrier = new EpochBarrier(new Int32Array(this.#words), nrWorkers);
    this.workers = Array.from({ length: nrWorkers }, (_, worker) => {
      const workerData = { barrierWords: this.#words, cells: this.#cells, worker, nrWorkers, lateBy };
      return new Worker(new URL('testing/barrier-worker.mjs', import.meta.url), { workerData });
    });
  }

  /** Plain memory on both sides: the barrier alone makes it visible. */
  round(number: number): number[] {
    new Float64Array(this.#cells)[0] = number;
    this.barrier.release();
    expect(this.barrier.awaitArrivals(LONG_MS)).toBe(true);
    return [...new Float64Array(this.#cells, 8)];
  }

  async exits(): Promise<number[]> {
    return (await Promise.all(this.workers.map((worker) => once(worker, 'exit')))).map(([code]) => code as number);
  }
}

describe('EpochBarrier', () => {
  let crew: Crew | undefined;
  afterEach(async () => {
    await Promise.all((crew?.workers ?? []).map((worker) => worker.terminate()));
  });

  it.each([
    ['1 worker', 1, 3_000, 0],
    ['4 workers', 4, 1_000, 0],
    ['3 workers, one of them late', 3, 40, 3],
  ])('%s: every one runs every round once, and no one runs ahead', async (_, nrWorkers, rounds, lateBy) => {
    crew = new Crew(nrWorkers, lateBy);
    const exits = crew.exits();
    for (let round = 1; round <= rounds; round++) {
      const counts = crew.round(round);
      if (counts.some((count) => count !== round)) expect({ round, counts }).toEqual({ round, counts: counts.map(() => round) });
    }
    crew.barrier.close();
    expect(await exits).toEqual(new Array(nrWorkers).fill(0));
  });

  it('waits no longer than asked for a worker that does not come', () => {
    const barrier = new EpochBarrier(new Int32Array(new SharedArrayBuffer(BARRIER_WORDS * 4)), 2);
    barrier.release();
    barrier.arrive();
    expect(barrier.awaitArrivals(5)).toBe(false);
    barrier.arrive();
    expect(barrier.awaitArrivals(0)).toBe(true);
  });

  it('lets workers go that wait, and those that come later', async () => {
    crew = new Crew(2);
    const exits = crew.exits();
    crew.round(1);
    crew.barrier.close();
    expect(await exits).toEqual([0, 0]);
    expect(crew.barrier.awaitRelease(0)).toBe(-1);
  });

  it('closed before the first round: nobody starts', async () => {
    crew = new Crew(2);
    const exits = crew.exits();
    crew.barrier.close();
    expect(await exits).toEqual([0, 0]);
  });

  it('numbers its rounds', () => {
    const barrier = new EpochBarrier(new Int32Array(new SharedArrayBuffer(BARRIER_WORDS * 4)), 1);
    barrier.release();
    expect(barrier.awaitRelease(0)).toBe(1);
    barrier.release();
    expect(barrier.awaitRelease(1)).toBe(2);
  });
});
