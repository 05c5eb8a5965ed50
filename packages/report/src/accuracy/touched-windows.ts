import type { Run } from '@damonlab/record';
import { snapshotsOf } from '../snapshots.js';
import { truthWindowsOf } from '../truth.js';
import { Tally } from './tally.js';

/** What DAMON saw and what was really touched in an aggregation window, over all targets together, bytes. */
export interface TouchedWindow {
  readonly endNs: number;
  /** In regions with nr_accesses > 0. */
  readonly seen: number;
  readonly touched: number;
  readonly both: number;
}

/** Window by window; none if the truth was not logged. */
export function touchedWindows(run: Run): TouchedWindow[] {
  const byEnd = new Map<number, Tally>();
  for (const target of new Set(run.snapshots.map(({ targetId }) => targetId))) {
    const snapshots = snapshotsOf(run, target);
    const truth = truthWindowsOf(run, target, snapshots);
    snapshots.forEach((snapshot, i) => {
      const touched = truth[i];
      if (touched === null) return;
      const sum = byEnd.get(snapshot.endNs) ?? new Tally();
      sum.merge(Tally.of(snapshot, touched));
      byEnd.set(snapshot.endNs, sum);
    });
  }
  const ends = [...byEnd].sort(([a], [b]) => a - b);
  return ends.map(([endNs, { predictedBytes, trueBytes, hitBytes }]) => {
    return { endNs, seen: predictedBytes[0], touched: trueBytes, both: hitBytes[0] };
  });
}
