import { formatAddr, formatBytes, formatCount, formatCsv, formatNs, formatTable } from '../format.js';
import type { QuotaLimits, SchemeReport, SchemesReport } from './schemes.js';

/** So many of the latest rows fit a screen. */
const ROWS = 12;

export function schemesText({ schemes: all }: SchemesReport): string {
  const several = all.some(({ kdamond }) => kdamond !== all[0].kdamond);
  return `${all.map((one) => schemeText(one, several ? `kdamond ${one.kdamond} ` : '')).join('\n\n')}\n`;
}

function schemeText({ scheme, action, stats, quotas, effective_bytes, tried_bytes, tried_regions }: SchemeReport, prefix: string): string {
  const count = (name: string, value: number) => (name.startsWith('sz_') ? formatBytes(value) : formatCount(value));
  const counts = Object.entries(stats).map(([name, value]) => [`  ${name}`, count(name, value)]);
  const regions = tried_regions.map(({ start, end, nr_accesses, age }) => [
    `${formatAddr(start)}-${formatAddr(end)}`,
    formatBytes(end - start),
    `nr_accesses ${nr_accesses}`,
    `age ${age}`,
  ]);
  return [
    formatTable([[`${prefix}scheme ${scheme}: ${action}`], ...counts]),
    ...(quotas === null ? [] : [`  quotas: ${quotaText(quotas)}`]),
    ...latest('effective_bytes', effective_bytes.map(pointText)),
    ...latest('tried_bytes', tried_bytes.map(pointText)),
    ...latest('tried regions of the last look', regions),
  ].join('\n');
}

function pointText([ns, bytes]: readonly [number, number]): string[] {
  return [formatNs(ns), formatBytes(bytes)];
}

function quotaText({ time_ms, sz_bytes, reset_interval_ms, goals }: QuotaLimits): string {
  const limits = [
    time_ms === 0 ? [] : formatNs(time_ms * 1e6),
    sz_bytes === 0 ? [] : formatBytes(sz_bytes),
    goals.map((goal) => `goal ${goal}`),
  ];
  // A quota without an interval is never reset.
  const per = reset_interval_ms >= Number.MAX_SAFE_INTEGER ? 'in all' : `per ${formatNs(reset_interval_ms * 1e6)}`;
  return `${limits.flat().join(', ')} ${per}`;
}

/** The latest of `rows` under a title; nothing if there are none. */
function latest(title: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const left = rows.length - ROWS;
  const shown = formatTable(rows.slice(-ROWS).map(([first, ...rest]) => [`    ${first}`, ...rest]));
  return [`  ${title}${left > 0 ? ` (${left} before)` : ''}`, shown];
}

export function schemesCsv({ schemes: all }: SchemesReport): string {
  const names = Object.keys(all[0].stats);
  return formatCsv(
    ['kdamond', 'scheme', 'action', ...names, 'effective_bytes'],
    all.map(({ kdamond, scheme, action, stats, effective_bytes }) => [
      kdamond,
      scheme,
      action,
      ...Object.values(stats),
      effective_bytes.at(-1)?.[1] ?? 0,
    ]),
  );
}
