import { DEFAULT_SAMPLE_CONTROL } from '../../packages/damon/dist/index.js';

/**
 * The machine of the benches: two nodes with different latencies, one CPU with a TLB, DAMON with default attributes, truth on.
 * @param {object} workload a `WorkloadSpec`
 * @param {number} memoryBytes of both nodes together
 */
export function benchMachine(workload, memoryBytes) {
  const half = Math.ceil(memoryBytes / 2 / 4096) * 4096;
  return {
    seed: 1,
    topology: {
      name: 'two nodes',
      nodes: [
        { cpus: 1, memoryBytes: half },
        { cpus: 0, memoryBytes: half },
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
      hintFaultNs: 700,
      shootdownNs: 500,
      contextSwitchNs: 1500,
      sliceNs: 4_000_000,
    },
    thp: 'never',
    processes: [{ name: 'bench', cpus: [0], workload }],
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
      sample: DEFAULT_SAMPLE_CONTROL,
      regions: [],
      kdamond: { cpu: null, wakeNs: 5_000, mappedNs: 500, holeNs: 200, aggregateNs: 200, armNs: 1_500 },
      commits: [],
    },
    truth: true,
    epochMaxNs: 10_000_000,
    durationNs: 0,
    timerGranularityNs: 1,
    backgroundSwitchNs: 0,
    numaBalancing: null,
    sched: { hz: 250, policy: 'fixed', intervalNs: 4_000_000 },
    sharing: { strategy: 'build_exclusive', owners: ['damon'], schedule: [], uninstallEvery: 1, walkNs: 10, changeNs: 100 },
  };
}
