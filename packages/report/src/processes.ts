import { NS_PER_SEC, PAGE_BYTES, UserError } from '@damonlab/base';
import type { ProcessRow, Run } from '@damonlab/record';
import { formatBytes, formatCsv, formatTable } from './format.js';

/** What became of the memory of a process, in bytes since the start; `rss` at the end of the window. */
const COUNTS = [
  'rss',
  'pswpout',
  'pswpin',
  'workingset_refault_anon',
  'pgsteal_kswapd',
  'pgsteal_direct',
  'pageout',
  'pglazyfree',
  'pglazyfreed',
] as const;
type Count = (typeof COUNTS)[number];

export interface ProcessPoint extends Readonly<Record<Count, number>> {
  /** End of the window, s. */
  readonly t: number;
  /** Number of the process. */
  readonly process: number;
  /** Pages that were waited for. */
  readonly pgmajfault: number;
}

export interface ProcessesReport {
  readonly name: string;
  /** Window by window. */
  readonly rows: readonly ProcessPoint[];
}

/** What reclaim and schemes did to the memory of each process. UserError: nothing is ever taken out of memory. */
export function processes(run: Run): ProcessesReport {
  const rows = run.tables.processes;
  if (rows.length === 0) {
    throw new UserError('the run has no memory that is reclaimed', { where: run.path, expected: 'a run of a scenario with `swap`' });
  }
  return { name: run.name, rows: rows.map(pointOf) };
}

function pointOf(row: ProcessRow): ProcessPoint {
  const bytes = Object.fromEntries(COUNTS.map((count) => [count, row[count] * PAGE_BYTES])) as Record<Count, number>;
  return { t: row.endNs / NS_PER_SEC, process: row.targetId, pgmajfault: row.pgmajfault, ...bytes };
}

/** The processes as they are in the end: one column each. */
export function processesText({ rows }: ProcessesReport): string {
  const last: ProcessPoint[] = [];
  for (const row of rows) last[row.process] = row;
  const lines = COUNTS.map((count) => [count, ...last.map((row) => formatBytes(row[count]))]);
  const faults = ['pgmajfault', ...last.map((row) => String(row.pgmajfault))];
  const table = formatTable([['# at the end', ...last.map((row) => `process ${row.process}`)], ...lines, faults]);
  return `${table}\n# pageout: taken by schemes and madvise\n`;
}

/** One row per process and window. */
export function processesCsv({ rows }: ProcessesReport): string {
  const columns = ['t', 'process', ...COUNTS, 'pgmajfault'] as const;
  return formatCsv(
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  );
}
