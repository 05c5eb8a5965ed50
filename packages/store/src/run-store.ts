/** Where sweeps keep what they know, apart from run data: what was asked for, what came out of each point, who works on it. */

/** What a sweep is. `plan` is whatever the sweep's owner needs to make its points again, as JSON data. */
export interface SweepRecord {
  readonly name: string;
  /** Digest of `plan`: the same plan has the same one. */
  readonly planHash: string;
  /** `name@version` of the damonlab that made the plan. Only the same one may work on its points. */
  readonly exporter: string;
  readonly state: SweepState;
  /** Points are numbered from 0 to below this; a stop rule may leave some of them out. */
  readonly nrPoints: number;
  readonly plan: unknown;
}

/** `running`: somebody coordinates it, or did so until it was killed. */
export type SweepState = 'running' | 'interrupted' | 'cancelled' | 'complete';

/** What came out of a point. */
export type PointOutcome = PointDone | PointFailed;

export interface PointDone {
  readonly state: 'done';
  /** Key of its result. */
  readonly key: string;
  /** Digest of all that the run recorded. */
  readonly bits: string;
  /** The figures that the sweep collects, by their names in the sweep. */
  readonly figures: Figures;
  /** Those of them that the run does not have at all, by their paths. */
  readonly missing: readonly string[];
  readonly worker: string;
  /** Wall-clock time of the run, ms; null: it was not run, its result was there. */
  readonly ms: number | null;
}

/** Parked: it failed too often. */
export interface PointFailed {
  readonly state: 'failed';
  readonly error: string;
  readonly tries: number;
  readonly worker: string;
}

export type Figures = Readonly<Record<string, number | null>>;

/** The result of a run, addressed by what it is the result of. */
export interface RunResult {
  /** Digest of scenario and version. */
  readonly key: string;
  readonly scenarioHash: string;
  readonly exporter: string;
  readonly bits: string;
  /** Figures by report and path, e.g. `summary.targets.0.touched.rec_1`. */
  readonly figures: Figures;
  /** Paths that were looked for in vain. */
  readonly missing: readonly string[];
  /** Run directory, if it was kept. */
  readonly run: string | null;
}

/** A process that takes points. */
export interface WorkerRecord {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly jobs: number;
  readonly running: number;
  readonly done: number;
  /** Wall clock of its last sign of life, ms since 1970. */
  readonly seenMs: number;
}

export interface PointCounts {
  readonly done: number;
  readonly failed: number;
}

/**
 * The store of sweeps. A sweep has a name; its points are kept under an id, so that workers that are late with points of an older plan
 * of that name do no harm. One contract, two adapters: a command log on disk behind ioredis-mock, and a Redis server. All methods may be
 * called by several processes at once. RunError: the store cannot be written or reached any more.
 */
export interface RunStore {
  putSweep(sweep: SweepRecord): Promise<void>;
  getSweep(name: string): Promise<SweepRecord | null>;
  setState(name: string, state: SweepState): Promise<void>;
  /** All sweeps by name. */
  sweeps(): Promise<SweepRecord[]>;

  /** Become the only one who coordinates this sweep. False: somebody else does. To be repeated every few seconds. */
  claim(name: string, owner: string): Promise<boolean>;
  release(name: string, owner: string): Promise<void>;

  /**
   * Note what came out of a point of the sweep `id`. The first outcome counts: false if there was one, which stays. A point that is
   * done is done, whoever failed at it.
   */
  finish(id: string, index: number, outcome: PointOutcome): Promise<boolean>;
  /** Counts over the points [0, nrPoints). */
  counts(id: string, nrPoints: number): Promise<PointCounts>;
  /** Outcomes of the points [from, to), in order, as far as there are any. */
  outcomes(id: string, from: number, to: number): AsyncIterable<readonly [index: number, outcome: PointOutcome]>;
  /** Outcomes of these points, as far as there are any. */
  outcomesOf(id: string, indexes: Iterable<number>): Promise<Map<number, PointOutcome>>;
  /** Forget these outcomes, so that the points can be done again. */
  forget(id: string, indexes: readonly number[]): Promise<void>;
  /** Forget all outcomes of the points [0, nrPoints). */
  forgetAll(id: string, nrPoints: number): Promise<void>;

  /** A result by its key; null if there is none, or one that was damaged. */
  getResult(key: string): Promise<RunResult | null>;
  /** Keep a result, in place of an older one under the same key. */
  putResult(result: RunResult): Promise<void>;

  /** A sign of life of a worker. */
  beat(id: string, worker: WorkerRecord): Promise<void>;
  /** Workers of a sweep that were seen since `sinceMs`. */
  workers(id: string, sinceMs: number): Promise<WorkerRecord[]>;

  /** Tell whoever listens. Events are news, not state: nobody keeps them. */
  publish(event: SweepEvent): Promise<void>;
  /** Listen to the events of all sweeps. Returns what ends it. Embedded: those of this process only. */
  subscribe(listener: (event: SweepEvent) => void): Promise<() => Promise<void>>;

  close(): Promise<void>;
}

export type SweepEvent =
  | { readonly type: 'state'; readonly sweep: string; readonly state: SweepState }
  | { readonly type: 'point'; readonly id: string; readonly index: number; readonly outcome: PointOutcome }
  | { readonly type: 'progress'; readonly sweep: string; readonly progress: object };
