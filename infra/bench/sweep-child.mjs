/** One measurement of sweeps in a process of its own, for infra/bench/sweep.mjs. Prints one JSON object. */
import { openEmbedded, openRedis } from '../../packages/store/dist/index.js';
import { loadSweep, runSweep, sweepId } from '../../packages/sweep/dist/index.js';

const task = JSON.parse(process.argv[2]);
const open = () => (task.store.startsWith('redis:') ? openRedis(task.store) : openEmbedded(task.store));
const outcome = (n) => ({
  state: 'done',
  key: 'a'.repeat(64),
  bits: 'b'.repeat(64),
  figures: { recall: 1 / (n + 1), precision: 1 / (n + 2), wss: 12345678 + n },
  missing: [],
  worker: 'host/1234',
  ms: 1,
});

const modes = { run, list, take };
console.log(JSON.stringify(await modes[task.mode]()));
process.exit();

/** Coordinate a sweep to its end. */
async function run() {
  const backend = await open();
  const plan = loadSweep(task.file);
  const startedMs = performance.now();
  const { progress } = await runSweep(backend, plan, { jobs: task.jobs, runsDir: 'runs' });
  const seconds = (performance.now() - startedMs) / 1000;
  const peakMib = process.resourceUsage().maxRSS / 1024;
  globalThis.gc?.();
  const heapMib = process.memoryUsage().heapUsed / 2 ** 20;
  const id = sweepId(await backend.store.getSweep(plan.name));
  let sum = 0;
  for await (const [, { ms }] of backend.store.outcomes(id, 0, progress.total)) sum += ms;
  return { seconds, meanMs: sum / progress.total, peakMib, heapMib };
}

/** Fill a store, then list it, here and by another door. */
async function list() {
  const first = await open();
  for (let i = 0; i < task.runs; i++) await first.store.finish('list@1', i, outcome(i));
  const listMs = await timed(first);
  await first.close();
  const startedMs = performance.now();
  const second = await open();
  await timed(second);
  const openMs = performance.now() - startedMs;
  await second.close();
  return { listMs, openMs };
}

async function timed({ store }) {
  const startedMs = performance.now();
  let n = 0;
  for await (const _ of store.outcomes('list@1', 0, task.runs)) n++;
  if (n !== task.runs) throw new Error(`${n} of ${task.runs} are listed`);
  return performance.now() - startedMs;
}

/** Do points of a sweep without running anything, as fast as they come: what is measured is who hands them out. */
async function take() {
  const backend = await open();
  let record = null;
  while (record === null) {
    record = await backend.store.getSweep(task.name);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const id = sweepId(record);
  backend.queue(id).take(8, async ({ data }) => void (await backend.store.finish(id, data.index, outcome(data.index))));
  await new Promise(() => {});
}
