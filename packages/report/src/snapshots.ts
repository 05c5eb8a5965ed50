import { type AddrRange, UserError } from '@damonlab/base';
import type { Run, Snapshot } from '@damonlab/record';
import { unionOf } from './ranges.js';

/** The target to report on: `wanted` if the run has it, else the first one. UserError if there is none. */
export function targetOf(run: Run, wanted: number | undefined): number {
  if (run.targets.length === 0)
    throw new UserError('the run has no snapshots', { where: run.path, ...(run.reason === null ? {} : { actual: run.reason }) });
  if (wanted === undefined) return run.targets[0];
  if (run.targets.includes(wanted)) return wanted;
  throw new UserError('no such target', { where: run.path, expected: `one of ${run.targets.join(', ')}`, actual: String(wanted) });
}

/** All snapshots of a target in the order of time. */
export function snapshotsOf(run: Run, targetId: number): Snapshot[] {
  return run.snapshots.filter((snapshot) => snapshot.targetId === targetId);
}

/** Largest nr_accesses that the intervals of a snapshot allow; NaN if they are unknown. @kernel damon_max_nr_accesses */
export function maxNrAccesses(snapshot: Snapshot): number {
  return snapshot.sampleUs === 0 ? Number.NaN : Math.max(1, Math.floor(snapshot.aggrUs / snapshot.sampleUs));
}

/** Accesses per second that one nr_accesses stands for; NaN if the intervals are unknown. */
export function hzPerSample(snapshot: Snapshot): number {
  return snapshot.aggrUs === 0 ? Number.NaN : 1e6 / snapshot.aggrUs;
}

/** Bytes of the regions with `nr_accesses` ≥ `accThres`. */
export function workingSetBytes(snapshot: Snapshot, accThres: number): number {
  let bytes = 0;
  for (let i = 0; i < snapshot.start.length; i++) if (snapshot.nrAccesses[i] >= accThres) bytes += snapshot.end[i] - snapshot.start[i];
  return bytes;
}

/** The address ranges without gaps that were monitored at any time, ascending: for vaddr, usually three. */
export function monitoredRanges(snapshots: readonly Snapshot[]): AddrRange[] {
  const ranges: AddrRange[] = [];
  for (const { start, end } of snapshots) {
    for (let from = 0, to = 0; from < start.length; from = to) {
      for (to = from + 1; to < start.length && start[to] === end[to - 1]; to++);
      ranges.push({ start: start[from], end: end[to - 1] });
    }
  }
  return unionOf(ranges);
}
