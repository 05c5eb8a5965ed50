import { UserError } from '@damonlab/base';
import { nrKdamonds, type Run, type SchemeRow, seenBy, type TriedRegionRow } from '@damonlab/record';
import { at } from '../attribution/keys.js';
import type { ReportOptions } from '../report.js';

/** A region that the last look at a scheme saw. */
export interface TriedRegion {
  readonly target: number;
  readonly start: number;
  readonly end: number;
  readonly nr_accesses: number;
  readonly age: number;
  readonly sz_filter_passed: number;
}

/** Limits, 0 where there is none. */
export interface QuotaLimits {
  readonly time_ms: number;
  readonly sz_bytes: number;
  readonly reset_interval_ms: number;
  /** `metric target_value` of each goal. */
  readonly goals: readonly string[];
}

export interface SchemeReport {
  /** Number of the kdamond that it belongs to; its schemes are numbered from 0. */
  readonly kdamond: number;
  readonly scheme: number;
  readonly action: string;
  /** Totals at the end of the run, under the names of sysfs. */
  readonly stats: {
    readonly nr_tried: number;
    readonly sz_tried: number;
    readonly nr_applied: number;
    readonly sz_applied: number;
    readonly sz_ops_filter_passed: number;
    readonly qt_exceeds: number;
    readonly nr_snapshots: number;
  };
  /** The quota that the scheme began with, as the manifest has it; null without one. */
  readonly quotas: QuotaLimits | null;
  /** Each change of the quota's effective size: virtual time, bytes. Empty without a quota. */
  readonly effective_bytes: readonly (readonly [ns: number, bytes: number])[];
  /** Each look at what was tried: virtual time at its end, bytes in all. */
  readonly tried_bytes: readonly (readonly [ns: number, bytes: number])[];
  readonly tried_regions: readonly TriedRegion[];
}

export interface SchemesReport {
  readonly name: string;
  readonly schemes: readonly SchemeReport[];
}

/**
 * What every scheme did: statistics, effective size over time, and the regions tried when somebody looked; of all kdamonds, if none is asked
 * for. UserError: there was none.
 */
export function schemes(run: Run, { kdamond }: ReportOptions = {}): SchemesReport {
  const kdamonds = kdamond === undefined ? Array.from({ length: nrKdamonds(run) }, (_, k) => k) : [kdamond];
  const all = kdamonds.flatMap((k) => schemesOf(kdamond === undefined ? seenBy(run, k) : run, k));
  if (all.length > 0) return { name: run.name, schemes: all };
  throw new UserError('no scheme of the run had its turn', {
    where: run.path,
    hint: 'record a run with `monitor.schemes`, or --kdamonds',
  });
}

function schemesOf(run: Run, kdamond: number): SchemeReport[] {
  const { schemes: rounds, tried_regions: tried } = run.tables;
  const indexes = [...new Set(rounds.map(({ scheme }) => scheme))].sort((a, b) => a - b);
  const of = <Row extends { readonly scheme: number }>(rows: readonly Row[], index: number) =>
    rows.filter(({ scheme }) => scheme === index);
  return indexes.map((index) => ({ kdamond, ...schemeReport(index, of(rounds, index), of(tried, index), limitsOf(run, index)) }));
}

function limitsOf(run: Run, index: number): QuotaLimits | null {
  const quota = (key: string) => at(run.manifest?.scenario, ['machine', 'monitor', 'schemes', String(index), 'quota', key]);
  const [time_ms, sz_bytes, reset_interval_ms] = ['timeMs', 'szBytes', 'resetIntervalMs'].map((key) => Number(quota(key) ?? 0));
  const list = quota('goals');
  const goals = (Array.isArray(list) ? list : []).map((goal) => `${at(goal, ['metric'])} ${at(goal, ['targetValue'])}`);
  return time_ms === 0 && sz_bytes === 0 && goals.length === 0 ? null : { time_ms, sz_bytes, reset_interval_ms, goals };
}

function schemeReport(
  scheme: number,
  rounds: readonly SchemeRow[],
  tried: readonly TriedRegionRow[],
  quotas: QuotaLimits | null,
): Omit<SchemeReport, 'kdamond'> {
  const last = rounds[rounds.length - 1];
  const looks = [...new Set(tried.map(({ endNs }) => endNs))];
  const bytesAt = (ns: number) => tried.reduce((sum, { endNs, start, end }) => sum + (endNs === ns ? end - start : 0), 0);
  return {
    scheme,
    action: last.action,
    stats: {
      nr_tried: last.nrTried,
      sz_tried: last.szTried,
      nr_applied: last.nrApplied,
      sz_applied: last.szApplied,
      sz_ops_filter_passed: last.szOpsFilterPassed,
      qt_exceeds: last.qtExceeds,
      nr_snapshots: last.nrSnapshots,
    },
    quotas,
    effective_bytes: changes(rounds),
    tried_bytes: looks.map((ns) => [ns, bytesAt(ns)]),
    tried_regions: tried
      .filter(({ endNs }) => endNs === looks.at(-1))
      .map(({ targetId, start, end, nrAccesses, age, szFilterPassed }) => ({
        target: targetId,
        start,
        end,
        nr_accesses: nrAccesses,
        age,
        sz_filter_passed: szFilterPassed,
      })),
  };
}

function changes(rounds: readonly SchemeRow[]): [number, number][] {
  let before = 0;
  const changed: [number, number][] = [];
  for (const { atNs, effectiveBytes } of rounds) {
    if (effectiveBytes !== before) changed.push([atNs, effectiveBytes]);
    before = effectiveBytes;
  }
  return changed;
}
