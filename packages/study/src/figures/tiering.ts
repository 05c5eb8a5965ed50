import { PAGE_BYTES } from '@damonlab/base';
import type { LatencyRow, PlacementRow, Run } from '@damonlab/record';
import { latencyQuantileNs, mean, type PageMoves, placement, placementWindows } from '@damonlab/report';
import type { BesideRuns, Figure, Figures } from '../study.js';
import { throughput } from './throughput.js';

const MIB = 1024 ** 2;
/** The end of a run, when tiering has done what it does: its last third. */
const END = 2 / 3;

const figure = (name: string, title: string, unit: string, digits: number, better: Figure['better'] = 'less'): Figure => {
  return { name, title, unit, better, digits };
};

/** What a program on DRAM and CXL memory gets, what moved, and who paid for it. */
export const TIERING_FIGURES: readonly Figure[] = [
  figure('throughput', 'throughput', 'M/s', 3, 'more'),
  figure('throughput_end', 'throughput in the last third', 'M/s', 3, 'more'),
  figure('slower', 'time that is taken longer than on DRAM only', '%', 1),
  figure('slower_end', 'time that is taken longer in the last third', '%', 1),
  figure('fast', 'share of the touched memory that lies in DRAM in the last third', '%', 1, 'more'),
  figure('slow', 'CXL memory that the program has in the last third', 'MiB', 2),
  figure('p50', 'median of access latency', 'ns', 0),
  figure('p99', '99th percentile of access latency', 'ns', 0),
  figure('p999', '99.9th percentile of access latency', 'ns', 0),
  figure('promoted', 'memory promoted', 'MiB', 1, null),
  figure('demoted', 'memory demoted', 'MiB', 1),
  figure('delay', 'promotion delay', 's', 3),
  figure('back', 'share of moves that take back another of the last second', '%', 1),
  figure('process', 'CPU time of the program in scans, hinting faults and migrations', '%', 2),
  figure('kdamond', 'CPU time of kernel threads', '%', 2),
];

/** The figures of one run, beside that of the same seed on DRAM only (`dram`). First touches are no part of latency. */
export function tieringFigures(run: Run, { dram }: BesideRuns): Figures {
  const { counters } = run;
  const endNs = counters.virtual_ns;
  const late = END * endNs;
  const [all, end] = [throughput(run), throughput(run, late)];
  const report = placement(run);
  const touched = mean(report.rows.flatMap(({ t, touched_top }) => (t * 1e9 <= late || touched_top === null ? [] : [touched_top])));
  const away = placementWindows(run.tables.placement.filter(inCxlMemory)).filter(({ endNs: ns }) => ns > late);
  const latency = run.tables.latency.filter(({ kind }) => kind !== 'first_touch');
  const timed = { ...run, tables: { ...run.tables, latency } };
  return {
    throughput: all,
    throughput_end: end,
    slower: longerPercent(throughput(dram), all),
    slower_end: longerPercent(throughput(dram, late), end),
    fast: touched === null ? null : 100 * touched,
    slow: mean(away.map(({ rows }) => rows.reduce((sum, { pages }) => sum + mib(pages), 0))),
    p50: latencyQuantileNs(timed, 0.5),
    p99: latencyQuantileNs(timed, 0.99),
    p999: latencyQuantileNs(timed, 0.999),
    ...movedFigures(report.moves),
    process: (100 * (scanNs(run) + faultNs(latency))) / counters.busy_ns,
    kdamond: (100 * ((counters.kdamond_ns ?? 0) + (counters.kswapd_ns ?? 0))) / endNs,
  };
}

function movedFigures(moves: readonly PageMoves[]): Figures {
  const [up, down] = [0, 1].map((nid) => moves.find(({ to }) => to === nid));
  const pages = moves.reduce((sum, direction) => sum + direction.pages, 0);
  const back = moves.reduce((sum, direction) => sum + (direction.back ?? 0), 0);
  return {
    promoted: mib(up?.pages ?? 0),
    demoted: mib(down?.pages ?? 0),
    delay: up?.delay ?? null,
    back: pages === 0 ? null : (100 * back) / pages,
  };
}

/** Memory of the program on node 1; what nobody uses is called `cold`. */
function inCxlMemory({ region, nid }: PlacementRow): boolean {
  return nid === 1 && region !== 'cold';
}

function mib(pages: number): number {
  return (pages * PAGE_BYTES) / MIB;
}

/** By how much longer the same takes at a throughput of `late` than of `best`. */
function longerPercent(best: number | null, late: number | null): number | null {
  return best === null || late === null || late === 0 ? null : 100 * (best / late - 1);
}

function scanNs({ tables: { scan_passes } }: Run): number {
  return scan_passes.reduce((sum, { costNs }) => sum + costNs, 0);
}

/** What hinting faults took, with the accesses that followed. */
function faultNs(latency: readonly LatencyRow[]): number {
  const faults = latency.filter(({ kind }) => kind === 'hint_fault');
  return faults.reduce((sum, { lowPs, highPs, count, every }) => sum + ((lowPs + highPs) / 2000) * count * every, 0);
}
