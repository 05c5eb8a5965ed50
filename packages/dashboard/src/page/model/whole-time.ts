import type { Run } from '@damonlab/record';
import type { Interval } from './viewport.js';

/** From the start to the last thing recorded; null if nothing was. */
export function wholeTime(run: Run): Interval | null {
  let end = 0;
  for (const rows of [run.snapshots, run.truth, run.cpuCounters, run.tables.sharing, run.tables.placement]) {
    end = Math.max(end, rows[rows.length - 1]?.endNs ?? 0);
  }
  return end > 0 ? { start: 0, end } : null;
}
