import { LOCALITY_FIGURES, localityFigures } from '../figures/locality.js';
import type { Study } from '../study.js';

/** The runs without the policy are not monitored: what monitoring costs counts against it. */
const UNWATCHED = { monitor: 'off' };
const BY_SHARES = { 'policies.migrate_by_shares': 'on' };
/** A thread makes half a million accesses a second here: one sample in a thousand are 50 in a window. */
const SAMPLES = { 'monitor.sample_control.primitive': 'sampled_accesses', 'monitor.sample_control.sampled_every': '1000' };
/** A quarter of the default: 4 MiB in 100 ms. */
const SLOWLY = { 'policies.migrate_by_shares': '{ bytes_per_window: 4 MiB }' };
const FIGURES = ['throughput', 'throughput_end', 'local_end', 'migrated'];

/** What is gained by moving pages to the node that makes most of DAMON's reports about them. */
export const migrationStudy: Study = {
  name: 'migration',
  question: 'What is gained by moving pages to the node that makes most of the reports about them?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        { name: 'halves', scenario: 'halves' },
        { name: 'uneven', scenario: 'uneven' },
        { name: 'even', scenario: 'even' },
      ],
    },
    {
      name: 'migration',
      title: 'migration',
      levels: [
        { name: 'none', set: UNWATCHED },
        { name: 'NUMA balancing', set: { ...UNWATCHED, numa_balancing: 'on' } },
        { name: 'by shares', set: BY_SHARES },
        { name: 'by samples', set: { ...BY_SHARES, ...SAMPLES } },
        { name: 'slowly', set: SLOWLY, quick: false },
      ],
    },
    { name: 'machine', title: 'machine', levels: [{ name: '2 nodes' }] },
  ],
  set: { duration: '10 s' },
  quickSet: { duration: '3 s' },
  seeds: { quick: 3, full: 8 },
  figures: LOCALITY_FIGURES.filter(({ name }) => name !== 'moves'),
  measure: localityFigures,
  tables: { headline: ['throughput', 'throughput_end', 'local_end', 'settle', 'migrated', 'kdamond'], columns: 'workload' },
  comparisons: [{ axis: 'migration', base: 'none', by: ['workload'], figures: FIGURES.slice(0, 3) }],
  controls: [
    { kind: 'same', point: { workload: 'uneven', migration: 'by shares', machine: '2 nodes' } },
    {
      kind: 'broken',
      name: 'pages go to the node that uses them least',
      point: { workload: 'halves', migration: 'by shares', machine: '2 nodes' },
      set: { 'policies.migrate_by_shares': '{ to: fewest }' },
      figure: 'throughput',
    },
  ],
  plots: [
    {
      name: 'gain',
      title: 'Throughput and locality by policy of migration',
      x: 'machine',
      panels: 'workload',
      color: 'migration',
      figures: ['throughput', 'throughput_end', 'local_end'],
      at: {},
    },
  ],
  conclusions: [
    { axis: 'migration', figures: ['throughput', 'throughput_end'], say: 'rank' },
    { axis: 'migration', figures: FIGURES, say: 'list' },
  ],
};
