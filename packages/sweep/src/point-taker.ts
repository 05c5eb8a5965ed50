import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunError, UserError } from '@damonlab/base';
import { findTraces, type ScenarioBundle } from '@damonlab/scenario';
import type { Backend, Job, JobQueue, JobTaker, PointOutcome, RunResult, RunStore, SweepRecord } from '@damonlab/store';
import { pointOf, type SweepPlan } from './plan.js';
import type { PointPool } from './point-pool.js';
import type { PointMade, PointReply } from './point-task.js';
import { checkVersion, planOf, sweepId } from './sweep-record.js';
import { resultKey, sweepVersion } from './version.js';

/** What waits in line: a point, and what its scenario has to come to. */
export interface PointJob {
  readonly index: number;
  readonly scenarioHash: string;
}

export interface PointTakerOptions {
  /** Points at a time. */
  readonly jobs: number;
  readonly pool: Pick<PointPool, 'run'>;
  /** Folder for kept run directories, where the sweep does not name one. */
  readonly runsDir: string;
  /** Called with every point that has ended here. */
  readonly onEnd?: (index: number, outcome: PointOutcome) => void;
  /** Called when this worker cannot take part, or what it made cannot be kept: it has stopped by itself. */
  readonly onRefuse?: (error: Error) => void;
}

/** A point that fails this often is parked. */
const TRIES = 3;
/** So many deaths of workers are no coincidence any more: the point kills them. */
const STARTS = 30;
const BEAT_MS = 2_000;
/** Points in hand beside those that run: a thread need not wait until a result is stored and the next point has come. */
const AHEAD = 1;

/** Takes points of one sweep from its queue and does them, until it is stopped. */
export class PointTaker {
  readonly id: string;
  readonly #sweepId: string;
  readonly #plan: SweepPlan;
  readonly #bundle: ScenarioBundle;
  readonly #store: RunStore;
  readonly #shared: boolean;
  readonly #options: PointTakerOptions;
  readonly #runs: string | null;
  readonly #taker: JobTaker;
  readonly #beat: NodeJS.Timeout;
  #taken = 0;
  #done = 0;

  /** @throws UserError: other code than the sweep's, a shared folder or a trace that is not there */
  constructor(backend: Backend, record: SweepRecord, queue: JobQueue<PointJob>, options: PointTakerOptions) {
    checkVersion(record);
    this.id = `${os.hostname()}/${process.pid}`;
    this.#sweepId = sweepId(record);
    this.#plan = planOf(record);
    this.#bundle = findTraces(this.#plan.bundle, '.', record.name);
    this.#store = backend.store;
    this.#shared = backend.shared;
    this.#options = options;
    this.#runs = runsFolder(this.#plan.runs, options.runsDir);
    this.#taker = queue.take(options.jobs + AHEAD, (job) => this.#take(job));
    this.#beat = setInterval(() => this.#signOfLife(), BEAT_MS);
    this.#signOfLife();
  }

  get running(): number {
    return Math.min(this.#taken, this.#options.jobs);
  }

  /** Take nothing more, and wait for what was taken. */
  async stop(): Promise<void> {
    clearInterval(this.#beat);
    await this.#taker.stop();
  }

  async #take(job: Job<PointJob>): Promise<void> {
    this.#taken++;
    try {
      const again = await this.#do(job);
      if (again !== null) throw new RunError(again);
    } finally {
      this.#taken--;
    }
  }

  /** Null: the point has ended; else why it is left in line. */
  async #do(job: Job<PointJob>): Promise<string | null> {
    try {
      return await this.#try(job);
    } catch (error) {
      // The store fails: that is not the point's fault. A full disk stays full; a Redis may do better when the point is made again.
      if (!this.#shared) this.#options.onRefuse?.(error instanceof Error ? error : new RunError(String(error)));
      throw error;
    }
  }

  async #try({ data: { index, scenarioHash }, failures, starts }: Job<PointJob>): Promise<string | null> {
    // A worker that seemed dead may have ended it meanwhile.
    if ((await this.#store.outcomesOf(this.#sweepId, [index])).has(index)) return null;
    if (starts > STARTS) return this.#park(index, `${starts - 1} workers have died of it or beside it`, starts - 1);
    const reply = await this.#run(index, scenarioHash);
    if (reply.state === 'failed') return failures + 1 < TRIES ? reply.error : this.#park(index, reply.error, failures + 1);
    if (reply.state === 'done') return this.#keep(index, scenarioHash, reply);
    if (reply.state === 'mismatch') this.#refuse(index, scenarioHash, reply.scenarioHash);
    // Stopped or refused: the point is left to others. Embedded, it is put in line again when the sweep goes on.
    return 'left to others';
  }

  #run(index: number, scenarioHash: string): Promise<PointReply> {
    const { overrides } = pointOf(this.#plan, index);
    const paths = this.#plan.figures.map((figure) => figure.path);
    return this.#options.pool.run({ bundle: this.#bundle, overrides, scenarioHash, paths, runs: this.#runs });
  }

  async #keep(index: number, scenarioHash: string, { bits, run, ms, ...made }: PointMade): Promise<null> {
    const key = resultKey(scenarioHash);
    const before = await this.#store.getResult(key);
    if (before !== null && before.bits !== bits) return this.#park(index, differs(before.bits, bits), 1);
    const figures = { ...before?.figures, ...made.figures };
    const missing = [...new Set([...(before?.missing ?? []), ...made.missing])];
    const result: RunResult = { key, scenarioHash, exporter: sweepVersion(), bits, figures, missing, run };
    await this.#store.putResult(result);
    return this.#finish(index, outcomeOf(this.#plan, result, this.id, ms));
  }

  #park(index: number, error: string, tries: number): Promise<null> {
    return this.#finish(index, { state: 'failed', error, tries, worker: this.id });
  }

  async #finish(index: number, outcome: PointOutcome): Promise<null> {
    if (await this.#store.finish(this.#sweepId, index, outcome)) {
      this.#done++;
      this.#options.onEnd?.(index, outcome);
    }
    return null;
  }

  #refuse(index: number, expected: string, actual: string): void {
    const details = { where: `${this.#plan.name}: point ${index}`, expected: `scenario hash ${expected}`, actual };
    this.#options.onRefuse?.(new UserError('this worker makes another scenario of the point than the sweep says', details));
  }

  #signOfLife(): void {
    const [host, pid] = [os.hostname(), process.pid];
    const record = { id: this.id, host, pid, jobs: this.#options.jobs, running: this.running, done: this.#done, seenMs: Date.now() };
    // Only news for others: a store that fails is told by the points.
    this.#store.beat(this.#sweepId, record).catch(() => {});
  }
}

/** What the sweep notes of a result. `ms` null: nobody had to make the run. */
export function outcomeOf(plan: SweepPlan, result: RunResult, worker: string, ms: number | null): PointOutcome {
  const figures = Object.fromEntries(plan.figures.map(({ name, path }) => [name, result.figures[path] ?? null]));
  const missing = plan.figures.map(({ path }) => path).filter((path) => result.missing.includes(path));
  return { state: 'done', key: result.key, bits: result.bits, figures, missing, worker, ms: ms === null ? null : Math.round(ms) };
}

/** Were all figures that the sweep collects looked for when the result was made, and is its run kept if the sweep keeps runs? */
export function isEnough({ figures, runs }: SweepPlan, result: RunResult): boolean {
  const looked = figures.every(({ path }) => Object.hasOwn(result.figures, path) || result.missing.includes(path));
  return looked && (runs === 'drop' || (result.run !== null && fs.existsSync(result.run)));
}

/** Whatever the cause, it must not stay unseen. */
export function differs(before: string, now: string): string {
  return `the same scenario and seed gave another result than before: a defect of damonlab or of a machine (${before}, now ${now})`;
}

function runsFolder(runs: SweepPlan['runs'], runsDir: string): string | null {
  if (runs === 'drop') return null;
  if (runs === 'keep') return path.resolve(runsDir);
  const folder = fileURLToPath(runs);
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return folder;
  } catch {
    throw new UserError('the shared folder for runs cannot be written to', { where: runs, expected: `${folder} on ${os.hostname()}` });
  }
}
