import { parentPort } from 'node:worker_threads';
import { BARRIER_WORDS, EpochBarrier } from '@damonlab/base';
import { expose } from 'comlink';
import { nodeEndpoint } from './comlink-node.js';
import type { MachineConfig } from './config.js';
import { Lane, type MachineBuffers } from './lane.js';

/** What the coordinator asks of a worker: the control plane. Data goes through the shared buffers only. */
export interface CpuWorkerApi {
  configure(config: MachineConfig, buffers: MachineBuffers, cpuIds: readonly number[], nrWorkers: number): void;
  /** Run epochs as the barrier releases them; ends when it is closed. */
  run(): void;
}

let lane: Lane | undefined;
let barrier: EpochBarrier | undefined;

const api: CpuWorkerApi = {
  configure(config, buffers, cpuIds, nrWorkers) {
    lane = new Lane(config, buffers, cpuIds);
    barrier = new EpochBarrier(new Int32Array(buffers.barrier, 0, BARRIER_WORDS), nrWorkers);
  },
  run() {
    if (lane === undefined || barrier === undefined) throw new Error('run before configure');
    for (let round = barrier.awaitRelease(0); round >= 0; round = barrier.awaitRelease(round)) {
      lane.runEpoch();
      barrier.arrive();
    }
  },
};

if (parentPort !== null) expose(api, nodeEndpoint(parentPort));
