import type { Run, Snapshot } from '@damonlab/record';
import {
  type AttributionKey,
  formatFigure,
  type HeatView,
  hasTopology,
  heatLayer,
  heatmap,
  isPhysical,
  keyName,
  type WhoMap,
  whoMap,
} from '@damonlab/report';
import {
  categoryColor,
  differenceColor,
  differencePixels,
  heatColor,
  heatPixels,
  type Picture,
  type Theme,
  whoPixels,
} from './pictures.js';
import { LAYERS, type Layer, type RunView } from './route.js';
import type { Interval } from './viewport.js';

/** What the colours mean. */
export type Legend =
  | { readonly kind: 'ramp'; readonly from: string; readonly to: string; readonly colors: readonly string[] }
  | { readonly kind: 'keys'; readonly keys: readonly { readonly name: string; readonly color: string }[] };

export interface RunPicture {
  readonly picture: Picture;
  readonly legend: Legend;
}

/** Layers that the run knows something of. */
export function layersOf(run: Run): Layer[] {
  const known: Record<Layer, boolean> = {
    nr_accesses: true,
    age: true,
    truth: run.truth.length > 0,
    difference: run.truth.length > 0,
    who: run.attribution.length > 0,
    // Of physical memory the truth is told by virtual addresses.
    who_truth: run.accessTruth.length > 0 && !isPhysical(run),
  };
  return LAYERS.filter((layer) => known[layer]);
}

/** The contiguous monitored ranges of a target and which of them is accessed most per byte. UserError: no snapshots. */
export function rangesOf(run: Run, target: number): { readonly all: readonly Interval[]; readonly hottest: Interval } {
  const maps = heatmap(run, { target, range: 'all', rows: 1, cols: 1 }).maps;
  const [hottest] = heatmap(run, { target, rows: 1, cols: 1 }).maps;
  return { all: maps.map(({ addr }) => addr), hottest: hottest.addr };
}

export function snapshotsOfTarget(run: Run, target: number): Snapshot[] {
  return run.snapshots.filter(({ targetId }) => targetId === target);
}

/** The picture of one layer, with a scale that does not change as one moves. */
export function runPicture(run: Run, target: number, { layer, by }: Pick<RunView, 'layer' | 'by'>, theme: Theme): RunPicture {
  switch (layer) {
    case 'who':
    case 'who_truth':
      return whoPicture(run, target, { layer, by }, theme);
    case 'difference':
      return {
        picture: (view) => differencePixels(heatLayer(run, layer, target, view).heat, 1, theme),
        legend: {
          kind: 'ramp',
          from: 'missed',
          to: 'seen, but not touched',
          colors: ramp((share) => differenceColor(2 * share - 1, theme)),
        },
      };
    default: {
      const max = greatest(run, target, layer);
      const unit = { nr_accesses: run.intervals === null ? ' samples' : ' accesses/s', age: ' aggregation intervals', truth: '' }[layer];
      const top = layer === 'truth' ? 'touched' : `${formatFigure(max)}${unit}`;
      return {
        picture: (view) => heatPixels(heatLayer(run, layer, target, view), max, theme),
        legend: { kind: 'ramp', from: '0', to: top, colors: ramp((share) => heatColor(share, theme)) },
      };
    }
  }
}

/** Cells of who-maps are wider than pixels: each holds a count for every key. */
const WHO_CELLS = 120_000;

function whoPicture(run: Run, target: number, { layer, by }: Pick<RunView, 'layer' | 'by'>, theme: Theme): RunPicture {
  const source = layer === 'who' ? 'damon' : 'truth';
  const who = by === 'node' && !hasTopology(run) ? 'cpu' : by;
  const whole = { startNs: 0, endNs: Number.MAX_SAFE_INTEGER, addr: { start: 0, end: Number.MAX_SAFE_INTEGER }, rows: 1, cols: 1 };
  // Colours go by all keys of the run, so that they do not change as one moves.
  const { keys } = whoMap(run, who, source, target, whole);
  return {
    picture: (view) => {
      const scale = Math.min(1, Math.sqrt(WHO_CELLS / (view.rows * view.cols)));
      const coarse = { ...view, rows: Math.max(1, Math.floor(view.rows * scale)), cols: Math.max(1, Math.floor(view.cols * scale)) };
      return stretched(whoPixels(recoloured(whoMap(run, who, source, target, coarse), keys), theme), coarse, view);
    },
    legend: { kind: 'keys', keys: keys.map((key, i) => ({ name: keyName(who, key), color: categoryColor(i) })) },
  };
}

function recoloured(map: WhoMap, keys: readonly AttributionKey[]): WhoMap {
  return { ...map, keys, winner: map.winner.map((index) => (index < 0 ? -1 : keys.indexOf(map.keys[index]))) };
}

function stretched(pixels: Uint32Array, from: HeatView, to: HeatView): Uint32Array {
  const out = new Uint32Array(to.rows * to.cols);
  for (let row = 0; row < to.rows; row++) {
    const source = Math.floor((row * from.rows) / to.rows) * from.cols;
    for (let col = 0; col < to.cols; col++) out[row * to.cols + col] = pixels[source + Math.floor((col * from.cols) / to.cols)];
  }
  return out;
}

function greatest(run: Run, target: number, layer: 'nr_accesses' | 'age' | 'truth'): number {
  if (layer === 'truth') return 1;
  let max = 0;
  for (const { targetId, aggrUs, nrAccesses, age } of run.snapshots) {
    if (targetId !== target) continue;
    const rate = layer === 'nr_accesses' && run.intervals !== null ? 1e6 / aggrUs : 1;
    for (const value of layer === 'age' ? age : nrAccesses) max = Math.max(max, value * rate);
  }
  return max;
}

function ramp(color: (share: number) => string): string[] {
  return Array.from({ length: 12 }, (_, i) => color(i / 11));
}

/** Where regions meet, as lines over their window: only where there is room to see them. */
export function bordersOf(snapshots: readonly Snapshot[], view: HeatView): (readonly [number, number, number, number])[] {
  const { startNs, endNs, addr, rows, cols } = view;
  const nsPerCell = (endNs - startNs) / rows;
  const bytesPerCell = (addr.end - addr.start) / cols;
  const lines: (readonly [number, number, number, number])[] = [];
  for (const snapshot of snapshots) {
    if (snapshot.endNs <= startNs || snapshot.startNs >= endNs) continue;
    if ((snapshot.endNs - snapshot.startNs) / nsPerCell < MIN_CELLS.rows) return [];
    let before = Number.NEGATIVE_INFINITY;
    for (const start of snapshot.start) {
      if (start <= addr.start || start >= addr.end || (start - before) / bytesPerCell < MIN_CELLS.cols) continue;
      lines.push([snapshot.startNs, start, snapshot.endNs, start]);
      before = start;
    }
    if (lines.length > MOST_BORDERS) return [];
  }
  return lines;
}

const MIN_CELLS = { rows: 4, cols: 3 };
const MOST_BORDERS = 20_000;
