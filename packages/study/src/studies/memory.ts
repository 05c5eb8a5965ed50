import { MEMORY_FIGURES, memoryFigures } from '../figures/memory.js';
import type { Settings, Study } from '../study.js';

const IDLE = { min: '0 %', max: '0 %' };
const SIZE = { min: '4 KiB', max: 'max' };
/** The modules' two minutes by 60, as the interval of their watermarks. */
const COLD = { min: '2 s', max: 'max' };
const watermarks = (high_permil: number, mid_permil: number, low_permil: number) => ({
  watermarks: { metric: 'free_mem_rate', interval_us: '80 ms', high_permil, mid_permil, low_permil },
});

/** @kernel mm/damon/reclaim.c, module defaults (7.3) */
const reclaim = {
  action: 'pageout',
  access_pattern: { sz_bytes: SIZE, nr_accesses: IDLE, age: COLD },
  quotas: {
    time_ms: '10 ms',
    sz_bytes: '128 MiB',
    reset_interval_ms: '1 s',
    weights: { sz_permil: 0, nr_accesses_permil: 0, age_permil: 1 },
  },
};
const RECLAIM_MARKS = watermarks(500, 400, 200);

/** @kernel mm/damon/lru_sort.c, module defaults (7.3) */
const lruSort = [
  { action: 'lru_prio', access_pattern: { sz_bytes: SIZE, nr_accesses: { min: '50 %', max: 'max' } } },
  { action: 'lru_deprio', access_pattern: { sz_bytes: SIZE, nr_accesses: IDLE, age: COLD } },
].map((scheme) => ({
  ...scheme,
  quotas: { time_ms: '5 ms', reset_interval_ms: '1 s', weights: { sz_permil: 0, nr_accesses_permil: 1, age_permil: 1 } },
}));
const SORT_MARKS = watermarks(200, 150, 50);

/** damo's prcl, its five seconds by 5. */
const prcl = { action: 'pageout', access_pattern: { sz_bytes: SIZE, nr_accesses: IDLE, age: { min: '1 s', max: 'max' } } };

const kdamond = (ops: 'paddr' | 'vaddr', schemes: readonly object[]): Settings => ({ monitor: JSON.stringify({ ops, schemes }) });

const memory = (size: string): Settings => ({ 'topology.nodes.0.memory': size });

/** What DAMON's reclaim saves and costs. */
export const memoryStudy: Study = {
  name: 'memory',
  question: 'What do DAMON_RECLAIM and DAMON_LRU_SORT save against the plain LRU, and what does it cost?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        { name: 'idle', scenario: 'idle' },
        { name: 'returning', scenario: 'returning' },
      ],
    },
    {
      name: 'rule',
      title: 'rule',
      levels: [
        { name: 'LRU' },
        { name: 'reclaim', set: kdamond('paddr', [{ ...reclaim, ...RECLAIM_MARKS }]) },
        {
          name: 'lru_sort',
          set: kdamond(
            'paddr',
            lruSort.map((scheme) => ({ ...scheme, ...SORT_MARKS })),
          ),
        },
        { name: 'reclaim always', set: kdamond('paddr', [reclaim]) },
        { name: 'lru_sort always', set: kdamond('paddr', lruSort) },
        { name: 'both always', quick: false, set: kdamond('paddr', [reclaim, ...lruSort]) },
        { name: 'prcl', set: kdamond('vaddr', [prcl]) },
      ],
    },
    {
      name: 'memory',
      title: 'memory',
      levels: [
        { name: 'ample', set: memory('512 MiB') },
        { name: 'filling', set: memory('192 MiB') },
        { name: 'short', set: memory('96 MiB') },
      ],
    },
  ],
  set: { duration: '40 s' },
  quickSet: { duration: '12 s' },
  seeds: { quick: 3, full: 8 },
  figures: MEMORY_FIGURES,
  beside: (point) => ({ lru: { ...point, rule: 'LRU' } }),
  measure: memoryFigures,
  tables: { headline: MEMORY_FIGURES.map(({ name }) => name), columns: 'memory' },
  comparisons: [{ axis: 'rule', base: 'LRU', by: ['memory'], figures: ['rss', 'refaults', 'slow_down'] }],
  controls: [
    { kind: 'same', point: { workload: 'returning', rule: 'reclaim', memory: 'filling' } },
    {
      kind: 'broken',
      name: 'what is hot is paged out',
      point: { workload: 'idle', rule: 'prcl', memory: 'ample' },
      set: kdamond('vaddr', [{ ...prcl, access_pattern: { sz_bytes: SIZE, nr_accesses: { min: '5 %', max: 'max' } } }]),
      figure: 'slow_down',
    },
  ],
  published: [
    {
      source: 'DAMON evaluation of v24, freqmine under prcl',
      claim: 'resident memory -93.38 %',
      expect: { figure: 'saved', point: { workload: 'idle', rule: 'prcl', memory: 'ample' }, least: 88, most: 98 },
    },
    {
      source: 'DAMON evaluation of v24, freqmine under prcl',
      claim: 'runtime +1.22 %',
      expect: { figure: 'slow_down', point: { workload: 'idle', rule: 'prcl', memory: 'ample' }, least: 0.61, most: 2.44 },
    },
    {
      source: 'DAMON evaluation of v24, 24 workloads under prcl',
      claim: 'runtime +7.64 % on average, +16.02 % at worst: what comes back costs time',
      expect: { figure: 'slow_down', point: { workload: 'returning', rule: 'prcl', memory: 'ample' }, least: 0.5, most: 16.02 },
    },
    {
      source: "HPDC'22",
      claim: 'proactive reclamation saves 91 % of memory',
      expect: { figure: 'saved', point: { workload: 'idle', rule: 'reclaim always', memory: 'ample' }, least: 81, most: 100 },
    },
    {
      source: "HPDC'22",
      claim: 'at a slow-down of at most 12 %',
      expect: { figure: 'slow_down', point: { workload: 'returning', rule: 'reclaim always', memory: 'ample' }, most: 12 },
    },
    {
      source: 'DAMON_RECLAIM, DAMON_STAT',
      claim: 'less than one percent of a CPU',
      expect: { figure: 'kdamond', point: { workload: 'returning', rule: 'reclaim', memory: 'filling' }, most: 1 },
    },
  ],
  plots: [
    {
      name: 'saved',
      title: 'Resident memory saved, and what it costs, by rule',
      x: 'memory',
      panels: 'workload',
      color: 'rule',
      figures: ['saved', 'refaults', 'slow_down'],
      at: {},
    },
  ],
  conclusions: [{ axis: 'rule', figures: ['saved', 'slow_down', 'refaults', 'kdamond'], say: 'list' }],
};
