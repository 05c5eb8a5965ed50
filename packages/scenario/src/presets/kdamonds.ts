import type { z } from 'zod';
import type { schemeSchema } from '../scheme-schema.js';

/** Kdamonds that people run, in the words of damo's kdamonds config. */

export interface PresetContext {
  readonly ops: 'vaddr' | 'paddr';
  /** paddr: the memory of this node; left out: of all. */
  readonly numa_node?: number;
  readonly intervals?: Readonly<Record<string, unknown>>;
  readonly nr_regions?: { readonly min: number; readonly max: number };
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

const AUTOTUNED = {
  intervals_goal: { access_bp: '4 %', aggrs: 3, min_sample_us: '5 ms', max_sample_us: '10 s' },
} as const;
const RATES_FROM_5 = { min: '5 %', max: 'max' } as const;
const IDLE = { min: '0 %', max: '0 %' } as const;
const ANY_AGE = { min: 'min', max: 'max' } as const;
const ANY_SIZE = { min: 'min', max: 'max' } as const;
const AT_LEAST_A_PAGE = { min: 4096, max: 'max' } as const;
/** What damo gives when it is told nothing of weights. */
const EQUAL_WEIGHTS = { sz_permil: 1, nr_accesses_permil: 1, age_permil: 1 } as const;
const MIB_200_PER_SECOND = { sz_bytes: '200 MiB', reset_interval_ms: '1 s' } as const;

const memTier: KdamondsPreset = {
  name: 'mem_tier',
  description: 'promote what is hot on node 1, demote what is cold on node 0, tuned to fill node 0',
  source: 'damo scripts/mem_tier.sh',
  contexts: [
    {
      ops: 'paddr',
      numa_node: 0,
      intervals: AUTOTUNED,
      schemes: [
        {
          action: 'migrate_cold',
          target_nid: 1,
          access_pattern: { sz_bytes: ANY_SIZE, nr_accesses: IDLE, age: ANY_AGE },
          apply_interval_us: '1 s',
          quotas: {
            ...MIB_200_PER_SECOND,
            weights: EQUAL_WEIGHTS,
            goals: [{ metric: 'node_mem_free_bp', target_value: '0.5 %', nid: 0 }],
          },
          filters: [{ filter_type: 'young', matching: true, allow: false }],
        },
      ],
    },
    {
      ops: 'paddr',
      numa_node: 1,
      intervals: AUTOTUNED,
      schemes: [
        {
          action: 'migrate_hot',
          target_nid: 0,
          access_pattern: { sz_bytes: ANY_SIZE, nr_accesses: RATES_FROM_5, age: ANY_AGE },
          apply_interval_us: '1 s',
          quotas: {
            ...MIB_200_PER_SECOND,
            weights: EQUAL_WEIGHTS,
            goals: [{ metric: 'node_mem_used_bp', target_value: '99.7 %', nid: 0 }],
          },
          filters: [{ filter_type: 'young', matching: true, allow: true }],
        },
      ],
    },
  ],
};

const weightedInterleave: KdamondsPreset = {
  name: 'weighted_interleave',
  description: 'spread what is hot of a process evenly over nodes 0 and 1',
  source: 'damo scripts/weighted_interleave.sh',
  contexts: [
    {
      ops: 'vaddr',
      intervals: AUTOTUNED,
      schemes: [
        {
          action: 'migrate_hot',
          dests: [
            { id: 0, weight: 1 },
            { id: 1, weight: 1 },
          ],
          access_pattern: { sz_bytes: ANY_SIZE, nr_accesses: RATES_FROM_5, age: ANY_AGE },
          apply_interval_us: '1 s',
          quotas: { ...MIB_200_PER_SECOND, weights: EQUAL_WEIGHTS },
        },
      ],
    },
  ],
};

const mtierQuota = {
  ...MIB_200_PER_SECOND,
  weights: { sz_permil: 0, nr_accesses_permil: 100, age_permil: 100 },
} as const;

const mtier: KdamondsPreset = {
  name: 'mtier',
  description: 'mem_tier as a kernel module',
  source: 'Linux 7.3 samples/damon/mtier.c',
  contexts: [
    {
      ops: 'paddr',
      numa_node: 0,
      intervals: AUTOTUNED,
      schemes: [
        {
          action: 'migrate_cold',
          target_nid: 1,
          access_pattern: { sz_bytes: AT_LEAST_A_PAGE, nr_accesses: IDLE, age: ANY_AGE },
          apply_interval_us: '1 s',
          quotas: { ...mtierQuota, goals: [{ metric: 'node_mem_free_bp', target_value: 50, nid: 0 }] },
          filters: [{ filter_type: 'young', matching: true, allow: false }],
        },
      ],
    },
    {
      ops: 'paddr',
      numa_node: 1,
      intervals: AUTOTUNED,
      schemes: [
        {
          action: 'migrate_hot',
          target_nid: 0,
          access_pattern: { sz_bytes: AT_LEAST_A_PAGE, nr_accesses: { min: '1 samples', max: 'max' }, age: ANY_AGE },
          apply_interval_us: '1 s',
          quotas: { ...mtierQuota, goals: [{ metric: 'node_mem_used_bp', target_value: 9_970, nid: 0 }] },
          filters: [{ filter_type: 'young', matching: true, allow: true }],
        },
      ],
    },
  ],
};

const HMSDK_MONITORING = {
  intervals: { sample_us: '100 ms', aggr_us: '2 s', ops_update_us: '20 s' },
  nr_regions: { min: 100, max: 10_000 },
} as const;
/** Only memory of this cgroup. */
const IN_HMSDK = { filter_type: 'memcg', matching: false, allow: false, memcg_path: '/hmsdk' } as const;

const hmsdk: KdamondsPreset = {
  name: 'hmsdk',
  description: 'capacity expansion of the cgroup /hmsdk: cold memory to node 1, hot memory to node 0',
  source: 'SK hynix HMSDK, gen_migpol.py',
  contexts: [
    {
      ops: 'paddr',
      numa_node: 0,
      ...HMSDK_MONITORING,
      schemes: [
        {
          action: 'migrate_cold',
          target_nid: 1,
          access_pattern: { sz_bytes: AT_LEAST_A_PAGE, nr_accesses: IDLE, age: { min: '30 s', max: 'max' } },
          quotas: {
            time_ms: '1 s',
            sz_bytes: '50 GiB',
            reset_interval_ms: '20 s',
            weights: { sz_permil: '0 %', nr_accesses_permil: '0 %', age_permil: '1 %' },
          },
          filters: [{ filter_type: 'young', matching: true, allow: false }, IN_HMSDK],
        },
      ],
    },
    {
      ops: 'paddr',
      numa_node: 1,
      ...HMSDK_MONITORING,
      schemes: [
        {
          action: 'migrate_hot',
          target_nid: 0,
          access_pattern: { sz_bytes: AT_LEAST_A_PAGE, nr_accesses: { min: '5 %', max: '100 %' }, age: ANY_AGE },
          quotas: {
            time_ms: '2 s',
            sz_bytes: '50 GiB',
            reset_interval_ms: '20 s',
            weights: { sz_permil: '0 %', nr_accesses_permil: '0 %', age_permil: '1 %' },
          },
          filters: [{ filter_type: 'young', matching: false, allow: false }, IN_HMSDK],
        },
      ],
    },
  ],
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
          access_pattern: { sz_bytes: AT_LEAST_A_PAGE, nr_accesses: IDLE, age: { min: '120 s', max: 'max' } },
          quotas: {
            time_ms: '10 ms',
            sz_bytes: '128 MiB',
            reset_interval_ms: '1 s',
            weights: { sz_permil: 0, nr_accesses_permil: 0, age_permil: 1 },
          },
          watermarks: { metric: 'free_mem_rate', interval_us: '5 s', high_permil: 500, mid_permil: 400, low_permil: 200 },
        },
      ],
    },
  ],
};

/** The module's 10 ms a second, halved between its two schemes. */
const LRU_SORT_QUOTA = {
  time_ms: '5 ms',
  reset_interval_ms: '1 s',
  weights: { sz_permil: 0, nr_accesses_permil: 1, age_permil: 1 },
} as const;
const LRU_SORT_WATERMARKS = {
  metric: 'free_mem_rate',
  interval_us: '5 s',
  high_permil: 200,
  mid_permil: 150,
  low_permil: 50,
} as const;

const damonLruSort: KdamondsPreset = {
  name: 'damon_lru_sort',
  description: 'hot pages up, cold pages down the LRU lists',
  source: 'Linux 7.3 mm/damon/lru_sort.c, module defaults',
  contexts: [
    {
      ops: 'paddr',
      schemes: [
        {
          action: 'lru_prio',
          access_pattern: { sz_bytes: AT_LEAST_A_PAGE, nr_accesses: { min: '50 %', max: 'max' }, age: ANY_AGE },
          quotas: LRU_SORT_QUOTA,
          watermarks: LRU_SORT_WATERMARKS,
        },
        {
          action: 'lru_deprio',
          access_pattern: { sz_bytes: AT_LEAST_A_PAGE, nr_accesses: IDLE, age: { min: '120 s', max: 'max' } },
          quotas: LRU_SORT_QUOTA,
          watermarks: LRU_SORT_WATERMARKS,
        },
      ],
    },
  ],
};

const damonStat: KdamondsPreset = {
  name: 'damon_stat',
  description: 'monitoring alone, of all memory, with tuned intervals',
  source: 'Linux 7.3 mm/damon/stat.c, module defaults',
  contexts: [{ ops: 'paddr', intervals: AUTOTUNED, schemes: [] }],
};

/** By name; frozen to the leaves. */
export const KDAMONDS_PRESETS: ReadonlyMap<string, KdamondsPreset> = new Map(
  [memTier, weightedInterleave, mtier, hmsdk, damonReclaim, damonLruSort, damonStat].map((preset) => [preset.name, deepFreeze(preset)]),
);

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(Object.freeze(value))) deepFreeze(inner);
  return value;
}
