import { HOT_PLACEMENT_FIGURES, hotPlacementFigures } from '../figures/hot-placement.js';
import type { Settings, Study } from '../study.js';

/** Where node 1 begins in `three`; node 0 of `split` is as large as the whole of it. */
const FAST = { three: '256 MiB', split: '512 MiB' };
const ALL = '1 TiB';
const QUOTA = { sz_bytes: '20 MiB', reset_interval_ms: '100 ms' };
/** A hundredth and more of what is to be split: what one window moves is how far beside the goal it may end. */
const SMALL_QUOTA = { sz_bytes: '4 MiB', reset_interval_ms: '100 ms' };
const HOT = { nr_accesses: { min: '5 %', max: 'max' } };
const COLD = { nr_accesses: { min: 0, max: 0 }, age: { min: '1 s', max: 'max' } };

/** Only what lies in [start, end) of physical memory. */
const within = (start: string | number, end: string) => ({
  filter_type: 'addr',
  matching: false,
  allow: false,
  address_range: { start, end },
});

const promote = (goals: object[] = []) => ({
  action: 'migrate_hot',
  target_nid: 0,
  access_pattern: HOT,
  quotas: { ...QUOTA, goals },
  filters: [within(FAST.three, ALL), { filter_type: 'young', matching: true, allow: true }],
});

const demote = (goals: object[] = []) => ({
  action: 'migrate_cold',
  target_nid: 1,
  access_pattern: COLD,
  quotas: { ...QUOTA, goals },
  filters: [within(0, FAST.three), { filter_type: 'young', matching: true, allow: false }],
});

const used = { metric: 'node_mem_used_bp', target_value: '99.7 %', nid: 0 };
const free = { metric: 'node_mem_free_bp', target_value: '0.5 %', nid: 0 };

/** Hot memory to and fro until 70 % of it are on node 0: the one pushes, the other pulls. */
const split = (tuner: string) =>
  [
    { to: 1, want: '30 %', range: within(0, FAST.split) },
    { to: 0, want: '70 %', range: within(FAST.split, ALL) },
  ].map(({ to, want, range }) => ({
    action: 'migrate_hot',
    target_nid: to,
    access_pattern: HOT,
    quotas: { ...SMALL_QUOTA, goal_tuner: tuner, goals: [{ metric: 'node_eligible_mem_bp', target_value: want, nid: to }] },
    filters: [range],
  }));

const schemes = (list: readonly object[]): Settings => ({ 'monitor.schemes': JSON.stringify(list) });

/** Whether migration schemes bring hot memory to where it is wanted, and keep it there. */
export const placementStudy: Study = {
  name: 'placement',
  question: 'Do migrate_hot and migrate_cold bring hot memory to where it is wanted, and does it stay there?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        { name: 'three', scenario: 'three' },
        { name: 'split', scenario: 'split' },
      ],
    },
    {
      name: 'schemes',
      title: 'schemes',
      levels: [
        { name: 'none', set: schemes([]) },
        { name: 'hot', set: schemes([promote()]), quick: false },
        { name: 'hot, cold', set: schemes([promote(), demote()]) },
        // The tuner's quota begins so small that the quick study would end before it has done anything.
        { name: 'with goals', set: schemes([promote([used]), demote([free])]), quick: false },
        { name: '7:3 consist', set: schemes(split('consist')) },
        { name: '7:3 temporal', set: schemes(split('temporal')) },
      ],
    },
    { name: 'machine', title: 'machine', levels: [{ name: '2 nodes' }] },
  ],
  possible: ({ workload, schemes: name }) => name === 'none' || (workload === 'split') === name.startsWith('7:3'),
  set: { duration: '40 s' },
  quickSet: { duration: '6 s' },
  seeds: { quick: 3, full: 8 },
  figures: HOT_PLACEMENT_FIGURES,
  measure: hotPlacementFigures,
  tables: { headline: HOT_PLACEMENT_FIGURES.map(({ name }) => name), columns: 'workload' },
  comparisons: [{ axis: 'schemes', base: 'none', by: ['workload'], figures: ['hot_share', 'throughput_end'] }],
  controls: [
    { kind: 'same', point: { workload: 'three', schemes: 'hot, cold', machine: '2 nodes' } },
    {
      kind: 'broken',
      name: 'hot memory goes to the slow node',
      point: { workload: 'three', schemes: 'hot, cold', machine: '2 nodes' },
      set: schemes([
        { ...promote(), target_nid: 1, filters: [] },
        { ...demote(), target_nid: 0, filters: [] },
      ]),
      figure: 'hot_fast',
    },
  ],
  published: [
    {
      source: 'RFC "DAMON based tiered memory management"',
      claim: 'three processes got the hot memory that they should on the fast node, 1800 of 1800 MB',
      expect: { figure: 'hot_share', point: { workload: 'three', schemes: 'hot, cold' }, least: 95 },
    },
    {
      source: 'RFC on node_eligible_mem_bp, v6',
      claim: 'a split of 7:3 by the temporal tuner converges and holds',
      expect: { figure: 'hot_share', point: { workload: 'split', schemes: '7:3 temporal' }, least: 68, most: 72 },
    },
    {
      source: 'RFC on node_eligible_mem_bp, v6',
      claim: 'a split of 7:3 by the temporal tuner holds',
      expect: { figure: 'wobble', point: { workload: 'split', schemes: '7:3 temporal' }, most: 4 },
    },
  ],
  plots: [
    {
      name: 'hot',
      title: 'Where hot memory is at the end, by scheme',
      x: 'machine',
      panels: 'workload',
      color: 'schemes',
      figures: ['hot_share', 'settle', 'throughput_end'],
      at: {},
    },
  ],
  conclusions: [
    { axis: 'schemes', levels: ['none', 'hot, cold', 'with goals'], figures: ['throughput_end'], say: 'rank' },
    { axis: 'schemes', figures: ['hot_share', 'missing', 'settle', 'moved'], say: 'list' },
  ],
};
