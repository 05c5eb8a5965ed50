/** A process of its own for `wall`: a machine of so many CPUs under one of the clocks; prints what it did for its CPU time. */
import { Machine } from '../../packages/machine/dist/index.js';
import { parseScenario } from '../../packages/scenario/dist/index.js';

const [clock, workersText, secondsText] = process.argv.slice(2);
const workers = Number(workersText);
const quiet = { snapshot() {}, truth() {}, phase() {}, cpuCounters() {}, attribution() {}, accessTruth() {}, rows() {} };
const { machine: config } = parseScenario(
  JSON.stringify({
    topology: { nodes: [{ cpus: workers, memory: '4 GiB' }] },
    duration: `${Math.max(1, Number(secondsText))} s`,
    processes: [{ workload: { pattern: 'zipf', size: '16 MiB', duration: '1 h', access: '10 ns' }, threads: workers }],
  }),
  'bench.yaml',
);
globalThis.gc();
const beforeBytes = process.memoryUsage.rss();
const machine = await Machine.create(config, { clock, executor: 'threads', observer: quiet });
const workerBytes = (process.memoryUsage.rss() - beforeBytes) / workers;
const done = Number(secondsText) > 0 ? await measureRun() : {};
await machine.close();
process.stdout.write(JSON.stringify({ ...done, workerBytes }));

async function measureRun() {
  const start = process.cpuUsage();
  const startMs = performance.now();
  await machine.run();
  const { user, system } = process.cpuUsage(start);
  const seconds = (performance.now() - startMs) / 1000;
  const cpuSeconds = (user + system) / 1e6;
  const { accesses, descheduled_ns: lostNs = 0, virtual_ns: ns } = machine.runCounters();
  return { perCpuSecond: accesses / cpuSeconds, busyShare: cpuSeconds / seconds, lostShare: lostNs / (ns * workers) };
}
