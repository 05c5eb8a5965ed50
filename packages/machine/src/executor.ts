import { Worker } from 'node:worker_threads';
import { BARRIER_WORDS, EpochBarrier, RunError, UserError } from '@damonlab/base';
import { nrCpus } from '@damonlab/mm';
import { type Remote, wrap } from 'comlink';
import { nodeEndpoint } from './comlink-node.js';
import type { MachineConfig } from './config.js';
import type { CpuWorkerApi } from './cpu-worker.js';
import { Lane, type MachineBuffers } from './lane.js';
import type { Process } from './processes.js';

/** Who carries the CPUs: a worker thread each, N worker threads, or the calling thread. The result is the same to the last bit. */
export type ExecutorSpec = 'threads' | 'inline' | `lanes:${number}`;

export interface Executor {
  /** Worker threads in use. */
  readonly workers: readonly Worker[];
  /** Start the epoch that the channel describes. */
  startEpoch(): void;
  /** Wait for its end, at most `timeoutMs`; false when it is still running. @throws RunError when a worker has died. */
  awaitEpoch(timeoutMs: number): boolean;
  close(): Promise<void>;
}

/**
 * Check an executor's name.
 * @throws UserError with what is allowed.
 */
export function parseExecutor(text: string): ExecutorSpec {
  if (text === 'threads' || text === 'inline') return text;
  const lanes = /^lanes:([1-9]\d{0,3})$/.exec(text);
  if (lanes !== null) return `lanes:${Number(lanes[1])}`;
  throw new UserError('unknown executor', { where: '--executor', expected: 'threads, inline, or lanes:N with N from 1', actual: text });
}

/** Bring up the CPUs of a machine. */
export async function createExecutor(
  spec: ExecutorSpec,
  config: MachineConfig,
  buffers: MachineBuffers,
  processes: Process[],
): Promise<Executor> {
  const cpus = Array.from({ length: nrCpus(config.topology) }, (_, cpu) => cpu);
  if (spec === 'inline') return new InlineExecutor(new Lane(config, buffers, cpus, processes));
  const lanes = spec === 'threads' ? cpus.length : Math.min(cpus.length, Number(spec.slice('lanes:'.length)));
  const executor = new WorkerExecutor(buffers, lanes);
  try {
    await executor.configure(config, cpus);
  } catch (error) {
    await executor.close();
    throw error;
  }
  return executor;
}

class InlineExecutor implements Executor {
  readonly workers: readonly Worker[] = [];
  readonly #lane: Lane;

  constructor(lane: Lane) {
    this.#lane = lane;
  }

  startEpoch(): void {
    this.#lane.runEpoch();
  }

  awaitEpoch(): boolean {
    return true;
  }

  async close(): Promise<void> {}
}

class WorkerExecutor implements Executor {
  readonly workers: Worker[] = [];
  readonly #apis: Remote<CpuWorkerApi>[] = [];
  readonly #buffers: MachineBuffers;
  readonly #barrier: EpochBarrier;
  readonly #died: Promise<never>;
  #failure: RunError | undefined;
  #closing = false;

  constructor(buffers: MachineBuffers, lanes: number) {
    this.#buffers = buffers;
    this.#barrier = new EpochBarrier(new Int32Array(buffers.barrier, 0, BARRIER_WORDS), lanes);
    // The built file also when this module runs from source: workers do not inherit a test runner's loader.
    const entry = new URL('../dist/cpu-worker.js', import.meta.url);
    let reportDeath: (error: RunError) => void = () => {};
    this.#died = new Promise((_, reject) => {
      reportDeath = reject;
    });
    this.#died.catch(() => {});
    for (let i = 0; i < lanes; i++) {
      const worker = new Worker(entry, { name: `damonlab-cpu-${i}` });
      const fail = (why: string) => {
        if (this.#closing) return;
        this.#failure ??= new RunError(`CPU worker ${i} died: ${why}`);
        reportDeath(this.#failure);
      };
      worker.on('error', (error: unknown) => fail(error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => fail(`it exited with status ${code}`));
      this.workers.push(worker);
      this.#apis.push(wrap<CpuWorkerApi>(nodeEndpoint(worker)));
    }
  }

  async configure(config: MachineConfig, cpus: readonly number[]): Promise<void> {
    const lanes = this.workers.length;
    const configured = this.#apis.map((api, lane) =>
      api.configure(
        config,
        this.#buffers,
        cpus.filter((cpu) => cpu % lanes === lane),
        lanes,
      ),
    );
    await Promise.race([Promise.all(configured), this.#died]);
    for (const [i, api] of this.#apis.entries()) {
      api.run().catch((error: unknown) => {
        this.#failure ??= new RunError(`CPU worker ${i} failed: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  }

  startEpoch(): void {
    this.#barrier.release();
  }

  awaitEpoch(timeoutMs: number): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#barrier.awaitArrivals(timeoutMs);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#barrier.close();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
