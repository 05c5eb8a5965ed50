import type { Run } from '@damonlab/record';
import { add, type Counts, type Shares, sharesOf } from '../attribution/counts.js';
import { type AttributionBy, keyOf } from '../attribution/keys.js';
import { partitionPoint } from '../partition-point.js';
import { maxNrAccesses } from '../snapshots.js';

/** What a run knows of one address at one time. */
export interface Reading {
  readonly startNs: number;
  readonly endNs: number;
  readonly start: number;
  readonly end: number;
  readonly nr_accesses: number;
  /** NaN if the intervals are unknown. */
  readonly max_nr_accesses: number;
  readonly age: number;
  /** Null: the truth was not logged. */
  readonly touched: boolean | null;
  /** Who, by the reports of the window; null if nobody knows. */
  readonly who: Shares | null;
}

export interface ReadingOf {
  readonly target: number;
  readonly ns: number;
  readonly addr: number;
  readonly by: AttributionBy;
}

/** Null where nothing was monitored. */
export function readingAt(run: Run, { target, ns, addr, by }: ReadingOf): Reading | null {
  const snapshot = windowAt(run.snapshots, target, ns);
  if (snapshot === null) return null;
  const i = partitionPoint(snapshot.end.length, (at) => snapshot.end[at] > addr);
  if (i >= snapshot.start.length || snapshot.start[i] > addr) return null;
  return {
    startNs: snapshot.startNs,
    endNs: snapshot.endNs,
    start: snapshot.start[i],
    end: snapshot.end[i],
    nr_accesses: snapshot.nrAccesses[i],
    max_nr_accesses: maxNrAccesses(snapshot),
    age: snapshot.age[i],
    touched: touchedAt(run, target, ns, addr),
    who: whoAt(run, { target, ns, addr, by }),
  };
}

function touchedAt(run: Run, target: number, ns: number, addr: number): boolean | null {
  const window = windowAt(run.truth, target, ns);
  if (window === null) return null;
  const i = partitionPoint(window.end.length, (at) => window.end[at] > addr);
  return i < window.start.length && window.start[i] <= addr;
}

function whoAt(run: Run, { target, ns, addr, by }: ReadingOf): Shares | null {
  const window = windowAt(run.attribution, target, ns);
  if (window === null) return null;
  const keyOfRow = keyOf(run, by);
  const counts: Counts = new Map();
  for (const row of window.rows) {
    if (row.regionStart <= addr && addr < row.regionEnd) add(counts, keyOfRow(row), row.reports, 0);
  }
  return sharesOf(counts, false);
}

interface Timed {
  readonly targetId: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** The window of `target` that `ns` falls into. `windows` are in the order of their ends; those of several targets end together. */
function windowAt<T extends Timed>(windows: readonly T[], target: number, ns: number): T | null {
  const first = partitionPoint(windows.length, (at) => windows[at].endNs > ns);
  for (let i = first; i < windows.length; i++) {
    const window = windows[i];
    if (window.targetId === target) return window.startNs <= ns ? window : null;
  }
  return null;
}
