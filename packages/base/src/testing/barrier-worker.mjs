import { workerData } from 'node:worker_threads';
import { BARRIER_WORDS, EpochBarrier } from '../../dist/index.js';

/** Adds one to its own cell in every round, and checks that it sees what the coordinator wrote before the round. */
const { barrierWords, cells, worker, nrWorkers, lateBy } = workerData;
const barrier = new EpochBarrier(new Int32Array(barrierWords, 0, BARRIER_WORDS), nrWorkers);
const rounds = new Float64Array(cells, 0, 1);
const counts = new Float64Array(cells, 8);

for (let round = barrier.awaitRelease(0); round >= 0; round = barrier.awaitRelease(round)) {
  // A worker that is late in some rounds: the others must not run ahead.
  if (lateBy > 0 && round % 7 === worker % 7) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lateBy);
  if (rounds[0] === round) counts[worker]++;
  barrier.arrive();
}
