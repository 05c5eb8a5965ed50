import { NS_PER_SEC, PAGE_BYTES, UserError } from '@damonlab/base';
import type { ProcessRow, Run, VmstatRow } from '@damonlab/record';
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

/** A memory cgroup with limits as it is in the end: bytes, and events since the start. */
export interface MemcgPoint {
  readonly path: string;
  /** Null: no limit. */
  readonly max: number | null;
  readonly high: number | null;
  readonly current: number;
  readonly events: { readonly high: number; readonly max: number; readonly oom: number };
}

export interface ProcessesReport {
  readonly name: string;
  /** Window by window. */
  readonly rows: readonly ProcessPoint[];
  /** Left out: no cgroup has limits. */
  readonly memcgs?: readonly MemcgPoint[];
}

/** What reclaim and schemes did to the memory of each process. UserError: nothing is ever taken out of memory. */
export function processes(run: Run): ProcessesReport {
  const rows = run.tables.processes;
  if (rows.length === 0) {
    throw new UserError('the run has no memory that is reclaimed', {
      where: run.path,
      expected: 'a run of a scenario with `swap`, or `memcgs`',
    });
  }
  const memcgs = memcgsOf(run.tables.vmstat);
  return { name: run.name, rows: rows.map(pointOf), ...(memcgs.length === 0 ? {} : { memcgs }) };
}

const CURRENT = 'memory.current ';

/** The counters of cgroups are called after their files and their paths. */
function memcgsOf(rows: readonly VmstatRow[]): MemcgPoint[] {
  const last = new Map(rows.filter(({ counter }) => counter.startsWith('memory.')).map(({ counter, value }) => [counter, value]));
  const bytesOf = (counter: string) => (last.has(counter) ? (last.get(counter) ?? 0) * PAGE_BYTES : null);
  const paths = [...last.keys()].filter((counter) => counter.startsWith(CURRENT)).map((counter) => counter.slice(CURRENT.length));
  return paths.map((path) => {
    const event = (name: string) => last.get(`memory.events.${name} ${path}`) ?? 0;
    return {
      path,
      max: bytesOf(`memory.max ${path}`),
      high: bytesOf(`memory.high ${path}`),
      current: bytesOf(CURRENT + path) ?? 0,
      events: { high: event('high'), max: event('max'), oom: event('oom') },
    };
  });
}

function pointOf(row: ProcessRow): ProcessPoint {
  const bytes = Object.fromEntries(COUNTS.map((count) => [count, row[count] * PAGE_BYTES])) as Record<Count, number>;
  return { t: row.endNs / NS_PER_SEC, process: row.targetId, pgmajfault: row.pgmajfault, ...bytes };
}

/** The processes as they are in the end: one column each. */
export function processesText({ rows, memcgs }: ProcessesReport): string {
  const last: ProcessPoint[] = [];
  for (const row of rows) last[row.process] = row;
  const lines = COUNTS.map((count) => [count, ...last.map((row) => formatBytes(row[count]))]);
  const faults = ['pgmajfault', ...last.map((row) => String(row.pgmajfault))];
  const table = formatTable([['# at the end', ...last.map((row) => `process ${row.process}`)], ...lines, faults]);
  return `${table}\n# pageout: taken by schemes and madvise\n${memcgs === undefined ? '' : memcgsText(memcgs)}`;
}

/** One column each. */
function memcgsText(memcgs: readonly MemcgPoint[]): string {
  const limit = (bytes: number | null) => (bytes === null ? 'max' : formatBytes(bytes));
  const table = formatTable([
    ['# memory cgroup', ...memcgs.map(({ path }) => path)],
    ['memory.current', ...memcgs.map(({ current }) => formatBytes(current))],
    ['memory.high', ...memcgs.map(({ high }) => limit(high))],
    ['memory.max', ...memcgs.map(({ max }) => limit(max))],
    ...(['high', 'max', 'oom'] as const).map((name) => [`events: ${name}`, ...memcgs.map(({ events }) => String(events[name]))]),
  ]);
  return `\n${table}\n`;
}

/** One row per process and window. */
export function processesCsv({ rows }: ProcessesReport): string {
  const columns = ['t', 'process', ...COUNTS, 'pgmajfault'] as const;
  return formatCsv(
    columns,
    rows.map((row) => columns.map((column) => row[column])),
  );
}
