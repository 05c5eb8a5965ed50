import type { Run, Snapshot, TruthWindow } from '@damonlab/record';

/** For each snapshot of a target the truth window that ends with it, or null. Both lists are in the order of time. */
export function truthWindowsOf(run: Run, targetId: number, snapshots: readonly Snapshot[]): (TruthWindow | null)[] {
  const windows = run.truth.filter((window) => window.targetId === targetId);
  let next = 0;
  return snapshots.map((snapshot) => {
    while (next < windows.length && windows[next].endNs < snapshot.endNs) next++;
    return next < windows.length && windows[next].endNs === snapshot.endNs ? windows[next] : null;
  });
}
