import { buildProcesses, Machine } from '../../packages/machine/dist/index.js';
import { defaultMasimOptions } from '../../packages/workload/dist/index.js';
import { benchMachine } from './bench-machine.mjs';

/** Observes nothing. */
export const QUIET = { snapshot() {}, truth() {}, phase() {}, cpuCounters() {}, attribution() {}, accessTruth() {}, rows() {} };

/**
 * The simulated side of `access`: a whole machine with one CPU, TLB, memory latency and truth on, watched by DAMON with
 * default attributes, all of it in the calling thread. Start-up (first touches, tables of random numbers, the compiler's warm-up)
 * is taken out by the difference of a long and a short run, as the native program starts its clock after its own.
 * @param {Shape} shape
 * @param {number} ms how long to measure, about
 * @param {{ truth?: boolean }} options
 * @returns {Promise<number>} CPU time per simulated access, ns
 */
export async function simulate(shape, ms, options = {}) {
  const trial = await runFor(shape, 100, options);
  const virtualMs = Math.min(120_000, Math.max(600, (100 * ms * 1e6) / trial.cpuNs));
  const measured = await runFor(shape, 100 + virtualMs, options);
  return (measured.cpuNs - trial.cpuNs) / (measured.accesses - trial.accesses);
}

async function runFor(shape, virtualMs, options) {
  const machine = await Machine.create(shapeConfig(shape, virtualMs, options), { executor: 'inline', observer: QUIET });
  const before = process.cpuUsage();
  await machine.run();
  const { user, system } = process.cpuUsage(before);
  const { accesses } = machine.runCounters();
  await machine.close();
  return { cpuNs: (user + system) * 1000, accesses };
}

/**
 * The machine that makes the accesses of `shape` for `virtualMs`.
 * @typedef {{ kind: 'rand' | 'seq', bytes: number, stride: number, regions: number, mode: 'ro' | 'wo' | 'rw' }} Shape
 * @param {Shape} shape
 * @param {number} virtualMs
 * @param {{ truth?: boolean, primitive?: 'page_table' | 'page_fault', nrRegions?: number }} options
 */
export function shapeConfig(shape, virtualMs, { truth = true, primitive = 'page_table', nrRegions } = {}) {
  const base = benchMachine(workload(shape, virtualMs), 8 * 1024 ** 3);
  return { ...base, truth, monitor: watchedBy(base, primitive, nrRegions) };
}

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
