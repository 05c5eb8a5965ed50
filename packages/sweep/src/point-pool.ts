import { Piscina } from 'piscina';
import type { PointReply, PointTask } from './point-task.js';

/** Threads that make points; they are started at once. */
export class PointPool {
  readonly #threads: Piscina<PointTask, PointReply>;
  readonly #stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

  constructor(jobs: number) {
    // Workers are files of the build, also for tests that run from source.
    const filename = new URL('../dist/point-worker.js', import.meta.url).href;
    this.#threads = new Piscina({ filename, minThreads: jobs, maxThreads: jobs });
  }

  /** Resolves when a thread is ready to work. */
  async ready(): Promise<void> {
    await this.#threads.run(NOTHING, { name: 'warmUp' });
  }

  async run(task: Omit<PointTask, 'stop'>): Promise<PointReply> {
    try {
      return await this.#threads.run({ ...task, stop: this.#stop });
    } catch (error) {
      // The thread died (out of memory, a crash): its point has failed, and Piscina starts another thread.
      return { state: 'failed', error: `the thread of the run died: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  /** Ask what runs to end soon: it replies `stopped`. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  async close(): Promise<void> {
    await this.#threads.destroy();
  }
}

/** What `warmUp` is called with, and does not look at. */
const NOTHING = {} as PointTask;
