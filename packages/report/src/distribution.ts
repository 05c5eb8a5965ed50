import { UserError } from '@damonlab/base';
import { formatBar, formatTable } from './format.js';
import type { ReportOptions, TextStyle } from './report.js';
import { ascending, mean, percentile } from './stats.js';

/** One value per snapshot, seen as percentiles. */
export interface Distribution {
  readonly sort_by: 'size' | 'time';
  readonly avg: number | null;
  readonly percentiles: readonly { readonly percentile: number; readonly value: number | null }[];
}

const QUARTERS = [0, 25, 50, 75, 100];

/**
 * By size: interpolated percentiles. By time: the value at that share of the run.
 * UserError: a percentile that is not between 0 and 100.
 */
export function distributionOf(values: readonly number[], options: ReportOptions): Distribution {
  const { percentiles = QUARTERS, sortBy = 'size' } = options;
  const wrong = percentiles.find((p) => !(p >= 0 && p <= 100));
  if (wrong !== undefined) throw new UserError('no such percentile', { expected: '0 to 100', actual: String(wrong) });
  const sorted = ascending(values);
  const at = (p: number) => (sortBy === 'size' ? percentile(sorted, p) : (values[Math.floor(((values.length - 1) * p) / 100)] ?? null));
  return { sort_by: sortBy, avg: mean(values), percentiles: percentiles.map((p) => ({ percentile: p, value: at(p) })) };
}

/** UserError: a number of snapshots to leave out that is not a whole number from 0. */
export function skipOf({ skip = 0 }: ReportOptions): number {
  if (!(Number.isInteger(skip) && skip >= 0))
    throw new UserError('cannot leave out that many snapshots', { expected: 'a whole number from 0', actual: String(skip) });
  return skip;
}

const BAR_MAX = 60;
const BESIDE_BAR = 28;

/** The percentiles as lines with bars. */
export function distributionText({ sort_by, avg, percentiles }: Distribution, format: (value: number) => string, style: TextStyle): string {
  if (avg === null) return '# no snapshot';
  const max = Math.max(...percentiles.map(({ value }) => value ?? 0));
  const bar = Math.max(10, Math.min(BAR_MAX, style.width - BESIDE_BAR));
  const rows = percentiles.map(({ percentile: p, value }) => [String(p), format(value ?? 0), formatBar(value ?? 0, max, bar)]);
  const head = sort_by === 'size' ? 'percentile' : '% of run time';
  return `# avg: ${format(avg)}\n${formatTable([[`# ${head}`, 'value'], ...rows])}`;
}
