import type { Worker } from 'node:worker_threads';
import { BARRIER_WORDS, EpochBarrier, UserError } from '@damonlab/base';
import { nrCpus } from '@damonlab/mm';
import type { MachineConfig } from './config.js';
import type { CpuWorkerApi } from './cpu-worker.js';
import { Lane, type MachineBuffers } from './lane.js';
import type { Process } from './processes.js';
import { WorkerCrew } from './worker-crew.js';

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
  readonly #buffers: MachineBuffers;
  readonly #barrier: EpochBarrier;
  readonly #crew: WorkerCrew<CpuWorkerApi>;

  constructor(buffers: MachineBuffers, lanes: number) {
    this.#buffers = buffers;
    this.#barrier = new EpochBarrier(new Int32Array(buffers.barrier, 0, BARRIER_WORDS), lanes);
    this.#crew = new WorkerCrew('cpu-worker', lanes);
  }

  get workers(): readonly Worker[] {
    return this.#crew.workers;
  }

  async configure(config: MachineConfig, cpus: readonly number[]): Promise<void> {
    const lanes = this.workers.length;
    await this.#crew.all((api, lane) =>
      api.configure(
        config,
        this.#buffers,
        cpus.filter((cpu) => cpu % lanes === lane),
        lanes,
      ),
    );
    this.#crew.begin((api) => api.run());
  }

  startEpoch(): void {
    this.#barrier.release();
  }

  awaitEpoch(timeoutMs: number): boolean {
    this.#crew.check();
    return this.#barrier.awaitArrivals(timeoutMs);
  }

  async close(): Promise<void> {
    this.#crew.closing = true;
    this.#barrier.close();
    await this.#crew.close();
  }
}
