import { Worker } from 'node:worker_threads';
import { RunError } from '@damonlab/base';
import { type Remote, wrap } from 'comlink';
import { nodeEndpoint } from './comlink-node.js';

/** Worker threads that carry CPUs, and what is known of their deaths. */
export class WorkerCrew<Api> {
  readonly workers: Worker[] = [];
  /** Set before they are ended on purpose: from then on no death is a failure. */
  closing = false;
  readonly #apis: Remote<Api>[] = [];
  readonly #died: Promise<never>;
  #failure: RunError | undefined;

  /** `entry`: name of the worker's built file beside this one. */
  constructor(entry: 'cpu-worker' | 'wall/wall-worker', count: number) {
    // The built file also when this module runs from source: workers do not inherit a test runner's loader.
    const file = new URL(`../dist/${entry}.js`, import.meta.url);
    let reportDeath: (error: RunError) => void = () => {};
    this.#died = new Promise((_, reject) => {
      reportDeath = reject;
    });
    this.#died.catch(() => {});
    for (let i = 0; i < count; i++) {
      const worker = new Worker(file, { name: `damonlab-cpu-${i}` });
      const fail = (why: string) => {
        if (this.closing) return;
        this.#failure ??= new RunError(`CPU worker ${i} died: ${why}`);
        reportDeath(this.#failure);
      };
      worker.on('error', (error: unknown) => fail(error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => fail(`it exited with status ${code}`));
      this.workers.push(worker);
      this.#apis.push(wrap<Api>(nodeEndpoint(worker)));
    }
  }

  /** Ask all of them, and wait for the answers. @throws what the first that fails throws; RunError when one dies. */
  async all(ask: (api: Remote<Api>, worker: number) => Promise<unknown>): Promise<void> {
    await Promise.race([Promise.all(this.#apis.map(ask)), this.#died]);
  }

  /** Let all of them do what ends with the run. Returns a promise of their ends; a failure is told by `check`. */
  begin(work: (api: Remote<Api>) => Promise<unknown>): Promise<unknown> {
    return Promise.all(
      this.#apis.map((api, i) =>
        work(api).catch((error: unknown) => {
          this.#failure ??= new RunError(`CPU worker ${i} failed: ${error instanceof Error ? error.message : String(error)}`);
        }),
      ),
    );
  }

  /** @throws RunError when one of them has failed or died. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
