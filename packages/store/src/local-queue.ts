import { setImmediate } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Job, JobQueue, JobSpec, JobTaker } from './job-queue.js';

/** The jobs of one process, in memory: what has to survive lies in the store, and is put in line again from there. */
export class LocalQueue<Data> implements JobQueue<Data> {
  readonly #waiting: Job<Data>[] = [];
  readonly #known = new Set<string>();
  readonly #takers = new Set<Taker<Data>>();

  async add(jobs: readonly JobSpec<Data>[]): Promise<void> {
    for (const job of jobs) {
      if (this.#known.has(job.id)) continue;
      this.#known.add(job.id);
      this.#waiting.push({ ...job, failures: 0, starts: 1 });
    }
    this.#offer();
  }

  take(concurrency: number, handle: (job: Job<Data>) => Promise<void>): JobTaker {
    const queue = new PQueue({ concurrency });
    const run = async (job: Job<Data>) => {
      try {
        await handle(job);
        this.#known.delete(job.id);
      } catch {
        // One that always fails at once would keep everybody else from the event loop.
        await setImmediate();
        this.#waiting.push({ ...job, failures: job.failures + 1, starts: job.starts + 1 });
      }
    };
    const taker: Taker<Data> = { queue, run };
    this.#takers.add(taker);
    queue.on('next', () => this.#offer());
    this.#offer();
    return {
      stop: async () => {
        this.#takers.delete(taker);
        await queue.onIdle();
      },
    };
  }

  async counts(): Promise<{ waiting: number; running: number }> {
    const waiting = this.#waiting.length;
    return { waiting, running: this.#known.size - waiting };
  }

  async clear(): Promise<void> {
    for (const { id } of this.#waiting.splice(0)) this.#known.delete(id);
  }

  async close(): Promise<void> {
    await this.clear();
    await Promise.all([...this.#takers].map((taker) => taker.queue.onIdle()));
  }

  #offer(): void {
    for (const { queue, run } of this.#takers) {
      while (queue.pending + queue.size < queue.concurrency) {
        const job = this.#waiting.shift();
        if (job === undefined) return;
        void queue.add(() => run(job));
      }
    }
  }
}

interface Taker<Data> {
  /** Bounds how many run at a time; what waits does so with us, where all takers find it. */
  readonly queue: PQueue;
  readonly run: (job: Job<Data>) => Promise<void>;
}
