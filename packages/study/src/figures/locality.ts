import type { PlacementRow, Run } from '@damonlab/record';
import { nodeOfCpus } from '@damonlab/report';
import type { Figure, Figures } from '../study.js';

/** The end of a run, when policies have done their work: its last third. */
const END = 2 / 3;
/** A share of local accesses that stays this close to that of the end does not change any more. */
const SETTLED = 0.02;

/** What threads get from where they and their pages are. */
export const LOCALITY_FIGURES: readonly Figure[] = [
  { name: 'throughput', title: 'throughput', unit: 'M/s', better: 'more', digits: 3 },
  { name: 'throughput_end', title: 'throughput in the last third', unit: 'M/s', better: 'more', digits: 3 },
  { name: 'local', title: 'share of local accesses', unit: '%', better: 'more', digits: 1 },
  { name: 'local_end', title: 'share of local accesses in the last third', unit: '%', better: 'more', digits: 1 },
  { name: 'settle', title: 'time until locality settles', unit: 's', better: 'less', digits: 2 },
  { name: 'moves', title: 'number of thread moves', unit: '', better: 'less', digits: 0 },
  { name: 'migrated', title: 'number of migrated pages', unit: '', better: null, digits: 0 },
  { name: 'kdamond', title: 'CPU time of the kdamond', unit: '%', better: 'less', digits: 2 },
];

/** Accesses in one window. */
interface Window {
  readonly startNs: number;
  readonly endNs: number;
  readonly accesses: number;
  /** Those to pages of the CPU's own node; the pages of a region count as accessed alike. */
  readonly local: number;
}

/** The figures of a run on several nodes whose truth was logged. */
export function localityFigures(run: Run): Figures {
  const windows = windowsOf(run);
  const endNs = windows.length === 0 ? 0 : windows[windows.length - 1].endNs;
  const late = windows.filter(({ startNs }) => startNs >= END * endNs);
  const { counters } = run;
  return {
    throughput: millionsPerSecond(windows),
    throughput_end: millionsPerSecond(late),
    local: localPercent(windows),
    local_end: localPercent(late),
    settle: settledAt(windows, late),
    moves: counters.sched_moves ?? 0,
    migrated: (counters.numa_pages_migrated ?? 0) + (counters.shares_pages_migrated ?? 0),
    kdamond: endNs === 0 ? null : (100 * counters.kdamond_ns) / endNs,
  };
}

function windowsOf(run: Run): Window[] {
  const nodes = nodeOfCpus(run);
  const pages = pagesByRegion(run.tables.placement);
  return run.accessTruth
    .filter(({ targetId }) => targetId === run.accessTruth[0].targetId)
    .map(({ startNs, endNs }) => {
      let accesses = 0;
      let local = 0;
      for (const { targetId, rows } of run.accessTruth.filter((window) => window.endNs === endNs)) {
        for (const row of rows) {
          const byNode = pages.get(`${endNs} ${targetId} ${row.start}`);
          if (byNode === undefined) continue;
          accesses += row.accesses;
          local += (row.accesses * byNode[nodes[row.cpu]]) / byNode.reduce((sum, count) => sum + count, 0);
        }
      }
      return { startNs, endNs, accesses, local };
    });
}

/** Pages by node, by end of the window, target and start of the region; regions without pages are left out. */
function pagesByRegion(rows: readonly PlacementRow[]): Map<string, number[]> {
  const byRegion = new Map<string, number[]>();
  for (const { endNs, targetId, start, nid, pages } of rows) {
    const key = `${endNs} ${targetId} ${start}`;
    const known = byRegion.get(key) ?? [];
    known[nid] = pages;
    byRegion.set(key, known);
  }
  for (const [key, byNode] of byRegion) if (byNode.every((count) => count === 0)) byRegion.delete(key);
  return byRegion;
}

function millionsPerSecond(windows: readonly Window[]): number | null {
  const ns = windows.reduce((sum, { startNs, endNs }) => sum + endNs - startNs, 0);
  return ns === 0 ? null : (1e3 * windows.reduce((sum, { accesses }) => sum + accesses, 0)) / ns;
}

function localPercent(windows: readonly Window[]): number | null {
  const accesses = windows.reduce((sum, window) => sum + window.accesses, 0);
  return accesses === 0 ? null : (100 * windows.reduce((sum, { local }) => sum + local, 0)) / accesses;
}

/** Since when, in s, the share of local accesses is that of the end. */
function settledAt(windows: readonly Window[], late: readonly Window[]): number | null {
  const end = localPercent(late);
  if (end === null) return null;
  const last = windows.findLastIndex(({ accesses, local }) => accesses > 0 && Math.abs(local / accesses - end / 100) > SETTLED);
  return last < 0 ? 0 : windows[last].endNs / 1e9;
}
