import { type AddrRange, UserError } from '@damonlab/base';
import type { Run, Snapshot } from '@damonlab/record';
import type { ReportOptions } from '../report.js';
import { hzPerSample, monitoredRanges, snapshotsOf, targetOf } from '../snapshots.js';
import { blankMap, type HeatMap, paint } from './grid.js';

export const DEFAULT_ROWS = 40;
export const DEFAULT_COLS = 80;
const MAX_PIXELS = 16_000_000;

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
    const map = blankMap({ startNs, endNs, addr, rows, cols });
    for (const snapshot of snapshots) paint(map, snapshot, snapshot.nrAccesses, run.intervals === null ? 1 : hzPerSample(snapshot));
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
