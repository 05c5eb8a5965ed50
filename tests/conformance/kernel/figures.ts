import type { Run, Snapshot } from '@damonlab/record';
import type { AccuracyReport } from '@damonlab/report';
import { accuracy } from '@damonlab/report';

/** Figures of one simulated run, by the names of the measurements: paths with dots. */
export type RunFigures = ReadonlyMap<string, number>;

/** The recorder of the real runs knew only the ends of windows, so the first window of a run was in no phase. */
function withoutFirstStart(run: Run): Run {
  const snapshots = run.snapshots.map((snapshot, i): Snapshot => (i === 0 ? { ...snapshot, startNs: Number.NEGATIVE_INFINITY } : snapshot));
  return { ...run, snapshots };
}

export function figuresOf(run: Run): RunFigures {
  const report: AccuracyReport = accuracy(withoutFirstStart(run));
  const figures = new Map<string, number>();
  flatten(report, '', figures);
  // One instruction is one ns on the measured machine.
  figures.set('insn_per_sample', run.counters.kdamond_ns_per_sample ?? Number.NaN);
  return figures;
}

function flatten(value: object, prefix: string, into: Map<string, number>): void {
  for (const [key, inner] of Object.entries(value)) {
    if (typeof inner === 'number') into.set(prefix + key, inner);
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) flatten(inner, `${prefix}${key}.`, into);
  }
}
