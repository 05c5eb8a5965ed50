import type { PointOutcome, WorkerRecord } from '@damonlab/store';

/** How far a sweep is. */
export interface SweepProgress {
  readonly name: string;
  /** Points there will be, as far as is known: a stop rule may add some. */
  readonly total: number;
  readonly done: number;
  /** Of the done ones: those whose result was there. */
  readonly reused: number;
  readonly failed: number;
  readonly running: number;
  /** Runs made per minute since this coordinator began. */
  readonly perMinute: number;
  /** Seconds still to go; null: nobody knows yet. */
  readonly etaSeconds: number | null;
  readonly machines: readonly Machine[];
}

export interface Machine {
  readonly host: string;
  readonly workers: number;
  readonly jobs: number;
  readonly running: number;
  readonly done: number;
}

/** Counts the points of a sweep as they end. */
export class SweepCounter {
  readonly #name: string;
  readonly #startedMs = performance.now();
  #done = 0;
  #reused = 0;
  #failed = 0;
  /** Points that ended before this coordinator began: no part of the rate. */
  #before = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** @param before it had ended before this coordinator began */
  ended(outcome: PointOutcome, before: boolean): void {
    if (outcome.state === 'failed') this.#failed++;
    else this.#done++;
    if (outcome.state === 'done' && outcome.ms === null) this.#reused++;
    else if (before) this.#before++;
  }

  progress(total: number, running: number, workers: readonly WorkerRecord[]): SweepProgress {
    const ended = this.#done + this.#failed;
    const seconds = (performance.now() - this.#startedMs) / 1000;
    const perSecond = (ended - this.#reused - this.#before) / seconds;
    return {
      name: this.#name,
      total,
      done: this.#done,
      reused: this.#reused,
      failed: this.#failed,
      running,
      perMinute: 60 * perSecond,
      etaSeconds: perSecond > 0 ? (total - ended) / perSecond : null,
      machines: machinesOf(workers),
    };
  }
}

export function machinesOf(workers: readonly WorkerRecord[]): Machine[] {
  const hosts = new Map<string, WorkerRecord[]>();
  for (const worker of workers) hosts.set(worker.host, [...(hosts.get(worker.host) ?? []), worker]);
  const sum = (of: readonly WorkerRecord[], key: 'jobs' | 'running' | 'done') => of.reduce((total, worker) => total + worker[key], 0);
  return [...hosts].sort().map(([host, of]) => ({
    host,
    workers: of.length,
    jobs: sum(of, 'jobs'),
    running: sum(of, 'running'),
    done: sum(of, 'done'),
  }));
}
