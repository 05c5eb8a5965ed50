import { parentPort, workerData } from 'node:worker_threads';
import { SingleArray } from '../../../dist/index.js';

/** Reports `count` times as CPU `cpu`, times 1, 2, ..., and says how many were taken. */
const { buffer, cpu, count } = workerData;
const channel = new SingleArray(buffer);
let taken = 0;
for (let timeNs = 1; timeNs <= count; timeNs++) {
  if (channel.report({ vaddr: -timeNs, paddr: cpu, size: 1, cpu, tid: cpu, tgid: cpu, isWrite: false, timeNs })) taken++;
}
parentPort.postMessage(taken);
