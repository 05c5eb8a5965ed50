import { Cpu } from '../../packages/cpu/dist/index.js';
import { buildProcesses, Machine } from '../../packages/machine/dist/index.js';
import { defaultMasimOptions } from '../../packages/workload/dist/index.js';
import { benchMachine } from './bench-machine.mjs';

const QUIET = { snapshot() {}, truth() {}, phase() {}, cpuCounters() {}, attribution() {}, accessTruth() {}, rows() {} };

/**
 * The simulated side of `access`: a whole machine with one CPU, TLB, memory latency and truth on, watched by DAMON with
 * default attributes, all of it in the calling thread. Start-up (first touches, tables of random numbers, the compiler's warm-up)
 * is taken out by the difference of a long and a short run, as the native program starts its clock after its own.
 * @param {{ kind: 'rand' | 'seq', bytes: number, stride: number, regions: number, mode: 'ro' | 'wo' | 'rw' }} shape
 * @param {number} ms how long to measure, about
 * @param {{ truth?: boolean, primitive?: 'page_table' | 'page_fault', nrRegions?: number }} options
 * @returns {Promise<{ ns: number, loopNs: number }>} CPU time per simulated access: of the whole machine, and of the simulated CPU alone
 */
export async function simulate(shape, ms, options = {}) {
  const trial = await runFor(shape, 100, options);
  const virtualMs = Math.min(120_000, Math.max(600, (100 * ms * 1e6) / trial.cpuNs));
  const measured = await runFor(shape, 100 + virtualMs, options);
  const accesses = measured.accesses - trial.accesses;
  return { ns: (measured.cpuNs - trial.cpuNs) / accesses, loopNs: (measured.loopNs - trial.loopNs) / accesses };
}

/** Hinting faults in one virtual second of the same machine. */
export async function faultsPerSecond(shape, nrRegions) {
  return (await runFor(shape, 1_000, { truth: false, primitive: 'page_fault', nrRegions })).faults;
}

async function runFor(shape, virtualMs, { truth = true, primitive = 'page_table', nrRegions }) {
  const base = benchMachine(workload(shape, virtualMs), 8 * 1024 ** 3);
  const config = { ...base, truth, monitor: watchedBy(base, primitive, nrRegions) };
  const machine = await Machine.create(config, { executor: 'inline', observer: QUIET });
  const before = process.cpuUsage();
  const start = performance.now();
  loopMs = 0;
  await machine.run();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  const { accesses, delivered = 0 } = machine.runCounters();
  await machine.close();
  const cpuNs = (user + system) * 1000;
  return { cpuNs, loopNs: cpuNs * (loopMs / wallMs), accesses, faults: delivered };
}

/** Wall time of the epochs of simulated CPUs, which here run in the calling thread. To ask for CPU time costs as much as a short epoch. */
let loopMs = 0;
const { runEpoch } = Cpu.prototype;
Cpu.prototype.runEpoch = function timedEpoch() {
  const start = performance.now();
  runEpoch.call(this);
  loopMs += performance.now() - start;
};

/** With `nrRegions`, so many regions all of which lie in the data: none is wasted on the holes of an address space. */
function watchedBy(config, primitive, nrRegions) {
  const sample = { ...config.monitor.sample, primitive };
  if (nrRegions === undefined) return { ...config.monitor, sample };
  const attrs = { ...config.monitor.attrs, minNrRegions: nrRegions, maxNrRegions: nrRegions };
  const data = buildProcesses(config)[0].space.regions.filter((region) => region.role === 'data');
  const start = Math.min(...data.map((region) => region.start));
  const end = Math.max(...data.map((region) => region.end));
  return { ...config.monitor, sample, attrs, ops: 'fvaddr', regions: [[{ start, end }]] };
}

function workload({ kind, bytes, stride, regions, mode }, virtualMs) {
  const names = Array.from({ length: regions }, (_, i) => `r${i}`);
  const patterns = names.map((_, region) => ({
    region,
    random: kind === 'rand',
    stride: kind === 'rand' ? 64 : stride,
    probability: 1,
    rw: mode,
  }));
  return {
    kind: 'masim',
    name: 'bench',
    threads: 1,
    options: defaultMasimOptions,
    config: { regions: names.map((name) => ({ name, bytes })), phases: [{ name: 'run', durationMs: virtualMs, patterns }] },
  };
}
