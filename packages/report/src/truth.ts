import type { Run, Snapshot, TruthWindow } from '@damonlab/record';
import { asRanges } from './ranges.js';

/**
 * For each snapshot of a target what was touched in its window, or null where that is not known. With several kdamonds the truth is cut
 * wherever one of them completes a window, so that a snapshot may need several of its windows. Both lists are in the order of time.
 */
export function truthWindowsOf(run: Run, targetId: number, snapshots: readonly Snapshot[]): (TruthWindow | null)[] {
  const windows = run.truth.filter((window) => window.targetId === targetId);
  let next = 0;
  return snapshots.map(({ startNs, endNs }) => {
    while (next < windows.length && windows[next].endNs <= startNs) next++;
    const first = next;
    while (next < windows.length && windows[next].endNs <= endNs) next++;
    return windows[next - 1]?.endNs === endNs ? joined(windows.slice(first, next)) : null;
  });
}

function joined(windows: readonly TruthWindow[]): TruthWindow | null {
  if (windows.length <= 1) return windows[0] ?? null;
  const [{ targetId, startNs }] = windows;
  const ranges = windows.flatMap(({ start, end }) => Array.from(start, (at, i) => ({ start: at, end: end[i] })));
  const { endNs } = windows[windows.length - 1];
  return { targetId, startNs, endNs, ...asRanges(ranges) };
}
