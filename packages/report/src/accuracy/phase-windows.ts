import { NS_PER_US } from '@damonlab/base';
import type { PhaseRecord, Snapshot } from '@damonlab/record';
import { asRanges, type Ranges } from '../ranges.js';
import { Tally } from './tally.js';

/** A snapshot whose window lies wholly inside one phase, scored against what the phase accesses. */
export interface PhaseWindow {
  readonly snapshot: Snapshot;
  readonly phase: PhaseRecord;
  readonly tally: Tally;
  /** Number of the window after the change of phase: how many nominal aggregation intervals after it the window starts. */
  readonly index: number;
}

/**
 * The scored windows of the hot phases: those that are no warm-up and access something. Snapshots and phases are of one target;
 * `truthOf` gives the ranges that count as true.
 */
export function phaseWindows(
  snapshots: readonly Snapshot[],
  phases: readonly PhaseRecord[],
  truthOf: (phase: PhaseRecord) => Ranges = (phase) => asRanges(phase.hot),
): PhaseWindow[] {
  return hotPhases(phases).flatMap((phase) => {
    const truth = truthOf(phase);
    const inside = snapshots.filter((snapshot) => snapshot.startNs >= phase.startNs && snapshot.endNs <= phase.endNs);
    return inside.map((snapshot) => ({ snapshot, phase, tally: Tally.of(snapshot, truth), index: indexOf(snapshot, phase) }));
  });
}

export function hotPhases(phases: readonly PhaseRecord[]): PhaseRecord[] {
  return phases.filter((phase) => !phase.initial && phase.hot.length > 0).sort((a, b) => a.startNs - b.startNs);
}

function indexOf(snapshot: Snapshot, phase: PhaseRecord): number {
  return Math.floor((snapshot.startNs - phase.startNs) / (snapshot.aggrUs * NS_PER_US));
}
