import type { z } from 'zod';
import type { schemeSchema } from '../scheme-schema.js';

/** Kdamonds that people run, in the words of damo's kdamonds config. */

export interface PresetContext {
  readonly ops: 'vaddr' | 'paddr';
  /** paddr: the memory of this node; left out: of all. */
  readonly numa_node?: number;
  readonly intervals?: Readonly<Record<string, unknown>>;
  readonly nr_regions?: { readonly min: number; readonly max: number };
  /** What DAMON_STAT makes of the regions is recorded. */
  readonly damon_stat?: true;
  readonly schemes: readonly z.input<typeof schemeSchema>[];
}

export interface KdamondsPreset {
  readonly name: string;
  readonly description: string;
  /** Where the figures are from. */
  readonly source: string;
  /** One context for each kdamond. */
  readonly contexts: readonly PresetContext[];
}

type Scheme = PresetContext['schemes'][number];
type Quotas = NonNullable<Scheme['quotas']>;
type Pattern = NonNullable<Scheme['access_pattern']>;

const AUTOTUNED = {
  intervals: { intervals_goal: { access_bp: '4 %', aggrs: 3, min_sample_us: '5 ms', max_sample_us: '10 s' } },
} as const;
const ANY_SIZE = { min: 'min', max: 'max' } as const;
const AT_LEAST_A_PAGE = { min: 4096, max: 'max' } as const;
const RATES_FROM_5 = { min: '5 %', max: 'max' } as const;
const IDLE = { min: '0 %', max: '0 %' } as const;
/** What damo gives when it is told nothing of weights. */
const EQUAL_WEIGHTS = weights(1, 1, 1);
const MIB_200_PER_SECOND = { sz_bytes: '200 MiB', reset_interval_ms: '1 s' } as const;

function weights(sz_permil: number | string, nr_accesses_permil: number | string, age_permil: number | string) {
  return { sz_permil, nr_accesses_permil, age_permil };
}

function pattern(sz_bytes: Pattern['sz_bytes'], nr_accesses: Pattern['nr_accesses'], youngest: string = 'min'): Pattern {
  return { sz_bytes, nr_accesses, age: { min: youngest, max: 'max' } };
}

function filter(filter_type: 'young', allow: boolean, matching = true) {
  return { filter_type, matching, allow };
}

function freeMemory(high_permil: number, mid_permil: number, low_permil: number): Scheme['watermarks'] {
  return { metric: 'free_mem_rate', interval_us: '5 s', high_permil, mid_permil, low_permil };
}

/** Two kdamonds: what is cold on node 0 goes to node 1, what is hot on node 1 goes to node 0. */
function tiering(monitoring: Omit<PresetContext, 'ops' | 'schemes'>, demote: Scheme, promote: Scheme): PresetContext[] {
  return [
    { ops: 'paddr', numa_node: 0, ...monitoring, schemes: [{ action: 'migrate_cold', target_nid: 1, ...demote }] },
    { ops: 'paddr', numa_node: 1, ...monitoring, schemes: [{ action: 'migrate_hot', target_nid: 0, ...promote }] },
  ];
}

interface TunedTiering {
  readonly size: Pattern['sz_bytes'];
  readonly hot: Pattern['nr_accesses'];
  readonly weights: Quotas['weights'];
  /** Of node 0. */
  readonly free: string | number;
  readonly used: string | number;
}

/** Tiering once a second that is tuned to fill node 0; what was touched since is not demoted, and only that is promoted. */
function tunedTiering({ size, hot, weights: of, free, used }: TunedTiering): PresetContext[] {
  const once = (access_pattern: Pattern, metric: 'node_mem_free_bp' | 'node_mem_used_bp', target_value: string | number): Scheme => ({
    access_pattern,
    apply_interval_us: '1 s',
    quotas: { ...MIB_200_PER_SECOND, weights: of, goals: [{ metric, target_value, nid: 0 }] },
    filters: [filter('young', metric === 'node_mem_used_bp')],
  });
  return tiering(AUTOTUNED, once(pattern(size, IDLE), 'node_mem_free_bp', free), once(pattern(size, hot), 'node_mem_used_bp', used));
}

const memTier: KdamondsPreset = {
  name: 'mem_tier',
  description: 'promote what is hot on node 1, demote what is cold on node 0, tuned to fill node 0',
  source: 'damo scripts/mem_tier.sh',
  contexts: tunedTiering({ size: ANY_SIZE, hot: RATES_FROM_5, weights: EQUAL_WEIGHTS, free: '0.5 %', used: '99.7 %' }),
};

const mtier: KdamondsPreset = {
  name: 'mtier',
  description: 'mem_tier as a kernel module',
  source: 'Linux 7.3 samples/damon/mtier.c',
  contexts: tunedTiering({
    size: AT_LEAST_A_PAGE,
    hot: { min: '1 samples', max: 'max' },
    weights: weights(0, 100, 100),
    free: 50,
    used: 9_970,
  }),
};

const weightedInterleave: KdamondsPreset = {
  name: 'weighted_interleave',
  description: 'spread what is hot of a process evenly over nodes 0 and 1',
  source: 'damo scripts/weighted_interleave.sh',
  contexts: [
    {
      ops: 'vaddr',
      ...AUTOTUNED,
      schemes: [
        {
          action: 'migrate_hot',
          dests: [0, 1].map((id) => ({ id, weight: 1 })),
          access_pattern: pattern(ANY_SIZE, RATES_FROM_5),
          apply_interval_us: '1 s',
          quotas: { ...MIB_200_PER_SECOND, weights: EQUAL_WEIGHTS },
        },
      ],
    },
  ],
};

/** Only memory of this cgroup. */
const IN_HMSDK = { filter_type: 'memcg', matching: false, allow: false, memcg_path: '/hmsdk' } as const;
const hmsdkQuotas = (time_ms: string): Quotas => ({
  time_ms,
  sz_bytes: '50 GiB',
  reset_interval_ms: '20 s',
  weights: weights('0 %', '0 %', '1 %'),
});

const hmsdk: KdamondsPreset = {
  name: 'hmsdk',
  description: 'capacity expansion of the cgroup /hmsdk: cold memory to node 1, hot memory to node 0',
  source: 'SK hynix HMSDK, gen_migpol.py',
  contexts: tiering(
    { intervals: { sample_us: '100 ms', aggr_us: '2 s', ops_update_us: '20 s' }, nr_regions: { min: 100, max: 10_000 } },
    {
      access_pattern: pattern(AT_LEAST_A_PAGE, IDLE, '30 s'),
      quotas: hmsdkQuotas('1 s'),
      filters: [filter('young', false), IN_HMSDK],
    },
    {
      access_pattern: pattern(AT_LEAST_A_PAGE, { min: '5 %', max: '100 %' }),
      quotas: hmsdkQuotas('2 s'),
      filters: [filter('young', false, false), IN_HMSDK],
    },
  ),
};

const damonReclaim: KdamondsPreset = {
  name: 'damon_reclaim',
  description: 'page out what was not touched for two minutes, when memory gets short',
  source: 'Linux 7.3 mm/damon/reclaim.c, module defaults',
  contexts: [
    {
      ops: 'paddr',
      schemes: [
        {
          action: 'pageout',
          access_pattern: pattern(AT_LEAST_A_PAGE, IDLE, '120 s'),
          quotas: { time_ms: '10 ms', sz_bytes: '128 MiB', reset_interval_ms: '1 s', weights: weights(0, 0, 1) },
          watermarks: freeMemory(500, 400, 200),
        },
      ],
    },
  ],
};

/** One of the module's two schemes, which share its 10 ms a second. */
function lruSort(action: 'lru_prio' | 'lru_deprio', access_pattern: Pattern): Scheme {
  return {
    action,
    access_pattern,
    quotas: { time_ms: '5 ms', reset_interval_ms: '1 s', weights: weights(0, 1, 1) },
    watermarks: freeMemory(200, 150, 50),
  };
}

const damonLruSort: KdamondsPreset = {
  name: 'damon_lru_sort',
  description: 'hot pages up, cold pages down the LRU lists',
  source: 'Linux 7.3 mm/damon/lru_sort.c, module defaults',
  contexts: [
    {
      ops: 'paddr',
      schemes: [
        lruSort('lru_prio', pattern(AT_LEAST_A_PAGE, { min: '50 %', max: 'max' })),
        lruSort('lru_deprio', pattern(AT_LEAST_A_PAGE, IDLE, '120 s')),
      ],
    },
  ],
};

const damonStat: KdamondsPreset = {
  name: 'damon_stat',
  description: 'of all memory, for how long it has been idle, and the bandwidth that is estimated',
  source: 'Linux 7.3 mm/damon/stat.c, module defaults',
  contexts: [{ ops: 'paddr', ...AUTOTUNED, damon_stat: true, schemes: [] }],
};

/** By name; frozen to the leaves. */
export const KDAMONDS_PRESETS: ReadonlyMap<string, KdamondsPreset> = new Map(
  [memTier, weightedInterleave, mtier, hmsdk, damonReclaim, damonLruSort, damonStat].map((preset) => [preset.name, deepFreeze(preset)]),
);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(Object.freeze(value))) deepFreeze(inner);
  return value;
}
