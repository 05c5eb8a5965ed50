/** Points that wait for somebody to do them. */

export interface JobSpec<Data> {
  /** Two jobs of one queue with the same id are one. */
  readonly id: string;
  readonly data: Data;
}

export interface Job<Data> extends JobSpec<Data> {
  /** How often it was tried and failed. */
  readonly failures: number;
  /** How often it was taken, this time included: more than `failures + 1` if somebody died of it, or beside it. */
  readonly starts: number;
}

/**
 * Jobs are done at least once: one whose worker died is given to another, so its effect must be the same when it is done twice.
 * `handle` decides how often to try: a job whose handler throws is tried again.
 */
export interface JobQueue<Data> {
  /** Put jobs at the end, in their order. One that waits or runs already is left alone. */
  add(jobs: readonly JobSpec<Data>[]): Promise<void>;
  /** Take jobs, `concurrency` at a time, until the taker is stopped. */
  take(concurrency: number, handle: (job: Job<Data>) => Promise<void>): JobTaker;
  counts(): Promise<{ readonly waiting: number; readonly running: number }>;
  /** Drop all that waits. What runs goes on. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export interface JobTaker {
  /** Take nothing more; resolves when what runs has ended. */
  stop(): Promise<void>;
}
