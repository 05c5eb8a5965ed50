import { parentPort } from 'node:worker_threads';
import { expose } from 'comlink';
import { nodeEndpoint } from '../comlink-node.js';
import type { MachineConfig } from '../config.js';
import { buildProcesses } from '../processes.js';
import type { WallBuffers } from './shared.js';
import { WallLane } from './wall-lane.js';

/** What the coordinator asks of a worker in wall time. */
export interface WallWorkerApi {
  configure(config: MachineConfig, buffers: WallBuffers, cpuIds: readonly number[]): void;
  /** Run until the run is over. */
  run(): void;
}

let lane: WallLane | undefined;

const api: WallWorkerApi = {
  configure(config, buffers, cpuIds) {
    lane = new WallLane(config, buffers, cpuIds, buildProcesses(config));
  },
  run() {
    if (lane === undefined) throw new Error('run before configure');
    lane.run();
  },
};

if (parentPort !== null) expose(api, nodeEndpoint(parentPort));
