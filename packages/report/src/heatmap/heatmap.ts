import { type AddrRange, UserError } from '@damonlab/base';
import type { Run, Snapshot } from '@damonlab/record';
import type { ReportOptions } from '../report.js';
import { hzPerSample, monitoredRanges, snapshotsOf, targetOf } from '../snapshots.js';

export const DEFAULT_ROWS = 40;
export const DEFAULT_COLS = 80;
const MAX_PIXELS = 16_000_000;

/** When (rows) which addresses (columns) were how frequently accessed. */
export interface HeatMap {
  readonly startNs: number;
  readonly endNs: number;
  readonly addr: AddrRange;
  readonly rows: number;
  readonly cols: number;
  /** Row after row: Σ rate × overlap in time × overlap in bytes / area of the pixel; NaN where nothing was monitored. */
  readonly heat: Float64Array;
}

export interface HeatmapReport {
  readonly name: string;
  readonly target: number;
  /** What heat is measured in: accesses per second, or samples if the intervals are unknown. */
  readonly unit: 'hz' | 'samples';
  /** One map, or one for each contiguous range. */
  readonly maps: readonly HeatMap[];
}

/** UserError: no snapshots, no such target, an empty range, a resolution below 1. */
export function heatmap(run: Run, options: ReportOptions = {}): HeatmapReport {
  const target = targetOf(run, options.target);
  const snapshots = snapshotsOf(run, target);
  const { rows = DEFAULT_ROWS, cols = DEFAULT_COLS } = options;
  if (!(Number.isInteger(rows) && Number.isInteger(cols) && rows >= 1 && cols >= 1 && rows * cols <= MAX_PIXELS)) {
    throw new UserError('no such resolution', {
      expected: `whole numbers from 1, up to ${MAX_PIXELS} pixels`,
      actual: `${rows} x ${cols}`,
    });
  }
  const { startNs, endNs } = options.time ?? { startNs: snapshots[0].startNs, endNs: snapshots[snapshots.length - 1].endNs };
  if (!(startNs < endNs)) throw new UserError('the time range of a heatmap is empty', { actual: `[${startNs}, ${endNs}) ns` });
  const maps = rangesToDraw(run, snapshots, options.range ?? 'hottest').map((addr) => {
    const map: HeatMap = { startNs, endNs, addr, rows, cols, heat: new Float64Array(rows * cols).fill(Number.NaN) };
    for (const snapshot of snapshots) addSnapshot(map, snapshot, run.intervals === null ? 1 : hzPerSample(snapshot));
    return map;
  });
  return { name: run.name, target, unit: run.intervals === null ? 'samples' : 'hz', maps };
}

function rangesToDraw(run: Run, snapshots: readonly Snapshot[], wanted: 'hottest' | 'all' | AddrRange): readonly AddrRange[] {
  if (typeof wanted === 'object') {
    if (wanted.start < wanted.end) return [wanted];
    throw new UserError('the address range of a heatmap is empty', { actual: `[${wanted.start}, ${wanted.end})` });
  }
  const ranges = monitoredRanges(snapshots);
  if (ranges.length === 0) throw new UserError('no region was monitored', { where: run.path });
  return wanted === 'all' ? ranges : [hottestOf(ranges, snapshots)];
}

/** The range with the most accesses per byte; the lowest of several. */
function hottestOf(ranges: readonly AddrRange[], snapshots: readonly Snapshot[]): AddrRange {
  const heats = new Float64Array(ranges.length);
  for (const { start, end, nrAccesses } of snapshots) {
    for (let i = 0, r = 0; i < start.length; i++) {
      while (ranges[r].end <= start[i]) r++;
      heats[r] += nrAccesses[i] * (end[i] - start[i]);
    }
  }
  let hottest = 0;
  const perByte = (r: number) => heats[r] / (ranges[r].end - ranges[r].start);
  for (let r = 1; r < ranges.length; r++) if (perByte(r) > perByte(hottest)) hottest = r;
  return ranges[hottest];
}

/** Spread the regions over the columns once, then that row over the rows that its window overlaps. */
function addSnapshot(map: HeatMap, snapshot: Snapshot, rate: number): void {
  const { rows, cols, startNs, heat } = map;
  const rowNs = (map.endNs - startNs) / rows;
  const line = lineOf(map, snapshot, rate);
  for (let row = Math.max(0, Math.floor((snapshot.startNs - startNs) / rowNs)); row < rows; row++) {
    const from = startNs + row * rowNs;
    if (from >= snapshot.endNs) break;
    const share = (Math.min(snapshot.endNs, from + rowNs) - Math.max(snapshot.startNs, from)) / rowNs;
    if (share <= 0) continue;
    for (let col = 0; col < cols; col++) {
      if (Number.isNaN(line[col])) continue;
      const at = row * cols + col;
      heat[at] = (Number.isNaN(heat[at]) ? 0 : heat[at]) + share * line[col];
    }
  }
}

function lineOf(map: HeatMap, { start, end, nrAccesses }: Snapshot, rate: number): Float64Array {
  const { cols, addr } = map;
  const colBytes = (addr.end - addr.start) / cols;
  const line = new Float64Array(cols).fill(Number.NaN);
  for (let i = 0; i < start.length; i++) {
    const from = Math.max(start[i], addr.start);
    const to = Math.min(end[i], addr.end);
    if (from >= to) continue;
    for (let col = Math.floor((from - addr.start) / colBytes); col < cols; col++) {
      const colStart = addr.start + col * colBytes;
      if (colStart >= to) break;
      const bytes = Math.min(to, colStart + colBytes) - Math.max(from, colStart);
      if (bytes <= 0) continue;
      line[col] = (Number.isNaN(line[col]) ? 0 : line[col]) + (nrAccesses[i] * rate * bytes) / colBytes;
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
