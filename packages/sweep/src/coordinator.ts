import { RunError } from '@damonlab/base';
import { scenarioHash } from '@damonlab/record';
import { resolveBundle } from '@damonlab/scenario';
import { type Backend, type JobQueue, ownerName, type PointOutcome, type SweepRecord, type WorkerRecord } from '@damonlab/store';
import { noSuchFigure } from './figures.js';
import { pointOf, type SweepPlan } from './plan.js';
import type { PointPool } from './point-pool.js';
import { isEnough, outcomeOf, type PointJob, PointTaker } from './point-taker.js';
import { SweepCounter, type SweepProgress } from './progress.js';
import { Scheduler } from './scheduler.js';
import { planOf, sweepId } from './sweep-record.js';
import { resultKey } from './version.js';
import { Wakeup } from './wakeup.js';

export interface CoordinatorOptions {
  /** Points at a time in this process; 0: it only coordinates. */
  readonly jobs: number;
  /** Folder for kept run directories, where the sweep does not name one. */
  readonly runsDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SweepProgress) => void;
}

/** What makes points. */
export type PointRunner = Pick<PointPool, 'run' | 'stop'>;

export interface SweepEnd {
  readonly state: 'complete' | 'interrupted' | 'cancelled';
  readonly progress: SweepProgress;
}

/** Points in line or under way: enough for many machines, few enough that a sweep of a million does not lie in a queue. */
const WINDOW = 512;
/** Points that are resolved before the loop looks around again. */
const BATCH = 32;
const POLL_MS = 100;
const LOOK_AROUND_MS = 1_000;
/** A worker that gave no sign for so long has gone. */
const WORKER_MS = 10_000;
/** Nobody has anything in hand or in line and yet points are open: after so many looks they are put in line again. */
const LOOKS_IN_VAIN = 3;

/** Puts the points of a sweep in line, takes part in doing them, and sees to it that each ends, whatever becomes of workers. */
export class Coordinator {
  readonly #backend: Backend;
  readonly #record: SweepRecord;
  readonly #id: string;
  readonly #plan: SweepPlan;
  readonly #options: CoordinatorOptions;
  readonly #pool: PointRunner | null;
  readonly #queue: JobQueue<PointJob>;
  readonly #scheduler: Scheduler;
  readonly #counter: SweepCounter;
  readonly #wakeup = new Wakeup();
  /** Points in line or under way. */
  readonly #open = new Map<number, PointJob>();
  #taker: PointTaker | null = null;
  #refusal: Error | null = null;
  #workers: readonly WorkerRecord[] = [];
  #figuresSeen = false;
  #lookedMs = 0;
  #looksInVain = 0;

  constructor(backend: Backend, record: SweepRecord, pool: PointRunner | null, options: CoordinatorOptions) {
    this.#backend = backend;
    this.#record = record;
    this.#id = sweepId(record);
    this.#plan = planOf(record);
    this.#options = options;
    this.#pool = pool;
    this.#queue = backend.queue<PointJob>(this.#id);
    this.#scheduler = new Scheduler(this.#plan);
    this.#counter = new SweepCounter(record.name);
  }

  /** @throws UserError: figures that no run has; RunError: the store fails, or somebody else coordinates by now */
  async run(): Promise<SweepEnd> {
    const onAbort = () => this.#wakeup.wake();
    this.#options.signal?.addEventListener('abort', onAbort);
    try {
      await this.#queue.clear();
      if (this.#pool !== null) this.#taker = this.#takePart(this.#pool);
      const state = await this.#untilEnd();
      await this.#stop();
      // What ended while it stopped.
      await this.#collect();
      return { state, progress: this.#progress() };
    } finally {
      this.#options.signal?.removeEventListener('abort', onAbort);
      await this.#stop();
    }
  }

  async #untilEnd(): Promise<SweepEnd['state']> {
    for (;;) {
      if (this.#options.signal?.aborted === true) return 'interrupted';
      if (this.#refusal !== null) throw this.#refusal;
      if (performance.now() - this.#lookedMs > LOOK_AROUND_MS && (await this.#isCancelled())) return 'cancelled';
      await this.#collect();
      await this.#feed();
      if (this.#scheduler.finished) return 'complete';
      this.#options.onProgress?.(this.#progress());
      await this.#wakeup.sleep(POLL_MS);
    }
  }

  #takePart(pool: PointRunner): PointTaker {
    const onRefuse = (error: Error) => {
      this.#refusal = error;
    };
    return new PointTaker(this.#backend, this.#record, this.#queue, {
      jobs: this.#options.jobs,
      pool,
      runsDir: this.#options.runsDir,
      onEnd: () => this.#wakeup.wake(),
      onRefuse,
    });
  }

  /** What is done every second only. True if somebody has cancelled the sweep. */
  async #isCancelled(): Promise<boolean> {
    const { store } = this.#backend;
    this.#lookedMs = performance.now();
    if (!(await store.claim(this.#record.name, ownerName()))) {
      throw new RunError(`${this.#record.name}: another process coordinates this sweep by now`);
    }
    this.#workers = await store.workers(this.#id, Date.now() - WORKER_MS);
    await store.publish({ type: 'progress', sweep: this.#record.name, progress: this.#progress() });
    await this.#findLost();
    return (await store.getSweep(this.#record.name))?.state === 'cancelled';
  }

  /** Points can get lost between the queue and the store when both die at once: nobody has them, and they have not ended. */
  async #findLost(): Promise<void> {
    const { waiting, running } = await this.#queue.counts();
    this.#looksInVain = waiting + running > 0 || this.#open.size === 0 ? 0 : this.#looksInVain + 1;
    if (this.#looksInVain >= LOOKS_IN_VAIN) await this.#enqueue([...this.#open.values()]);
  }

  /** Look which of the open points have ended. */
  async #collect(): Promise<void> {
    if (this.#open.size === 0) return;
    const outcomes = await this.#backend.store.outcomesOf(this.#id, this.#open.keys());
    for (const [index, outcome] of outcomes) {
      this.#open.delete(index);
      await this.#ended(index, outcome, false);
    }
  }

  /** Hand out the next points. Those whose result is there have ended at once. */
  async #feed(): Promise<void> {
    const room = WINDOW - this.#open.size;
    const points = this.#scheduler.next(Math.min(room, BATCH));
    if (points.length === 0) return;
    const before = await this.#backend.store.outcomesOf(this.#id, points);
    const jobs: PointJob[] = [];
    for (const index of points) {
      const known = before.get(index);
      const next = known ?? (await this.#prepare(index));
      if ('index' in next) jobs.push(next);
      else await this.#ended(index, next, known !== undefined);
    }
    for (const job of jobs) this.#open.set(job.index, job);
    await this.#enqueue(jobs);
    // There may be room for more.
    this.#wakeup.wake();
  }

  /** A job for a point; or its outcome, if it is impossible or its result is there. */
  async #prepare(index: number): Promise<PointJob | PointOutcome> {
    const { store } = this.#backend;
    let hash: string;
    try {
      hash = scenarioHash(resolveBundle(this.#plan.bundle, pointOf(this.#plan, index).overrides));
    } catch (error) {
      const outcome = {
        state: 'failed',
        error: error instanceof Error ? error.message : String(error),
        tries: 0,
        worker: ownerName(),
      } as const;
      await store.finish(this.#id, index, outcome);
      return outcome;
    }
    const result = await store.getResult(resultKey(hash));
    if (result === null || !isEnough(this.#plan, result)) return { index, scenarioHash: hash };
    const outcome = outcomeOf(this.#plan, result, ownerName(), null);
    await store.finish(this.#id, index, outcome);
    return outcome;
  }

  async #enqueue(jobs: readonly PointJob[]): Promise<void> {
    await this.#queue.add(jobs.map((data) => ({ id: String(data.index), data })));
  }

  async #ended(index: number, outcome: PointOutcome, before: boolean): Promise<void> {
    this.#scheduler.ended(index, outcome);
    this.#counter.ended(outcome, before);
    if (this.#figuresSeen || outcome.state === 'failed') return;
    this.#figuresSeen = true;
    const [missing] = outcome.missing;
    if (missing === undefined) return;
    const figure = this.#plan.figures.find(({ path }) => path === missing);
    const known = (await this.#backend.store.getResult(outcome.key))?.figures ?? {};
    throw noSuchFigure(missing, known, `${this.#record.name}: figures.${figure?.name ?? ''}`);
  }

  #progress(): SweepProgress {
    const others = this.#workers.filter(({ id }) => id !== this.#taker?.id).reduce((sum, worker) => sum + worker.running, 0);
    return this.#counter.progress(this.#scheduler.total, others + (this.#taker?.running ?? 0), this.#workers);
  }

  /** What runs here is given up: it would be done again, and nobody waits for it. */
  async #stop(): Promise<void> {
    const taker = this.#taker;
    this.#taker = null;
    await this.#queue.clear();
    const stopped = taker?.stop();
    this.#pool?.stop();
    await stopped;
  }
}
