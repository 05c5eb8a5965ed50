import type { Run, Snapshot } from '@damonlab/record';
import { snapshotsOf } from '../snapshots.js';
import { truthWindowsOf } from '../truth.js';
import { blankMap, type HeatMap, type HeatView, paint } from './grid.js';
import { heatmap } from './heatmap.js';

/**
 * What a map can show: `nr_accesses` as the heatmap report does; `age` in aggregation intervals; `truth`, the share of each cell that was
 * really touched; `difference`, what DAMON called accessed (nr_accesses > 0) less what was touched: 1 where it saw what was not there, -1
 * where it saw nothing.
 */
export const HEAT_LAYERS = ['nr_accesses', 'age', 'truth', 'difference'] as const;
export type HeatLayer = (typeof HEAT_LAYERS)[number];

/** One layer of a target over `view`. UserError: no snapshots, an empty view. Windows whose truth was not logged stay NaN in its layers. */
export function heatLayer(run: Run, layer: HeatLayer, target: number, view: HeatView): HeatMap {
  if (layer === 'nr_accesses') {
    const { rows, cols, addr: range, startNs, endNs } = view;
    return heatmap(run, { target, rows, cols, range, time: { startNs, endNs } }).maps[0];
  }
  const map = blankMap(view);
  const snapshots = snapshotsOf(run, target);
  if (layer === 'age') {
    for (const snapshot of snapshots) paint(map, snapshot, snapshot.age, 1);
    return map;
  }
  const truth = truthWindowsOf(run, target, snapshots);
  snapshots.forEach((snapshot, i) => {
    const touched = truth[i];
    if (touched === null) return;
    const sign = layer === 'truth' ? 1 : -1;
    paint(map, snapshot, layer === 'truth' ? snapshot.age : seen(snapshot), layer === 'truth' ? 0 : 1);
    paint(map, touched, new Uint8Array(touched.start.length).fill(1), sign);
  });
  return map;
}

function seen({ nrAccesses }: Snapshot): Uint8Array {
  return Uint8Array.from(nrAccesses, (samples) => Number(samples > 0));
}
