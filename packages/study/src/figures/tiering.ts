import type { LatencyRow, Run } from '@damonlab/record';
import { latencyQuantileNs, mean, placement } from '@damonlab/report';
import type { BesideRuns, Figure, Figures } from '../study.js';
import { throughput } from './throughput.js';

/** The end of a run, when tiering has done what it does: its last third. */
const END = 2 / 3;

const figure = (name: string, title: string, unit: string, digits: number, better: Figure['better'] = 'less'): Figure => {
  return { name, title, unit, better, digits };
};

/** What a program on DRAM and CXL memory gets, what moved, and who paid for it. */
export const TIERING_FIGURES: readonly Figure[] = [
  figure('throughput', 'throughput', 'M/s', 3, 'more'),
  figure('throughput_end', 'throughput in the last third', 'M/s', 3, 'more'),
  figure('time', 'execution time, by that of DRAM only', '', 3),
  figure('time_end', 'execution time in the last third, by that of DRAM only', '', 3),
  figure('fast', 'share of the touched memory that lies in DRAM, last third', '%', 1, 'more'),
  figure('p50', 'median of access latency', 'ns', 0),
  figure('p99', '99th percentile of access latency', 'ns', 0),
  figure('p999', '99.9th percentile of access latency', 'ns', 0),
  figure('process', 'CPU time of the program that goes into scans, hinting faults and their migrations', '%', 2),
  figure('kdamond', 'CPU time of kernel threads', '%', 2),
];

/** The figures of one run, beside that of the same seed on DRAM only (`dram`). First touches are no part of latency. */
export function tieringFigures(run: Run, { dram }: BesideRuns): Figures {
  const { counters } = run;
  const endNs = counters.virtual_ns;
  const late = END * endNs;
  const [all, end] = [throughput(run), throughput(run, late)];
  const touched = mean(placement(run).rows.flatMap(({ t, touched_top }) => (t * 1e9 < late || touched_top === null ? [] : [touched_top])));
  const latency = run.tables.latency.filter(({ kind }) => kind !== 'first_touch');
  const timed = { ...run, tables: { ...run.tables, latency } };
  return {
    throughput: all,
    throughput_end: end,
    time: ratio(throughput(dram), all),
    time_end: ratio(throughput(dram, late), end),
    fast: touched === null ? null : 100 * touched,
    p50: latencyQuantileNs(timed, 0.5),
    p99: latencyQuantileNs(timed, 0.99),
    p999: latencyQuantileNs(timed, 0.999),
    process: (100 * (scanNs(run) + faultNs(latency))) / counters.busy_ns,
    kdamond: (100 * (counters.kdamond_ns ?? 0)) / endNs,
  };
}

function ratio(a: number | null, b: number | null): number | null {
  return a === null || b === null || b === 0 ? null : a / b;
}

function scanNs({ tables: { scan_passes } }: Run): number {
  return scan_passes.reduce((sum, { costNs }) => sum + costNs, 0);
}

/** What hinting faults took, with the accesses that followed. */
function faultNs(latency: readonly LatencyRow[]): number {
  const faults = latency.filter(({ kind }) => kind === 'hint_fault');
  return faults.reduce((sum, { lowPs, highPs, count, every }) => sum + ((lowPs + highPs) / 2000) * count * every, 0);
}
