import type { Run } from '@damonlab/record';
import { type PlacementReport, placement } from '@damonlab/report';
import type { Figures } from '../../study.js';

/** How well NUMA balancing did its work. Null where there is none of it. */
export function balancingFigures(run: Run): Figures {
  const report = placement(run);
  const balanced = report.final.migrated !== null;
  return {
    numab_flips: balanced ? flips(run) : null,
    numab_needless: balanced ? needless(report) : null,
    numab_conv: balanced ? report.conv['0.9'] : null,
    numab_away: away(report),
  };
}

/** Changes of a thread's preferred node from one node to another, at the ends of windows. */
function flips({ tables: { threads } }: Run): number {
  const last = new Map<number, number>();
  let count = 0;
  for (const { tid, numaPreferredNid: nid } of threads) {
    if (nid < 0) continue;
    if (last.has(tid) && last.get(tid) !== nid) count++;
    last.set(tid, nid);
  }
  return count;
}

/** Migrations after the first window that brought no page home: to where it is not used most, to and fro, or where it has no home. */
function needless({ regions, rows, final }: PlacementReport): number {
  const migrated = Number(final.migrated) - Number(rows[0].migrated);
  const cameHome = regions.reduce((sum, { home, first, last }) => (home === null ? sum : sum + last[home] - first[home]), 0);
  return Math.max(0, migrated - cameHome);
}

/** Over the run, the mean share of pages with a home that are not there, %. */
function away({ rows }: PlacementReport): number | null {
  const shares = rows.flatMap(({ local }) => local ?? []);
  return shares.length === 0 ? null : 100 * (1 - shares.reduce((sum, share) => sum + share, 0) / shares.length);
}
