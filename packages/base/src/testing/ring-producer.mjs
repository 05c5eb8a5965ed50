import { parentPort, workerData } from 'node:worker_threads';
import { SpscRing } from '../../dist/index.js';

/** Pushes `count` records `[number, -number, 3 × number]` in bursts, and says how many were taken and how many refused. */
const { words, records, count, burst } = workerData;
const ring = new SpscRing({ words: new Int32Array(words), records: new Float64Array(records) }, 3);
const pause = new Int32Array(new SharedArrayBuffer(4));
const outcomes = { queued: 0, ring_full: 0 };

for (let number = 1; number <= count; number++) {
  outcomes[ring.push([number, -number, 3 * number])]++;
  if (number % burst === 0) Atomics.wait(pause, 0, 0, 0.05);
}
parentPort.postMessage(outcomes);
