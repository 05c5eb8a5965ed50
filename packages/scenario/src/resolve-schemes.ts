import { type KeyPath, type PlaceOfKey, UserError } from '@damonlab/base';
import type { DamonAttrs } from '@damonlab/damon';
import {
  type AccessPattern,
  checkSchemes,
  damosProfile,
  EVERYTHING,
  type GoalMetric,
  NO_QUOTA,
  NO_WATERMARKS,
  type QuotaConfig,
  type QuotaGoalConfig,
  type SchemeConfig,
  type SchemeFilter,
  U64_MAX,
  type WatermarksConfig,
} from '@damonlab/damos';
import { type AgeBound, type NrAccessesBound, parseDamoCount, parseDamoRate, parseDamoTime, ULONG_MAX } from './damo-units.js';
import { show } from './explain.js';
import type { Kernel } from './resolved.js';
import type { ExperimentScheme } from './scheme-schema.js';

export interface SchemesContext {
  readonly attrs: DamonAttrs;
  readonly kernel: Kernel;
  readonly ops: 'vaddr' | 'fvaddr' | 'paddr';
  /** Keys that lead to the list of schemes. */
  readonly path: KeyPath;
  readonly place: PlaceOfKey;
  /** Told what is legal and probably not meant. */
  readonly warn: (message: string) => void;
  readonly hasMemcg: (path: string) => boolean;
}

const NS_PER_US = 1_000;

/**
 * Schemes in the kernel's units: rates and ages become samples and aggregation intervals of the attributes in force, as damo converts them,
 * and are then cut to 32 bits, as the kernel does.
 * @throws UserError for what the kernel refuses, with its errno.
 */
export function resolveSchemes(wanted: readonly ExperimentScheme[], context: SchemesContext): SchemeConfig[] {
  const schemes = wanted.map((scheme, i) => resolveScheme(scheme, { ...context, path: [...context.path, i] }));
  const { kernel, ops, path, place, hasMemcg } = context;
  const facts = { profile: damosProfile(kernel), ops: { name: ops }, metrics: { hasMemcg } };
  checkSchemes(schemes, facts, ([, ...keys]) => place([...path, ...keys], path));
  return schemes;
}

function resolveScheme(wanted: ExperimentScheme, context: SchemesContext): SchemeConfig {
  return {
    action: wanted.action ?? 'stat',
    targetNid: wanted.target_nid ?? -1,
    dests: (wanted.dests ?? []).map(({ id, weight }) => ({ nid: id, weight })),
    applyIntervalUs: wanted.apply_interval_us ?? 0,
    pattern: resolvePattern(wanted.access_pattern, context),
    quota: resolveQuota(wanted.quotas, context),
    watermarks: resolveWatermarks(wanted.watermarks),
    filters: (wanted.filters ?? []).map((filter, i) => resolveFilter(filter, { ...context, path: [...context.path, 'filters', i] })),
    maxNrSnapshots: wanted.max_nr_snapshots ?? 0,
  };
}

function resolvePattern(wanted: ExperimentScheme['access_pattern'], context: SchemesContext): AccessPattern {
  const { sz_bytes: size, nr_accesses: nr, age } = wanted ?? {};
  const { aggrUs, sampleUs } = context.attrs;
  const mostSamples = aggrUs / sampleUs;
  const nrAccesses = (key: 'min' | 'max', bound: NrAccessesBound) => {
    const samples = 'samples' in bound ? bound.samples : (bound.percent * mostSamples) / 100;
    const isMax = 'percent' in bound && bound.percent === ULONG_MAX;
    return cutTo32(samples, isMax ? mostSamples : undefined, ['nr_accesses', key], context);
  };
  const ages = (key: 'min' | 'max', bound: AgeBound) => {
    const intervals = 'aggrIntervals' in bound ? bound.aggrIntervals : bound.usec / aggrUs;
    const isMax = 'usec' in bound && bound.usec === ULONG_MAX;
    return cutTo32(intervals, isMax ? LONG_AGE : undefined, ['age', key], context);
  };
  return {
    minSzRegion: size?.min ?? EVERYTHING.minSzRegion,
    maxSzRegion: size?.max ?? EVERYTHING.maxSzRegion,
    minNrAccesses: nr === undefined ? EVERYTHING.minNrAccesses : nrAccesses('min', nr.min),
    maxNrAccesses: nr === undefined ? EVERYTHING.maxNrAccesses : nrAccesses('max', nr.max),
    minAgeRegion: age === undefined ? EVERYTHING.minAgeRegion : ages('min', age.min),
    maxAgeRegion: age === undefined ? EVERYTHING.maxAgeRegion : ages('max', age.max),
  };
}

/** No region of a simulation gets so many aggregation intervals old. */
const LONG_AGE = 1e6;

/**
 * The kernel keeps bounds of accesses and ages in 32 bits and cuts off the rest without a word. Of `max` that does not matter as long as
 * what is left is out of reach of any region.
 */
function cutTo32(value: number, reachOfMax: number | undefined, keys: KeyPath, { path, place, warn }: SchemesContext): number {
  const whole = BigInt(Math.trunc(value));
  const cut = Number(BigInt.asUintN(32, whole));
  const matters = reachOfMax === undefined || cut < reachOfMax;
  if (BigInt(cut) !== whole && matters) {
    warn(`${place([...path, 'access_pattern', ...keys])}: the kernel keeps 32 bits of this bound: ${whole} becomes ${cut}`);
  }
  return cut;
}

function resolveQuota(wanted: ExperimentScheme['quotas'], context: SchemesContext): QuotaConfig {
  if (wanted === undefined) return NO_QUOTA;
  const { weights } = wanted;
  return {
    timeMs: wanted.time_ms ?? 0,
    szBytes: wanted.sz_bytes ?? 0,
    resetIntervalMs: wanted.reset_interval_ms ?? U64_MAX,
    goals: resolveGoals(wanted.goals ?? [], { ...context, path: [...context.path, 'quotas', 'goals'] }),
    goalTuner: wanted.goal_tuner ?? 'consist',
    failChargeNum: wanted.fail_charge_num ?? 0,
    failChargeDenom: wanted.fail_charge_denom ?? 0,
    weightSz: weights?.sz_permil ?? 0,
    weightNrAccesses: weights?.nr_accesses_permil ?? 0,
    weightAge: weights?.age_permil ?? 0,
  };
}

type WantedGoal = NonNullable<NonNullable<ExperimentScheme['quotas']>['goals']>[number];

/** The kernel never installs a goal of 0. */
function resolveGoals(wanted: readonly WantedGoal[], context: SchemesContext): QuotaGoalConfig[] {
  return wanted.flatMap((goal, i) => {
    const at: KeyPath = [...context.path, i, 'target_value'];
    const targetValue = resolveTarget(goal, at, context);
    if (targetValue === 0) {
      context.warn(`${context.place(at)}: a goal of 0 is left out, as the kernel does`);
      return [];
    }
    const { metric, current_value = 0, nid = 0, memcg_path = '' } = goal;
    return [{ metric, targetValue, currentValue: current_value, nid, memcgPath: memcg_path }];
  });
}

function resolveTarget({ metric, target_value: value }: WantedGoal, at: KeyPath, { place }: SchemesContext): number {
  const result = parseTarget(metric, value);
  if (typeof result === 'number') return result;
  throw new UserError('impossible value', { where: place(at), expected: result.expected, actual: show(value) });
}

function parseTarget(metric: GoalMetric, value: string | number) {
  if (metric.endsWith('_bp')) return parseDamoRate(value, 10_000);
  return metric.endsWith('_us') ? parseDamoTime(value, NS_PER_US) : parseDamoCount(value);
}

function resolveWatermarks(wanted: ExperimentScheme['watermarks']): WatermarksConfig {
  if (wanted === undefined) return NO_WATERMARKS;
  const { metric, interval_us, high_permil, mid_permil, low_permil } = wanted;
  return { metric, intervalUs: interval_us, high: high_permil, mid: mid_permil, low: low_permil };
}

type WantedFilter = NonNullable<ExperimentScheme['filters']>[number];

function resolveFilter(wanted: WantedFilter, context: SchemesContext): SchemeFilter {
  const rule = { matching: wanted.matching ?? true, allow: wanted.allow ?? false };
  const argument = <K extends keyof WantedFilter>(key: K): NonNullable<WantedFilter[K]> => {
    const value = wanted[key];
    if (value !== undefined && value !== null) return value as NonNullable<WantedFilter[K]>;
    const where = context.place(context.path);
    throw new UserError(`a filter of type ${wanted.filter_type} without its argument`, { where, expected: `a key \`${key}\`` });
  };
  switch (wanted.filter_type) {
    case 'addr':
      return { type: 'addr', ...rule, ...argument('address_range') };
    case 'target':
      return { type: 'target', ...rule, targetIndex: argument('damon_target_idx') };
    case 'memcg':
      return { type: 'memcg', ...rule, path: argument('memcg_path') };
    case 'hugepage_size': {
      const [minBytes, maxBytes] = argument('hugepage_size');
      return { type: 'hugepage_size', ...rule, minBytes, maxBytes };
    }
    default:
      return { type: wanted.filter_type, ...rule };
  }
}

/** An action that the kernel tries on an address space and applies to nothing is legal, and probably not meant. */
export function warnOfNothing(schemes: readonly SchemeConfig[], { kernel, ops, path, place, warn }: SchemesContext): void {
  const supported = damosProfile(kernel).spaceActions[ops];
  schemes.forEach(({ action }, i) => {
    if (supported[action] !== undefined) return;
    warn(`${place([...path, i, 'action'], path)}: Linux ${kernel} tries ${action} on ${ops} and applies nothing`);
  });
}
