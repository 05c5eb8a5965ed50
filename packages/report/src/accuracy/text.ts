import { flatten, formatBytes, formatCsv, formatFigure, formatTable } from '../format.js';
import type { AccuracyReport, HotPhaseFigures } from './accuracy.js';
import type { Score } from './tally.js';

export function accuracyText(report: AccuracyReport): string {
  const { target_id, n_snap, aggr_ms_p50, nr_regions, wss, touched } = report;
  const parts = [
    `# target ${target_id}: ${n_snap} snapshots, median distance ${formatFigure(aggr_ms_p50)} ms`,
    `nr_regions  min ${formatFigure(nr_regions.min)}, median ${formatFigure(nr_regions.p50)}, max ${formatFigure(nr_regions.max)}`,
    `wss         p25 ${bytes(wss.p25)}, median ${bytes(wss.p50)}, p75 ${bytes(wss.p75)}, mean ${bytes(wss.avg)}`,
    '',
    scoreTable(report),
  ];
  if (report.precision_counting_heap_as_hot !== null) {
    parts.push('', `precision_counting_heap_as_hot  ${formatFigure(report.precision_counting_heap_as_hot)}`);
  }
  if (touched !== null) {
    const { avg, abs_avg } = touched.wss_error;
    parts.push(
      '',
      `# error of the working set against touched pages: mean ${formatBytes(avg)}, mean of absolute values ${formatBytes(abs_avg)}`,
    );
  }
  if (report.convergence.length > 0) parts.push('', convergenceTable(report), '', curveTable(report));
  return `${parts.join('\n')}\n`;
}

function scoreTable({ hot_phases_all_windows: all, hot_phases_from_1s: settled, touched }: AccuracyReport): string {
  const row = (name: string, of: Score & Pick<HotPhaseFigures, 'n' | 'truth'>) => [
    name,
    String(of.n),
    bytes(of.truth),
    ...[of.prec_1, of.rec_1, of.prec_q, of.rec_q, of.prec_h, of.rec_h, of.rate_in, of.rate_out].map(formatFigure),
  ];
  return formatTable([
    ['# against', 'n', 'truth', 'prec_1', 'rec_1', 'prec_q', 'rec_q', 'prec_h', 'rec_h', 'rate_in', 'rate_out'],
    row('hot_phases_all_windows', all),
    row('hot_phases_from_1s', settled),
    ...(touched === null ? [] : [row('touched pages', touched)]),
  ]);
}

function convergenceTable({ convergence }: AccuracyReport): string {
  const rows = convergence.map((c) => [
    c.phase,
    formatFigure(c.start_ms),
    String(c.n),
    c.converged_ms === null ? 'never' : formatFigure(c.converged_ms),
  ]);
  return formatTable([['# phase', 'start_ms', 'n', 'converged_ms'], ...rows]);
}

function curveTable({ by_window }: AccuracyReport): string {
  const rows = Object.entries(by_window).map(([index, w]) => [
    index,
    formatFigure(w.precision),
    formatFigure(w.recall),
    formatFigure(w.nr_regions),
  ]);
  return formatTable([['# by_window', 'precision', 'recall', 'nr_regions'], ...rows]);
}

function bytes(value: number | null): string {
  return value === null ? '-' : formatBytes(value);
}

/** All figures, one a line. */
export function accuracyCsv(report: AccuracyReport): string {
  return formatCsv(['figure', 'value'], flatten(report));
}
