import { setTimeout } from 'node:timers/promises';
import { UserError } from '@damonlab/base';
import type { Backend, SweepRecord } from '@damonlab/store';
import { findSweep, type PointJob, PointPool, PointTaker, sweepId } from '@damonlab/sweep';

export interface WorkOptions {
  /** The only sweep to work on; null: all that run. */
  readonly sweep: string | null;
  readonly jobs: number;
  readonly runsDir: string;
  /** When it aborts, points under way are finished and nothing more is taken. */
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** How often a worker looks which sweeps run. */
const LOOK_MS = 1_000;

/**
 * Work on sweeps until `signal` aborts, or the named one has ended.
 * @throws UserError: no such sweep, or this worker must not work on the one that was named
 */
export async function work(backend: Backend, options: WorkOptions): Promise<void> {
  const pool = new PointPool(options.jobs);
  const worker = new SweepWorker(backend, pool, options);
  try {
    // Points that were taken before could not be begun: they are better left to others.
    await pool.ready();
    options.log(`ready: ${backend.where}`);
    if (options.sweep !== null) await findSweep(backend.store, options.sweep, 'damonlab-worker');
    while (!options.signal.aborted && (await worker.look()))
      await setTimeout(LOOK_MS, undefined, { signal: options.signal }).catch(() => {});
  } finally {
    await worker.stop();
    await pool.close();
  }
}

class SweepWorker {
  readonly #backend: Backend;
  readonly #pool: PointPool;
  readonly #options: WorkOptions;
  readonly #takers = new Map<string, PointTaker>();
  /** Sweeps that this worker must not work on. */
  readonly #refused = new Map<string, Error>();

  constructor(backend: Backend, pool: PointPool, options: WorkOptions) {
    this.#backend = backend;
    this.#pool = pool;
    this.#options = options;
  }

  /** Join sweeps that run and leave those that have ended. False: there is nothing to wait for. */
  async look(): Promise<boolean> {
    const { sweep: only, log } = this.#options;
    const all = await this.#backend.store.sweeps();
    const running = all.filter(({ name, state }) => state === 'running' && (only === null || name === only));
    for (const [id, taker] of this.#takers) {
      if (running.some((record) => sweepId(record) === id)) continue;
      this.#takers.delete(id);
      await taker.stop();
      log(`${id}: it has ended`);
    }
    for (const record of running) this.#join(record);
    if (only === null) return true;
    const refusal = [...this.#refused.values()][0];
    if (refusal !== undefined) throw refusal;
    return running.length > 0 || !['complete', 'cancelled'].includes(all.find(({ name }) => name === only)?.state ?? 'complete');
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#takers.values()].map((taker) => taker.stop()));
  }

  #join(record: SweepRecord): void {
    const id = sweepId(record);
    if (this.#takers.has(id) || this.#refused.has(id)) return;
    const { jobs, runsDir, log } = this.#options;
    try {
      const onRefuse = (error: Error) => this.#refuse(id, error);
      const queue = this.#backend.queue<PointJob>(id);
      this.#takers.set(id, new PointTaker(this.#backend, record, queue, { jobs, pool: this.#pool, runsDir, onRefuse }));
      log(`${id}: joined with ${jobs} ${jobs === 1 ? 'job' : 'jobs'}`);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#refuse(id, error);
    }
  }

  #refuse(id: string, error: Error): void {
    if (this.#refused.has(id)) return;
    this.#refused.set(id, error);
    this.#options.log(`not taking part: ${error.message}`);
    const taker = this.#takers.get(id);
    this.#takers.delete(id);
    void taker?.stop();
  }
}
