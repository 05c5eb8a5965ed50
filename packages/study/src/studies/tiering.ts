import { TIERING_FIGURES, tieringFigures } from '../figures/tiering.js';
import type { Level, Settings, Study } from '../study.js';

/** HMSDK's intervals and regions (100 ms, 2 s, 20 s; 100 to 10000), forty times as fast: so are all times of this study. */
const MONITORING = {
  ops: 'paddr',
  intervals: { sample_us: '2500 us', aggr_us: '50 ms', ops_update_us: '500 ms' },
  nr_regions: { min: 10, max: 250 },
};
const SIZE = { min: 4096, max: 'max' };
const quotas = (time_ms: string) => ({
  time_ms,
  reset_interval_ms: '500 ms',
  weights: { sz_permil: 0, nr_accesses_permil: 0, age_permil: 10 },
});

/** Cold memory of DRAM goes to CXL memory, the same way whoever promotes: Accessed bits, a kernel thread of its own. */
const DEMOTE = {
  ...MONITORING,
  numa_node: 0,
  schemes: [
    {
      action: 'migrate_cold',
      target_nid: 1,
      access_pattern: { sz_bytes: SIZE, nr_accesses: { min: '0 %', max: '0 %' }, age: { min: '750 ms', max: 'max' } },
      quotas: quotas('25 ms'),
      filters: [{ filter_type: 'young', matching: true, allow: false }],
    },
  ],
};

/** Hot memory of CXL memory goes to DRAM. */
const PROMOTE = {
  ...MONITORING,
  numa_node: 1,
  schemes: [
    {
      action: 'migrate_hot',
      target_nid: 0,
      access_pattern: { sz_bytes: SIZE, nr_accesses: { min: '5 %', max: '100 %' } },
      quotas: quotas('50 ms'),
      filters: [{ filter_type: 'young', matching: false, allow: false }],
    },
  ],
};
/** kernel.numa_balancing = 2, forty times as fast; a whole pass over the program takes 0.4 s at the fastest, as 15 s over 38 GiB. */
const TIERING_MODE = {
  numa_balancing:
    '{ mode: 2, scan_delay_ms: 25, scan_period_min_ms: 400, scan_period_max_ms: 1500, scan_size_mb: 2, hot_threshold_ms: 25 }',
};

const watched = (...monitors: object[]): Settings => ({ monitor: JSON.stringify(monitors) });

/** Who promotes; what demotes is the same. */
const TIERING: readonly Level[] = [
  { name: 'DRAM only', set: { 'topology.nodes.0.memory': '256 MiB' } },
  { name: 'none' },
  { name: 'DAMOS', set: watched(PROMOTE, DEMOTE) },
  { name: 'NUMAB-2', set: { ...TIERING_MODE, ...watched(DEMOTE) } },
];

/** What tiering is worth, and who pays for it. */
export const tieringStudy: Study = {
  name: 'tiering',
  question: 'On DRAM and CXL memory, who should promote hot pages: NUMA balancing, DAMOS, or both under which rule?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        { name: 'zipf', scenario: 'zipf' },
        { name: 'drift', scenario: 'drift' },
        { name: 'phase change', scenario: 'phase-change' },
      ],
    },
    { name: 'tiering', title: 'tiering', levels: TIERING },
    { name: 'machine', title: 'machine', levels: [{ name: 'DRAM + CXL' }] },
  ],
  set: { duration: '10 s' },
  quickSet: { duration: '3 s' },
  seeds: { quick: 3, full: 6 },
  figures: TIERING_FIGURES,
  beside: (point) => ({ dram: { ...point, tiering: 'DRAM only' } }),
  measure: tieringFigures,
  tables: { headline: TIERING_FIGURES.map(({ name }) => name), columns: 'workload' },
  comparisons: [{ axis: 'tiering', base: 'none', by: ['workload'], figures: ['throughput_end'] }],
  controls: [
    { kind: 'same', point: { workload: 'zipf', tiering: 'DAMOS', machine: 'DRAM + CXL' } },
    {
      kind: 'broken',
      name: 'hot memory goes to CXL memory, cold memory to DRAM',
      point: { workload: 'zipf', tiering: 'DAMOS', machine: 'DRAM + CXL' },
      set: { 'monitor.0.schemes.0.target_nid': '1', 'monitor.1.schemes.0.target_nid': '0' },
      figure: 'throughput_end',
    },
  ],
  plots: [],
  conclusions: [{ axis: 'tiering', figures: ['throughput_end'], say: 'rank' }],
};
