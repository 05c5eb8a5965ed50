import type { AccessTruthWindow, AttributionWindow, CpuCounters, PhaseRecord, RunCounters, Snapshot, TruthWindow } from './events.js';
import type { Intervals, Manifest } from './manifest.js';
import { noTables, type RowLists, type RowsOf } from './row-tables.js';

/** `incomplete`: killed, or still going on; what is here is whole up to its last snapshot. */
export type RunState = 'complete' | 'interrupted' | 'failed' | 'incomplete';

/** What reports are made of: all that a run recorded, or a damo record in the same shape. Rows are in the order of their time. */
export interface Run {
  /** Where it was read from. */
  readonly path: string;
  readonly name: string;
  readonly state: RunState;
  /** One sentence on why the run is not complete; null if it is. */
  readonly reason: string | null;
  /** Null for a damo record. */
  readonly manifest: Manifest | null;
  /** Null: unknown (old damo records). Then `sampleUs` and `aggrUs` of the snapshots are 0. */
  readonly intervals: Intervals | null;
  /** The target ids that occur in `snapshots`, ascending. */
  readonly targets: readonly number[];
  readonly snapshots: readonly Snapshot[];
  readonly truth: readonly TruthWindow[];
  readonly phases: readonly PhaseRecord[];
  readonly cpuCounters: readonly CpuCounters[];
  /** Empty: the monitor could not tell (accessed bits, a damo record), or the run is older than this table. */
  readonly attribution: readonly AttributionWindow[];
  /** Empty: not logged. */
  readonly accessTruth: readonly AccessTruthWindow[];
  /** Tables that are there only if the run had something to say in them; else empty. */
  readonly tables: RowsOf;
  readonly counters: RunCounters;
  /** What the kdamonds beside the first one left, in their order; the rows above are the first one's. Left out: there are no others. */
  readonly others?: readonly KdamondRun[];
}

/** What is about one kdamond. Tables have rows only where they are about a kdamond. */
export type KdamondRun = Pick<Run, 'snapshots' | 'attribution' | 'tables'>;

/** The same while it is collected. */
export interface KdamondRows {
  readonly snapshots: Snapshot[];
  readonly attribution: AttributionWindow[];
  readonly tables: RowLists;
}

/** The rows of a run, before anything is known about where they came from. */
export interface RunRows extends KdamondRows {
  readonly truth: TruthWindow[];
  readonly phases: PhaseRecord[];
  readonly cpuCounters: CpuCounters[];
  readonly accessTruth: AccessTruthWindow[];
  readonly others: KdamondRows[];
  counters: RunCounters;
}

export function emptyRows(): RunRows {
  // No spread: rows are added in each window (docs/decisions/0003).
  const { snapshots, attribution, tables } = emptyKdamond();
  return { snapshots, attribution, tables, truth: [], phases: [], cpuCounters: [], accessTruth: [], others: [], counters: {} };
}

function emptyKdamond(): KdamondRows {
  return { snapshots: [], attribution: [], tables: noTables() };
}

/** Where the rows of a kdamond go, by its number from 0. */
export function rowsOfKdamond(rows: RunRows, kdamond: number): KdamondRows {
  while (rows.others.length < kdamond) rows.others.push(emptyKdamond());
  return kdamond === 0 ? rows : rows.others[kdamond - 1];
}

/** The run that `rows` make under `manifest`. */
export function runOf(dir: string, manifest: Manifest, rows: RunRows): Run {
  // One that never had anything to tell is there all the same.
  rowsOfKdamond(rows, manifest.otherIntervals?.length ?? 0);
  return {
    path: dir,
    name: manifest.name,
    state: manifest.state === 'running' ? 'incomplete' : manifest.state,
    reason: reasonOf(manifest),
    manifest,
    intervals: manifest.intervals,
    targets: targetsOf(rows.snapshots),
    ...rows,
  };
}

export function targetsOf(snapshots: readonly Snapshot[]): number[] {
  return [...new Set(snapshots.map((snapshot) => snapshot.targetId))].sort((a, b) => a - b);
}

function reasonOf(manifest: Manifest): string | null {
  if (manifest.state === 'complete') return null;
  if (manifest.state === 'running') return 'the run was killed or is still going on; this is what it had recorded';
  return manifest.reason ?? manifest.state;
}
