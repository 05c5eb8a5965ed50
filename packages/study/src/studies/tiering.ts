import { TIERING_FIGURES, tieringFigures } from '../figures/tiering.js';
import type { Level, Point, Published, Settings, Study } from '../study.js';

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

/** Without the second look at each page: what a region was like goes for all of its pages. */
const DEMOTE_UNSEEN = { ...DEMOTE, schemes: DEMOTE.schemes.map((scheme) => ({ ...scheme, filters: [] })) };

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
/** The same by hinting faults, which it has to share. */
const PROMOTE_BY_FAULTS = { ...PROMOTE, sample_control: { primitive: 'page_fault' } };

/** kernel.numa_balancing = 2, forty times as fast; a whole pass over the program takes 0.4 s at the fastest, as 15 s over 38 GiB. */
const tieringMode = (hot_threshold_ms: number): Settings => {
  const periods = { scan_delay_ms: 25, scan_period_min_ms: 400, scan_period_max_ms: 1500 };
  return { numa_balancing: JSON.stringify({ mode: 2, ...periods, scan_size_mb: 2, hot_threshold_ms }) };
};
const TIERING_MODE = tieringMode(25);
/** Whatever is touched after it was armed is hot, no matter when. */
const EAGER_MODE = tieringMode(10_000);

const watched = (...monitors: object[]): Settings => ({ monitor: JSON.stringify(monitors) });

/** One owner of the hinting faults at a time: NUMA balancing and DAMON take turns, half a second each. */
const TAKE_TURNS = JSON.stringify(
  Array.from({ length: 15 }, (_, i) => ({ at: `${500 * (i + 1)} ms`, to: i % 2 === 0 ? 'damon' : 'numa_balancing' })),
);

/** Both promote by hinting faults, under a rule. */
const both = (strategy: string, schedule: Settings = {}): Level => ({
  name: `both ${strategy}`,
  set: { ...TIERING_MODE, ...watched(PROMOTE_BY_FAULTS, DEMOTE), 'sharing.strategy': strategy, ...schedule },
});

const NUMAB_2: Settings = { ...TIERING_MODE, ...watched(DEMOTE) };
const DAMOS = watched(PROMOTE, DEMOTE);

/** All that is done about a page, by a program or for it, so many times as dear: what it would take to turn a gain into a loss. */
const dearer = (name: string, times: number, set: Settings): Level => ({
  name: `${name} x${times}`,
  set: { ...set, 'machine.hint_fault': `${700 * times} ns`, 'machine.migrate': `${3 * times} us` },
  quick: false,
});

/** Who promotes; what demotes is the same. */
const TIERING: readonly Level[] = [
  { name: 'DRAM only', set: { 'topology.nodes.0.memory': '256 MiB' } },
  { name: 'CXL only', set: { 'processes.*.mempolicy': '{ mode: bind, nodes: [1] }', 'processes.1.workload.populate': '1' } },
  { name: 'none' },
  { name: 'DAMOS', set: DAMOS },
  { name: 'DAMOS unfiltered', set: watched(PROMOTE, DEMOTE_UNSEEN), quick: false },
  { name: 'DAMOS by faults', set: watched(PROMOTE_BY_FAULTS, DEMOTE), quick: false },
  { name: 'NUMAB-2', set: NUMAB_2 },
  // Reclaim demotes: what is old by its own look at Accessed bits, when room is wanted, and no sooner.
  { name: 'NUMAB-2, kswapd', set: { ...TIERING_MODE, demotion: 'on' } },
  { name: 'NUMAB-2 eager', set: { ...EAGER_MODE, ...watched(DEMOTE) }, quick: false },
  both('share_all'),
  both('tagged'),
  both('runtime_full', { 'sharing.schedule': TAKE_TURNS }),
  both('runtime_half', { 'sharing.schedule': TAKE_TURNS }),
  dearer('DAMOS', 50, DAMOS),
  dearer('NUMAB-2', 10, NUMAB_2),
  dearer('NUMAB-2', 50, NUMAB_2),
];

/** By whom it is done. */
const ONE = ['DAMOS', 'NUMAB-2', 'NUMAB-2, kswapd'];
const RULES = ['both share_all', 'both tagged', 'both runtime_full', 'both runtime_half'];

/** What is no look for a cause. */
const COMPARED = ['none', ...ONE, 'DAMOS by faults', ...RULES];

/** On DRAM only, what else begins in CXL memory begins there too. */
function alsoSet({ workload, tiering }: Point): Settings {
  return workload === 'phase change' && tiering === 'DRAM only' ? { 'processes.0.workload.areas.1.populate': '0' } : {};
}

const HMSDK = 'HMSDK RFC v2, Redis and YCSB zipfian on 512 GB of DRAM';
const TAOBENCH = 'RFC on self-tuned tiering, TaoBench';

/** That one way gets more done than another, or less: `bounds` of the ratio. */
function throughputOf(tiering: string, than: string, bounds: Pick<Published['expect'], 'least' | 'most'>, claim: string): Published {
  const at = (name: string) => ({ workload: 'drift', tiering: name });
  return { source: TAOBENCH, claim, expect: { figure: 'throughput_end', point: at(tiering), than: at(than), ...bounds } };
}

/** DRAM only at 1.00 and CXL only at 1.22 are what the machine was made by: checked, not found. Published times are rounded to 0.01. */
const PUBLISHED: readonly Published[] = [
  {
    source: HMSDK,
    claim: 'CXL only takes 1.22 times as long as DRAM only (so set)',
    expect: { figure: 'slower_end', point: { workload: 'zipf', tiering: 'CXL only' }, least: 21.5, most: 22.5 },
  },
  {
    source: HMSDK,
    claim: 'without tiering 1.12 to 1.21 times, by how much DRAM is left',
    expect: { figure: 'slower_end', point: { workload: 'zipf', tiering: 'none' }, least: 11.5, most: 21.5 },
  },
  {
    source: HMSDK,
    claim: 'tiered by DAMON 1.03 to 1.06 times',
    expect: { figure: 'slower_end', point: { workload: 'zipf', tiering: 'DAMOS' }, least: 2.5, most: 6.5 },
  },
  {
    source: HMSDK,
    claim: 'order: tiered by DAMON takes less time than without',
    expect: { figure: 'slower_end', point: { workload: 'zipf', tiering: 'DAMOS' }, than: { workload: 'zipf', tiering: 'none' }, most: 1 },
  },
  {
    source: HMSDK,
    claim: 'of 38.1 GB in CXL memory 0.7 GB are left',
    expect: {
      figure: 'slow',
      point: { workload: 'zipf', tiering: 'DAMOS' },
      than: { workload: 'zipf', tiering: 'none' },
      most: 0.7 / 38.1,
    },
  },
  throughputOf('DAMOS', 'none', { least: 1 }, 'sign: promotion by DAMON gains, 4.42 %'),
  throughputOf('NUMAB-2', 'none', { most: 1 }, 'sign: promotion by NUMAB-2 loses, 7.34 %'),
  throughputOf('NUMAB-2, kswapd', 'none', { most: 1 }, 'sign: promotion by NUMAB-2 loses, if kswapd demotes'),
  throughputOf('NUMAB-2', 'DAMOS', { most: 1 }, 'order: NUMAB-2 gets less done than DAMON'),
  throughputOf('NUMAB-2 x50', 'none', { most: 1 }, 'sign: NUMAB-2 loses where faults and moves are 50 times as dear'),
  throughputOf('DAMOS x50', 'none', { least: 1 }, 'sign: DAMON gains there, too'),
];

const CONTROLLED = { workload: 'drift', tiering: 'DAMOS', machine: 'DRAM + CXL' };

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
  possible: ({ workload, tiering }) => tiering !== 'CXL only' || workload === 'zipf',
  alsoSet,
  set: { duration: '8 s' },
  quickSet: { duration: '2500 ms' },
  seeds: { quick: 3, full: 8 },
  figures: TIERING_FIGURES,
  beside: (point) => ({ dram: { ...point, tiering: 'DRAM only' } }),
  measure: tieringFigures,
  tables: { headline: TIERING_FIGURES.map(({ name }) => name), columns: 'workload' },
  comparisons: [{ axis: 'tiering', base: 'none', by: ['workload'], figures: ['throughput_end'] }],
  controls: [
    { kind: 'same', point: CONTROLLED },
    {
      kind: 'broken',
      name: 'hot memory goes to CXL memory, cold memory to DRAM',
      point: CONTROLLED,
      set: { 'monitor.0.schemes.0.target_nid': '1', 'monitor.1.schemes.0.target_nid': '0' },
      figure: 'throughput_end',
    },
  ],
  published: PUBLISHED,
  plots: [
    {
      name: 'worth',
      title: 'What a program gets, and how soon, by who promotes',
      x: 'machine',
      panels: 'workload',
      color: 'tiering',
      levels: COMPARED,
      figures: ['slower_end', 'p999', 'delay', 'back'],
      at: {},
    },
    {
      name: 'cost',
      title: 'Who pays for it, and what moves',
      x: 'machine',
      panels: 'workload',
      color: 'tiering',
      levels: COMPARED,
      figures: ['process', 'kdamond', 'promoted', 'demoted'],
      at: {},
    },
  ],
  conclusions: [
    { axis: 'tiering', levels: [...ONE, ...RULES], figures: ['throughput_end', 'p999', 'delay', 'back'], say: 'rank' },
    { axis: 'tiering', levels: RULES, figures: ['throughput_end', 'delay'], say: 'rank' },
    { axis: 'tiering', levels: [...ONE, ...RULES], figures: ['slower_end', 'delay', 'back', 'process', 'kdamond'], say: 'list' },
  ],
};
