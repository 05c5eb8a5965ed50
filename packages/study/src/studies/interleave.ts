import { INTERLEAVE_FIGURES, interleaveFigures } from '../figures/interleave.js';
import type { Level, Settings, Study } from '../study.js';

/** Pages on the fast node to pages on the slow one; with none on the slow one no policy is needed. */
const STATIC = ['1:0', '9:1', '5:1', '3:1', '2:1', '1:1'];

/** New pages by these weights, as numactl and sysfs set them before the program starts. */
const placed = (name: string): Level => ({
  name,
  set: name === '1:0' ? {} : { 'processes.*.mempolicy': 'weighted_interleave', weighted_interleave: `[${name.replace(':', ', ')}]` },
});

const threads = (n: number): Settings => ({ 'processes.0.threads': String(n) });

/** Whether memory that gives more bandwidth together than each node alone is used like that, and only when it is needed. */
export const interleaveStudy: Study = {
  name: 'interleave',
  question: 'Is hot memory best spread over DRAM and CXL memory by the ratio of their bandwidths, and who spreads it in time?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        { name: 'stream x2', scenario: 'stream', set: threads(2) },
        { name: 'stream x8', scenario: 'stream', set: threads(8) },
        { name: 'one two one', scenario: 'one-two-one' },
      ],
    },
    { name: 'weights', title: 'weights', levels: STATIC.map(placed) },
    { name: 'machine', title: 'machine', levels: [{ name: '72:26' }] },
  ],
  possible: ({ workload, weights }) => workload !== 'one two one' || ['1:0', '3:1'].includes(weights),
  set: {},
  quickSet: {},
  seeds: { quick: 3, full: 8 },
  figures: INTERLEAVE_FIGURES,
  measure: interleaveFigures,
  tables: { headline: INTERLEAVE_FIGURES.map(({ name }) => name), columns: 'workload' },
  comparisons: [{ axis: 'weights', base: '1:0', by: ['workload'], figures: ['during_end', 'after_end'] }],
  controls: [
    { kind: 'same', point: { workload: 'stream x8', weights: '3:1', machine: '72:26' } },
    {
      kind: 'broken',
      name: 'most pages go to the slow node',
      point: { workload: 'stream x8', weights: '3:1', machine: '72:26' },
      set: { weighted_interleave: '[1, 3]' },
      figure: 'during_end',
    },
  ],
  published: [
    {
      source: 'mm/damon/vaddr: Allow interleaving in migrate_{hot,cold} actions, v3',
      claim: 'an iteration of an embedding reduction takes 5.63 s after 1:0 -> 3:1, and took 7.6 s before',
      expect: {
        figure: 'iteration',
        point: { workload: 'stream x8', weights: '3:1' },
        than: { workload: 'stream x8', weights: '1:0' },
        least: 0.7,
        most: 0.8,
      },
    },
  ],
  plots: [
    {
      name: 'weights',
      title: 'Throughput by weights',
      x: 'weights',
      panels: 'workload',
      color: 'machine',
      figures: ['during_end'],
      at: {},
    },
  ],
  conclusions: [{ axis: 'weights', figures: ['during_end'], say: 'list' }],
};
