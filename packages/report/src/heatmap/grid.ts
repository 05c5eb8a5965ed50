import type { AddrRange } from '@damonlab/base';
import { partitionPoint } from '../partition-point.js';

/** A rectangle of time and addresses, cut into cells: time steps (rows) times address steps (columns). */
export interface HeatView {
  readonly startNs: number;
  readonly endNs: number;
  readonly addr: AddrRange;
  readonly rows: number;
  readonly cols: number;
}

/** When (rows) which addresses (columns) were how frequently accessed. */
export interface HeatMap extends HeatView {
  /** Row after row: Σ value × overlap in time × overlap in bytes / area of the cell; NaN where nothing is known. */
  readonly heat: Float64Array;
}

/** Ranges of a window of time, sorted and disjoint. */
export interface Window {
  readonly startNs: number;
  readonly endNs: number;
  readonly start: ArrayLike<number>;
  readonly end: ArrayLike<number>;
}

/** A map of `view` of which nothing is known yet. */
export function blankMap({ startNs, endNs, addr, rows, cols }: HeatView): HeatMap {
  return { startNs, endNs, addr, rows, cols, heat: new Float64Array(rows * cols).fill(Number.NaN) };
}

/**
 * Add a window to the map: range i is worth `values[i] * factor`. The ranges are spread over the columns once, then that row over the
 * rows that the window overlaps.
 */
export function paint(map: HeatMap, window: Window, values: ArrayLike<number>, factor: number): void {
  const { rows, cols, startNs, heat } = map;
  if (window.endNs <= startNs || window.startNs >= map.endNs) return;
  const rowNs = (map.endNs - startNs) / rows;
  const line = lineOf(map, window, values, factor);
  for (let row = Math.max(0, Math.floor((window.startNs - startNs) / rowNs)); row < rows; row++) {
    const from = startNs + row * rowNs;
    if (from >= window.endNs) break;
    const share = (Math.min(window.endNs, from + rowNs) - Math.max(window.startNs, from)) / rowNs;
    if (share <= 0) continue;
    const base = row * cols;
    for (let col = 0; col < cols; col++) {
      if (Number.isNaN(line[col])) continue;
      const before = heat[base + col];
      heat[base + col] = (Number.isNaN(before) ? 0 : before) + share * line[col];
    }
  }
}

/** A row of the widest map so far: used again for every window. */
let scratch = new Float64Array(0);

function lineOf({ cols, addr }: HeatView, { start, end }: Window, values: ArrayLike<number>, factor: number): Float64Array {
  const colBytes = (addr.end - addr.start) / cols;
  if (scratch.length < cols) scratch = new Float64Array(cols);
  const line = scratch.fill(Number.NaN, 0, cols);
  for (let i = partitionPoint(end.length, (at) => end[at] > addr.start); i < start.length && start[i] < addr.end; i++) {
    const from = Math.max(start[i], addr.start);
    const to = Math.min(end[i], addr.end);
    for (let col = Math.floor((from - addr.start) / colBytes); col < cols; col++) {
      const colStart = addr.start + col * colBytes;
      if (colStart >= to) break;
      const bytes = Math.min(to, colStart + colBytes) - Math.max(from, colStart);
      if (bytes <= 0) continue;
      line[col] = (Number.isNaN(line[col]) ? 0 : line[col]) + (values[i] * factor * bytes) / colBytes;
    }
  }
  return line;
}

/** The greatest heat of a map, 0 if nothing is known. */
export function maxHeat(map: HeatMap): number {
  let max = 0;
  for (const heat of map.heat) if (heat > max) max = heat;
  return max;
}
