import { LOCALITY_FIGURES, localityFigures } from '../figures/locality.js';
import type { Study } from '../study.js';

/** The runs without the policy are not monitored: what monitoring costs counts against it. */
const UNWATCHED = { monitor: 'off' };
const RANDOM = { 'sched.policy': 'random', 'sched.interval': '20 ms' };
/** A thread makes half a million accesses a second here: one sample in a thousand are 50 in a window. */
const SAMPLES = { 'monitor.sample_control.primitive': 'sampled_accesses', 'monitor.sample_control.sampled_every': '1000' };
const COMPARED = ['throughput', 'throughput_end', 'local_end'];

/** What threads gain by going where their pages are. */
export const schedulingStudy: Study = {
  name: 'scheduling',
  question: 'What do threads gain that DAMON moves to the node whose pages they touch?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        { name: 'away', scenario: 'away' },
        { name: 'shared', scenario: 'shared' },
        { name: 'crowded', scenario: 'crowded', quick: false },
      ],
    },
    {
      name: 'scheduler',
      title: 'scheduler',
      levels: [
        { name: 'fixed', set: { ...UNWATCHED, 'sched.policy': 'fixed' } },
        { name: 'balance', set: { ...UNWATCHED, 'sched.policy': 'balance' }, quick: false },
        { name: 'random', set: { ...UNWATCHED, ...RANDOM } },
        { name: 'NUMA balancing', set: { ...UNWATCHED, 'sched.policy': 'balance', numa_balancing: 'on' } },
        { name: 'access_aware' },
        { name: 'with samples', set: SAMPLES, quick: false },
        { name: 'with migration', set: { 'policies.migrate_by_shares': 'on' } },
      ],
    },
    { name: 'machine', title: 'machine', levels: [{ name: '2 nodes' }] },
  ],
  set: { duration: '10 s' },
  quickSet: { duration: '3 s' },
  seeds: { quick: 3, full: 8 },
  figures: LOCALITY_FIGURES,
  measure: localityFigures,
  tables: { headline: ['throughput', 'throughput_end', 'local_end', 'settle', 'moves', 'migrated'], columns: 'workload' },
  comparisons: [{ axis: 'scheduler', base: 'fixed', by: ['workload'], figures: COMPARED }],
  controls: [
    { kind: 'same', point: { workload: 'shared', scheduler: 'access_aware', machine: '2 nodes' } },
    {
      kind: 'broken',
      name: 'threads move at random',
      point: { workload: 'away', scheduler: 'access_aware', machine: '2 nodes' },
      set: RANDOM,
      figure: 'throughput',
    },
    {
      kind: 'broken',
      name: 'pages go to the node that uses them least',
      point: { workload: 'shared', scheduler: 'with migration', machine: '2 nodes' },
      set: { 'policies.migrate_by_shares': '{ to: fewest }' },
      figure: 'throughput_end',
    },
  ],
  plots: [
    {
      name: 'throughput',
      title: 'Throughput and locality by scheduler',
      x: 'machine',
      panels: 'workload',
      color: 'scheduler',
      figures: ['throughput', 'throughput_end', 'local_end'],
      at: {},
    },
  ],
  conclusions: [
    { axis: 'scheduler', figures: ['throughput', 'throughput_end'], say: 'rank' },
    { axis: 'scheduler', figures: ['throughput_end', 'local_end', 'settle', 'moves'], say: 'list' },
  ],
};
