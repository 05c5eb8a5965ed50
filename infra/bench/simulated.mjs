import { Machine } from '../../packages/machine/dist/index.js';
import { defaultMasimOptions } from '../../packages/workload/dist/index.js';

const QUIET = { snapshot() {}, truth() {}, phase() {}, cpuCounters() {} };

/**
 * The simulated side of `access`: a whole machine with one CPU, TLB, memory latency and truth on, watched by DAMON with
 * default attributes, all of it in the calling thread.
 * @param {{ kind: 'rand' | 'seq', bytes: number, stride: number, regions: number, mode: 'ro' | 'wo' | 'rw' }} shape
 * @param {number} ms how long to measure, about
 * @returns {Promise<number>} ns of one thread's CPU time per simulated access
 */
export async function simulate(shape, ms) {
  const trial = await runFor(shape, 200);
  const virtualMs = Math.min(120_000, Math.max(200, (200 * ms * 1e6) / trial.cpuNs));
  const measured = await runFor(shape, virtualMs);
  return measured.cpuNs / measured.accesses;
}

async function runFor(shape, virtualMs) {
  const machine = await Machine.create(machineConfig(shape, virtualMs), { executor: 'inline', observer: QUIET });
  const before = process.cpuUsage();
  await machine.run();
  const { user, system } = process.cpuUsage(before);
  const { accesses } = machine.runCounters();
  await machine.close();
  return { cpuNs: (user + system) * 1000, accesses };
}

function machineConfig(shape, virtualMs) {
  return {
    seed: 1,
    topology: {
      name: 'two nodes',
      nodes: [
        { cpus: 1, memoryBytes: 4 * 1024 ** 3 },
        { cpus: 0, memoryBytes: 4 * 1024 ** 3 },
      ],
      distance: [
        [10, 20],
        [20, 10],
      ],
      latencyNs: [
        [1, 2],
        [2, 1],
      ],
    },
    cpu: {
      tlb: { kind: 'finite', entries: 1536, ways: 12, hugeEntries: 1024, hugeWays: 8, asids: 6 },
      walkNs: 8,
      faultNs: 500,
      contextSwitchNs: 1500,
      sliceNs: 4_000_000,
    },
    thp: 'never',
    processes: [{ name: 'masim', cpus: [0], workload: workload(shape, virtualMs) }],
    monitor: {
      ops: 'vaddr',
      kernel: '7.3',
      attrs: {
        sampleUs: 5_000,
        aggrUs: 100_000,
        opsUpdateUs: 1_000_000,
        minNrRegions: 10,
        maxNrRegions: 1_000,
        intervalsGoal: { accessBp: 0, aggrs: 0, minSampleUs: 0, maxSampleUs: 0 },
      },
      regions: [],
      kdamond: { cpu: null, wakeNs: 5_000, mappedNs: 500, holeNs: 200, aggregateNs: 200 },
    },
    truth: true,
    epochMaxNs: 10_000_000,
    durationNs: 0,
    timerGranularityNs: 1,
    backgroundSwitchNs: 0,
  };
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
