import type { Run } from '@damonlab/record';
import { type Distribution, distributionOf, distributionText, skipOf } from './distribution.js';
import { formatCsv, formatFigure } from './format.js';
import type { ReportOptions, TextStyle } from './report.js';
import { snapshotsOf, targetOf } from './snapshots.js';

/** How many regions the snapshots have, counted after the merge. */
export interface NrRegionsReport {
  readonly name: string;
  readonly target_id: number;
  readonly nr_regions: Distribution;
  readonly windows: readonly { readonly start_ns: number; readonly end_ns: number; readonly nr_regions: number }[];
}

/** UserError: no snapshots, no such target, a percentile out of range. */
export function nrRegions(run: Run, options: ReportOptions = {}): NrRegionsReport {
  const target = targetOf(run, options.target);
  const windows = snapshotsOf(run, target)
    .slice(skipOf(options))
    .map(({ startNs, endNs, start }) => ({ start_ns: startNs, end_ns: endNs, nr_regions: start.length }));
  const counts = windows.map((window) => window.nr_regions);
  return { name: run.name, target_id: target, nr_regions: distributionOf(counts, options), windows };
}

export function nrRegionsText({ target_id, nr_regions, windows }: NrRegionsReport, style: TextStyle): string {
  return `# target ${target_id}: nr_regions of ${windows.length} snapshots\n${distributionText(nr_regions, formatFigure, style)}\n`;
}

export function nrRegionsCsv({ windows }: NrRegionsReport): string {
  return formatCsv(
    ['start_ns', 'end_ns', 'nr_regions'],
    windows.map((w) => [w.start_ns, w.end_ns, w.nr_regions]),
  );
}
