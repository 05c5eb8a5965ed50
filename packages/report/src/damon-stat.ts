import { NS_PER_SEC, UserError } from '@damonlab/base';
import type { MemoryStatRow, Run } from '@damonlab/record';
import { formatBytes, formatCsv, formatNs, formatTable } from './format.js';

/** A refresh of DAMON_STAT. */
export interface MemoryStatPoint {
  /** Virtual time, s. */
  readonly t: number;
  /** Bytes a second. */
  readonly estimated_memory_bandwidth: number;
  /** Percentiles 0 to 100; negative: accessed for so long. */
  readonly memory_idle_ms_percentiles: readonly number[];
}

export interface MemoryStatReport {
  readonly name: string;
  readonly refreshes: readonly MemoryStatPoint[];
}

/** What DAMON_STAT's parameters showed over the run. UserError: nobody recorded it. */
export function damonStat(run: Run): MemoryStatReport {
  const refreshes: MemoryStatRow[][] = [];
  for (const row of run.tables.damon_stat) {
    if (row.percentile === 0) refreshes.push([]);
    refreshes[refreshes.length - 1].push(row);
  }
  if (refreshes.length === 0) {
    throw new UserError('the run has no statistics of DAMON_STAT', {
      where: run.path,
      expected: 'a run of more than 5 s with `monitor.damon_stat: on`',
      hint: 'record one with --kdamonds damon_stat',
    });
  }
  return {
    name: run.name,
    refreshes: refreshes.map((rows) => ({
      t: rows[0].atNs / NS_PER_SEC,
      estimated_memory_bandwidth: rows[0].estimatedBandwidth,
      memory_idle_ms_percentiles: rows.map(({ idleMs }) => idleMs),
    })),
  };
}

const SHOWN = [0, 25, 50, 75, 90, 99, 100];

export function damonStatText({ refreshes }: MemoryStatReport): string {
  const rows = refreshes.map(({ t, estimated_memory_bandwidth, memory_idle_ms_percentiles }) => [
    t.toFixed(2),
    `${formatBytes(estimated_memory_bandwidth)}/s`,
    ...SHOWN.map((p) => idleText(memory_idle_ms_percentiles[p])),
  ]);
  const percentiles = SHOWN.map((p) => `p${p}`);
  const table = formatTable([['# time s', 'estimated_memory_bandwidth', ...percentiles], ...rows]);
  return `${table}\n# p: memory_idle_ms_percentiles; negative: accessed for so long\n`;
}

function idleText(ms: number): string {
  return ms < 0 ? `-${formatNs(-ms * 1e6)}` : formatNs(ms * 1e6);
}

/** One row per refresh and percentile. */
export function damonStatCsv({ refreshes }: MemoryStatReport): string {
  return formatCsv(
    ['t', 'estimated_memory_bandwidth', 'percentile', 'memory_idle_ms'],
    refreshes.flatMap(({ t, estimated_memory_bandwidth, memory_idle_ms_percentiles }) =>
      memory_idle_ms_percentiles.map((idleMs, percentile) => [t, estimated_memory_bandwidth, percentile, idleMs]),
    ),
  );
}
