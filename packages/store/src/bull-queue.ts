import { type Job as BullJob, type ConnectionOptions, Queue, Worker } from 'bullmq';
import type { Job, JobQueue, JobSpec, JobTaker } from './job-queue.js';
import { keys } from './keys.js';

/** A worker that gives no sign for so long is taken for dead, and its jobs are given to others. */
const LOCK_MS = 5_000;
const STALLED_CHECK_MS = 2_500;
/** The handler decides how often a job is tried: the queue never gives up by itself. */
const NEVER_GIVE_UP = 1_000_000;
/** Jobs put in line by one command. */
const ADD_AT_ONCE = 500;

/** The jobs of one sweep in a Redis, for the workers of many machines. */
export class BullQueue<Data> implements JobQueue<Data> {
  readonly #name: string;
  readonly #connection: ConnectionOptions;
  readonly #queue: Queue;

  constructor(id: string, connection: ConnectionOptions) {
    this.#name = id;
    this.#connection = connection;
    this.#queue = new Queue(id, { connection, prefix: keys.queues, streams: { events: { maxLen: 100 } } });
    // Connections are made again by themselves; without a listener Node ends the process.
    this.#queue.on('error', () => {});
  }

  async add(jobs: readonly JobSpec<Data>[]): Promise<void> {
    const opts = { attempts: NEVER_GIVE_UP, removeOnComplete: true, removeOnFail: true };
    for (let i = 0; i < jobs.length; i += ADD_AT_ONCE) {
      const some = jobs.slice(i, i + ADD_AT_ONCE);
      await this.#queue.addBulk(some.map(({ id, data }) => ({ name: 'point', data, opts: { ...opts, jobId: `p${id}` } })));
    }
  }

  take(concurrency: number, handle: (job: Job<Data>) => Promise<void>): JobTaker {
    const worker = new Worker<Data>(this.#name, (job) => handle(jobOf(job)), {
      connection: this.#connection,
      prefix: keys.queues,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: NEVER_GIVE_UP,
    });
    worker.on('error', () => {});
    return { stop: () => worker.close() };
  }

  async counts(): Promise<{ waiting: number; running: number }> {
    const { active, wait, delayed } = await this.#queue.getJobCounts('active', 'wait', 'delayed');
    return { waiting: wait + delayed, running: active };
  }

  async clear(): Promise<void> {
    await this.#queue.drain(true);
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}

function jobOf<Data>({ id = '', data, attemptsMade, attemptsStarted }: BullJob<Data>): Job<Data> {
  return { id: id.slice(1), data, failures: attemptsMade, starts: attemptsStarted };
}
