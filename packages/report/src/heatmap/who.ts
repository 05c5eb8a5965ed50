import type { Run } from '@damonlab/record';
import { type AttributionBy, type AttributionKey, compareKeys, keyOf } from '../attribution/keys.js';
import type { HeatView } from './grid.js';

/** Who made most of the accesses of each cell. */
export interface WhoMap extends HeatView {
  /** All that occur, ascending. */
  readonly keys: readonly AttributionKey[];
  /** Row after row: index into `keys`; -1 where nobody is known. */
  readonly winner: Int16Array;
  /** Its share of what is known of the cell, 0 to 1. */
  readonly share: Float32Array;
}

/** By the reports that DAMON got, or by the true accesses. */
export type WhoSource = 'damon' | 'truth';

interface Access {
  readonly startNs: number;
  readonly endNs: number;
  readonly start: number;
  readonly end: number;
  readonly key: AttributionKey;
  readonly count: number;
}

/** UserError: by node, and the run does not know its topology. A run that does not know who made its accesses has no keys. */
export function whoMap(run: Run, by: AttributionBy, source: WhoSource, target: number, view: HeatView): WhoMap {
  const cells = view.rows * view.cols;
  const counts = new Map<AttributionKey, Float32Array>();
  for (const access of accesses(run, by, source, target)) {
    if (access.endNs <= view.startNs || access.startNs >= view.endNs) continue;
    const grid = counts.get(access.key) ?? new Float32Array(cells);
    counts.set(access.key, grid);
    spread(grid, view, access);
  }
  const keys = [...counts.keys()].sort(compareKeys);
  const map: WhoMap = { ...view, keys, winner: new Int16Array(cells).fill(-1), share: new Float32Array(cells) };
  const sum = new Float32Array(cells);
  keys.forEach((key, index) => {
    const grid = counts.get(key) ?? sum;
    for (let cell = 0; cell < cells; cell++) {
      sum[cell] += grid[cell];
      if (grid[cell] > map.share[cell]) {
        map.share[cell] = grid[cell];
        map.winner[cell] = index;
      }
    }
  });
  for (let cell = 0; cell < cells; cell++) if (sum[cell] > 0) map.share[cell] /= sum[cell];
  return map;
}

function* accesses(run: Run, by: AttributionBy, source: WhoSource, target: number): Iterable<Access> {
  const keyOfRow = keyOf(run, by);
  if (source === 'damon') {
    for (const { targetId, startNs, endNs, rows } of run.attribution) {
      if (targetId !== target) continue;
      for (const row of rows) {
        yield { startNs, endNs, start: row.regionStart, end: row.regionEnd, key: keyOfRow(row), count: row.reports };
      }
    }
    return;
  }
  for (const { targetId, startNs, endNs, rows } of run.accessTruth) {
    if (targetId !== target) continue;
    for (const row of rows) yield { startNs, endNs, start: row.start, end: row.end, key: keyOfRow(row), count: row.accesses };
  }
}

/** Spread the count of an access evenly over its time and addresses. */
function spread(grid: Float32Array, { startNs, endNs, addr, rows, cols }: HeatView, access: Access): void {
  const rowNs = (endNs - startNs) / rows;
  const colBytes = (addr.end - addr.start) / cols;
  const from = Math.max(access.start, addr.start);
  const to = Math.min(access.end, addr.end);
  if (from >= to) return;
  const density = access.count / (access.endNs - access.startNs) / (access.end - access.start);
  const firstCol = Math.floor((from - addr.start) / colBytes);
  const lastCol = Math.min(cols, Math.ceil((to - addr.start) / colBytes));
  const firstRow = Math.max(0, Math.floor((access.startNs - startNs) / rowNs));
  const lastRow = Math.min(rows, Math.ceil((access.endNs - startNs) / rowNs));
  for (let row = firstRow; row < lastRow; row++) {
    const ns = Math.min(access.endNs, startNs + (row + 1) * rowNs) - Math.max(access.startNs, startNs + row * rowNs);
    for (let col = firstCol; col < lastCol; col++) {
      const bytes = Math.min(to, addr.start + (col + 1) * colBytes) - Math.max(from, addr.start + col * colBytes);
      if (ns > 0 && bytes > 0) grid[row * cols + col] += density * ns * bytes;
    }
  }
}
