import { KDAMONDS_PRESETS, type KdamondsPreset } from '@damonlab/scenario';
import { MEMORY_FIGURES, memoryFigures } from '../figures/memory.js';
import type { Level, Point, Settings, Study } from '../study.js';

type Scheme = KdamondsPreset['contexts'][number]['schemes'][number];

/** The modules' two minutes, and the interval of their watermarks, by 60. */
const COLD = { min: '2 s', max: 'max' };
const WATERMARKS_US = '80 ms';

/** The schemes of a module of the kernel with its defaults, at the study's pace. */
function moduleSchemes(name: string): readonly Scheme[] {
  const schemes = KDAMONDS_PRESETS.get(name)?.contexts[0].schemes ?? [];
  return schemes.map(({ access_pattern, watermarks, ...scheme }) => ({
    ...scheme,
    access_pattern: { ...access_pattern, ...(access_pattern?.age?.min === 'min' ? {} : { age: COLD }) },
    ...(watermarks === undefined ? {} : { watermarks: { ...watermarks, interval_us: WATERMARKS_US } }),
  }));
}

/** As somebody runs them who does not wait until memory gets short. */
const always = (schemes: readonly Scheme[]) => schemes.map(({ watermarks: _, ...scheme }) => scheme);

const reclaim = moduleSchemes('damon_reclaim');
const lruSort = moduleSchemes('damon_lru_sort');
/** Of the evaluation's scheme: at least a page, 0 %, for at least five seconds; those by 5. */
const prcl: Scheme = {
  action: 'pageout',
  access_pattern: { sz_bytes: { min: '4 KiB', max: 'max' }, nr_accesses: { min: '0 %', max: '0 %' }, age: { min: '1 s', max: 'max' } },
};

const RULES: Readonly<Record<string, { readonly ops: 'paddr' | 'vaddr'; readonly schemes: readonly Scheme[] }>> = {
  reclaim: { ops: 'paddr', schemes: reclaim },
  lru_sort: { ops: 'paddr', schemes: lruSort },
  'reclaim always': { ops: 'paddr', schemes: always(reclaim) },
  'lru_sort always': { ops: 'paddr', schemes: always(lruSort) },
  // As one kdamond: the modules are exclusive, the kernel lets only one of them run.
  'both always': { ops: 'paddr', schemes: always([...reclaim, ...lruSort]) },
  prcl: { ops: 'vaddr', schemes: [prcl] },
};

/** What must not be touched: the second process and the third, which has given its memory up. Madvise knows no filters of the ops layer. */
const DENIED: Readonly<Record<'paddr' | 'vaddr', NonNullable<Scheme['filters']>>> = {
  paddr: ['/denied', '/lazy'].map((memcg_path) => ({ filter_type: 'memcg', matching: true, allow: false, memcg_path })),
  vaddr: [1, 2].map((damon_target_idx) => ({ filter_type: 'target', matching: true, allow: false, damon_target_idx })),
};

/** What is different about the kdamond: its work is taken from the CPU of the application; it has ten times as many regions at least. */
const SETUPS: Readonly<Record<string, object>> = {
  'one CPU': { kdamond: { cpu: 0 } },
  '100 regions': { nr_regions: { min: 100, max: 1000 } },
};

function kdamond({ rule, deny, setup }: Point, filters = DENIED): Settings {
  const { ops, schemes } = RULES[rule] ?? {};
  if (ops === undefined || schemes === undefined) return {};
  const kept = deny === 'deny list' ? schemes.map((scheme) => ({ ...scheme, filters: filters[ops] })) : schemes;
  return { monitor: JSON.stringify({ ops, ...SETUPS[setup], schemes: kept }) };
}

/** Lists are sorted where memory is short; deny lists are about processes that only one workload has; other set-ups about saving. */
function possible({ workload, rule, memory, deny, setup }: Point): boolean {
  const pagesOut = rule === 'reclaim always' || rule === 'prcl';
  if (workload === 'spared') return setup === 'zram' && memory !== 'ample' && (rule === 'LRU' ? deny === 'nobody' : pagesOut);
  if (deny !== 'nobody') return false;
  if (setup === 'one CPU') return rule === 'prcl' && memory === 'ample';
  if (setup === '100 regions') return pagesOut && memory === 'ample';
  if (setup === 'NVMe') return memory === 'ample' && (rule === 'LRU' || pagesOut);
  return memory === 'short' || !rule.startsWith('lru_sort');
}

const memory = (name: string, size: string): Level => ({ name, set: { 'topology.nodes.0.memory': size } });
const at = (workload: string, rule: string, size: string, more: Point = {}): Point => ({
  workload,
  rule,
  deny: 'nobody',
  setup: 'zram',
  memory: size,
  ...more,
});
const spared = at('spared', 'reclaim always', 'filling', { deny: 'deny list' });

const EVALUATION = 'DAMON evaluation of v24';

/** What schemes that page out save and cost, and whether they leave alone what they should. */
export const memoryStudy: Study = {
  name: 'memory',
  question: 'What do DAMON_RECLAIM and DAMON_LRU_SORT save against the plain LRU, at what cost, and do they leave alone what they should?',
  axes: [
    { name: 'workload', title: 'workload', levels: ['idle', 'returning', 'spared'].map((name) => ({ name, scenario: name })) },
    {
      name: 'rule',
      title: 'rule',
      levels: ['LRU', ...Object.keys(RULES)].map((name) => ({ name, ...(name === 'both always' ? { quick: false } : {}) })),
    },
    { name: 'deny', title: 'left alone', levels: [{ name: 'nobody' }, { name: 'deny list' }] },
    {
      name: 'setup',
      title: 'set-up',
      levels: [
        { name: 'zram' },
        ...Object.keys(SETUPS).map((name) => ({ name })),
        { name: 'NVMe', set: { 'swap.in': '70 us', 'swap.out': '4 us' }, quick: false },
      ],
    },
    { name: 'memory', title: 'memory', levels: [memory('ample', '512 MiB'), memory('filling', '192 MiB'), memory('short', '96 MiB')] },
  ],
  possible,
  alsoSet: kdamond,
  // No figure needs the truth.
  set: { duration: '40 s', truth: 'off' },
  quickSet: { duration: '12 s' },
  seeds: { quick: 3, full: 8 },
  figures: MEMORY_FIGURES,
  beside: ({ setup, ...point }) => ({ lru: { ...point, rule: 'LRU', deny: 'nobody', setup: setup === 'NVMe' ? setup : 'zram' } }),
  measure: memoryFigures,
  tables: { headline: MEMORY_FIGURES.map(({ name }) => name).filter((name) => name !== 'rss' && name !== 'paged_out'), columns: 'memory' },
  comparisons: [
    { axis: 'rule', base: 'LRU', by: ['memory'], figures: ['saved', 'refaults', 'slow_down'] },
    { axis: 'deny', base: 'nobody', by: ['rule', 'memory'], figures: ['denied_lost', 'denied_waited', 'lazy_lost'] },
  ],
  controls: [
    { kind: 'same', point: spared },
    {
      kind: 'broken',
      name: 'what is hot is paged out',
      point: at('idle', 'prcl', 'ample'),
      set: {
        monitor: JSON.stringify({
          ops: 'vaddr',
          schemes: [{ action: 'pageout', access_pattern: { nr_accesses: { min: '5 %', max: 'max' } } }],
        }),
      },
      figure: 'slow_down',
    },
    {
      kind: 'broken',
      name: 'the deny list is turned round',
      point: spared,
      set: kdamond(spared, { ...DENIED, paddr: DENIED.paddr.map((filter) => ({ ...filter, allow: true })) }),
      figure: 'denied_lost',
    },
  ],
  published: [
    {
      source: `${EVALUATION}, freqmine under prcl`,
      claim: 'resident memory -93.38 %',
      expect: { figure: 'saved', point: at('idle', 'prcl', 'ample'), least: 88, most: 98 },
    },
    {
      source: `${EVALUATION}, freqmine under prcl`,
      claim: 'runtime +1.22 %',
      expect: { figure: 'slow_down', point: at('idle', 'prcl', 'ample'), least: 0.61, most: 2.44 },
    },
    {
      source: `${EVALUATION}, freqmine under prcl`,
      claim: 'runtime +1.22 %, where the kdamond takes the time of the application',
      expect: { figure: 'slow_down', point: at('idle', 'prcl', 'ample', { setup: 'one CPU' }), least: 0.61, most: 2.44 },
    },
    {
      source: `${EVALUATION}, 24 workloads under prcl`,
      claim: 'runtime +7.64 % on average, +16.02 % at worst: what comes back costs time',
      expect: { figure: 'slow_down', point: at('returning', 'prcl', 'ample'), least: 0.1, most: 16.02 },
    },
    {
      source: "HPDC'22",
      claim: 'proactive reclamation saves 91 % of memory',
      expect: { figure: 'saved', point: at('idle', 'reclaim always', 'ample'), least: 81 },
    },
    {
      source: "HPDC'22",
      claim: 'at a slow-down of at most 12 %',
      expect: { figure: 'slow_down', point: at('returning', 'reclaim always', 'filling'), most: 12 },
    },
    {
      source: 'documentation of DAMON_RECLAIM',
      claim: 'less than one percent of a CPU',
      expect: { figure: 'kdamond', point: at('returning', 'reclaim', 'filling'), most: 1 },
    },
  ],
  plots: [
    {
      name: 'saved',
      title: 'Resident memory saved, and what it costs',
      x: 'memory',
      panels: 'workload',
      color: 'rule',
      figures: ['saved', 'refaults', 'slow_down'],
      at: { deny: 'nobody', setup: 'zram' },
    },
    {
      name: 'spared',
      title: 'What schemes take of what they should leave alone',
      x: 'deny',
      panels: 'memory',
      color: 'rule',
      figures: ['denied_lost', 'denied_waited', 'lazy_lost', 'lazy_freed'],
      at: { workload: 'spared', setup: 'zram' },
    },
  ],
  conclusions: [
    { axis: 'rule', figures: ['saved', 'slow_down', 'refaults', 'kdamond'], say: 'list' },
    { axis: 'deny', figures: ['denied_lost', 'denied_waited', 'lazy_lost'], say: 'list' },
  ],
};
