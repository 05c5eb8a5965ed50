import { formatBytes, formatCount, formatCsv, formatNs, formatTable } from '../format.js';
import { ratio } from '../stats.js';
import type { LatencyFigures, LatencyPoint, LatencyReport, SchemeStep } from './latency.js';

/** Rows of the table over time that fit a screen. */
const MOST_ROWS = 20;

export function latencyText({ kinds, rows }: LatencyReport): string {
  const over = joined(rows);
  const schemes = rows[0].schemes;
  const several = schemes.some(({ kdamond }) => kdamond !== schemes[0].kdamond);
  const table = [
    ['# time s', 'accesses', 'ns_per_access', 'tlb_miss_ratio', ...schemes.map((scheme) => nameOf(scheme, several))],
    ...over.map((point) => [
      point.t.toFixed(2),
      formatCount(point.accesses),
      point.ns_per_access === null ? '-' : point.ns_per_access.toFixed(2),
      point.tlb_miss_ratio === null ? '-' : `${(100 * point.tlb_miss_ratio).toFixed(1)} %`,
      ...point.schemes.map(({ sz_applied }) => formatBytes(sz_applied)),
    ]),
  ];
  return `${[...kindLines(kinds), formatTable(table), ...(schemes.length === 0 ? [] : ['# of schemes: sz_applied'])].join('\n')}\n`;
}

function kindLines(kinds: readonly LatencyFigures[]): string[] {
  if (kinds.length === 0) return ['# no access was timed one by one: record with `latency_every`', ''];
  const row = ({ kind, accesses, mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns }: LatencyFigures) => [
    kind,
    formatCount(accesses),
    ...[mean_ns, p50_ns, p90_ns, p99_ns, p999_ns, max_ns].map((ns) => formatNs(Math.round(ns * 10) / 10)),
  ];
  return [formatTable([['# kind', 'accesses', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'max'], ...kinds.map(row)]), ''];
}

function nameOf({ kdamond, scheme, action }: SchemeStep, several: boolean): string {
  return `${several ? `${kdamond}/` : ''}${scheme} ${action}`;
}

/** Neighbouring windows put together, so that all fit. */
function joined(rows: readonly LatencyPoint[]): LatencyPoint[] {
  const step = Math.ceil(rows.length / MOST_ROWS);
  return Array.from({ length: Math.ceil(rows.length / step) }, (_, i) => join(rows.slice(i * step, (i + 1) * step)));
}

function join(rows: readonly LatencyPoint[]): LatencyPoint {
  const accesses = rows.reduce((sum, row) => sum + row.accesses, 0);
  const weighted = (of: (row: LatencyPoint) => number | null) =>
    ratio(
      rows.reduce((sum, row) => sum + (of(row) ?? 0) * row.accesses, 0),
      accesses,
    );
  const { t, schemes } = rows[rows.length - 1];
  return {
    t,
    accesses,
    ns_per_access: weighted((row) => row.ns_per_access),
    tlb_miss_ratio: weighted((row) => row.tlb_miss_ratio),
    schemes: schemes.map((scheme, s) => ({ ...scheme, sz_applied: rows.reduce((sum, row) => sum + row.schemes[s].sz_applied, 0) })),
  };
}

/** One row per window; the bytes that each scheme was applied to in it. */
export function latencyCsv({ rows }: LatencyReport): string {
  const schemes = rows[0].schemes.map((scheme) => `sz_applied ${nameOf(scheme, true)}`);
  return formatCsv(
    ['t', 'accesses', 'ns_per_access', 'tlb_miss_ratio', ...schemes],
    rows.map(({ t, accesses, ns_per_access, tlb_miss_ratio, schemes: steps }) => [
      t,
      accesses,
      ns_per_access,
      tlb_miss_ratio,
      ...steps.map(({ sz_applied }) => sz_applied),
    ]),
  );
}
