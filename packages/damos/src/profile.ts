import type { KernelVersion } from '@damonlab/damon';
import { DAMOS_ACTIONS, type DamosAction, type SpaceActions } from './actions.js';
import { FILTER_TYPES, type FilterType, GOAL_METRICS, type GoalMetric } from './config.js';

/** What differs between the modelled kernels in schemes, as plain data. Code asks for a switch, never for a version. */
export interface DamosProfile {
  readonly kernel: KernelVersion;
  /** Keywords that the `action` file accepts. */
  readonly actions: readonly DamosAction[];
  /** What each address space does of them. */
  readonly spaceActions: Readonly<Record<'vaddr' | 'fvaddr' | 'paddr', SpaceActions>>;
  readonly goalMetrics: readonly GoalMetric[];
  readonly filterTypes: readonly FilterType[];
  /** Whether a filter may let in what it hits. 7.3: yes. 6.12: no, a hit always keeps out. */
  readonly filterAllow: boolean;
  /** Whether a goal may be reached at once (tuner `temporal`). 7.3: yes. 6.12: no, `consist` is all there is. */
  readonly temporalTuner: boolean;
  /** Weighted destinations of migrations. 7.3: yes. 6.12: no. */
  readonly dests: boolean;
  /** nr_snapshots and its limit. 7.3: yes. 6.12: no. */
  readonly snapshots: boolean;
  /** Charging only a share of what an action failed on. 7.3: yes. 6.12: no. */
  readonly failCharge: boolean;
  /** Whether the first window of a quota has no limit, effective size 0. 7.3: no, it is computed at once. 6.12: yes. */
  readonly quotaFirstWindowUnlimited: boolean;
  /** Whether a quota with less than one minimum region left is full. 7.3: yes. 6.12: no, only one with nothing left. */
  readonly quotaFullBelowPage: boolean;
  /** What is raised to one minimum region: the `time` quota alone (7.3), or its minimum with that of the goals (6.12, `result`). */
  readonly timeQuotaFloor: 'time' | 'result';
  /** Whether bytes · 10^6 and values · 10^4 wrap at 2^64. 7.3: no, the products are split. 6.12: yes. */
  readonly productsWrap: boolean;
  /** Whether the priority histogram leaves out what core filters reject. 7.3: yes. 6.12: no. */
  readonly histogramCoreFilters: boolean;
  /** Whether only the part of a region that a core filter left is charged and counted. 7.3-rc7: no. 6.12.117: yes. */
  readonly chargeAfterFilter: boolean;
  /** Whether slices with equal counters are put together right after the action. 7.3: yes. 6.12: no, at the next merge. */
  readonly reMergeSlices: boolean;
  /** What `lru_prio` does. 7.3: it activates. 6.12: it marks accessed once more, which activates the second time. */
  readonly lruPrioActivates: boolean;
  /** Whether targets that have ended are passed over. 7.3: yes, and a cursor in them is cleared. 6.12: no. */
  readonly skipInvalidTargets: boolean;
}

const MADVISE = { willneed: 'any', cold: 'any', pageout: 'cold', hugepage: 'any', nohugepage: 'any', stat: 'any' } as const;
const VADDR_7_3: SpaceActions = Object.freeze({ ...MADVISE, collapse: 'any', migrate_hot: 'hot', migrate_cold: 'cold' });
const VADDR_6_12: SpaceActions = Object.freeze(MADVISE);
/** @kernel mm/damon/paddr.c damon_pa_apply_scheme, damon_pa_scheme_score (7.3, 6.12) */
const PADDR: SpaceActions = Object.freeze({
  pageout: 'cold',
  lru_prio: 'hot',
  lru_deprio: 'cold',
  migrate_hot: 'hot',
  migrate_cold: 'cold',
  stat: 'any',
});

const GOAL_METRICS_6_12: readonly GoalMetric[] = ['user_input', 'some_mem_psi_us'];
const FILTER_TYPES_6_12: readonly FilterType[] = ['anon', 'memcg', 'young', 'addr', 'target'];

const PROFILES: Readonly<Record<KernelVersion, DamosProfile>> = {
  '7.3': Object.freeze({
    kernel: '7.3',
    actions: DAMOS_ACTIONS,
    spaceActions: Object.freeze({ vaddr: VADDR_7_3, fvaddr: VADDR_7_3, paddr: PADDR }),
    goalMetrics: GOAL_METRICS,
    filterTypes: FILTER_TYPES,
    filterAllow: true,
    temporalTuner: true,
    dests: true,
    snapshots: true,
    failCharge: true,
    quotaFirstWindowUnlimited: false,
    quotaFullBelowPage: true,
    timeQuotaFloor: 'time',
    productsWrap: false,
    histogramCoreFilters: true,
    chargeAfterFilter: false,
    reMergeSlices: true,
    skipInvalidTargets: true,
    lruPrioActivates: true,
  }),
  '6.12': Object.freeze({
    kernel: '6.12',
    actions: DAMOS_ACTIONS.filter((action) => action !== 'collapse'),
    spaceActions: Object.freeze({ vaddr: VADDR_6_12, fvaddr: VADDR_6_12, paddr: PADDR }),
    goalMetrics: GOAL_METRICS_6_12,
    filterTypes: FILTER_TYPES_6_12,
    filterAllow: false,
    temporalTuner: false,
    dests: false,
    snapshots: false,
    failCharge: false,
    quotaFirstWindowUnlimited: true,
    quotaFullBelowPage: false,
    timeQuotaFloor: 'result',
    productsWrap: true,
    histogramCoreFilters: false,
    chargeAfterFilter: true,
    reMergeSlices: false,
    skipInvalidTargets: false,
    lruPrioActivates: false,
  }),
};

/** The switches of one modelled kernel. */
export function damosProfile(kernel: KernelVersion): DamosProfile {
  return PROFILES[kernel];
}
