import { flatten, formatBytes, formatCsv, formatFigure, formatRatio, formatTable } from '../format.js';
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
    parts.push('', `precision_counting_heap_as_hot  ${formatRatio(report.precision_counting_heap_as_hot)}`);
  }
  if (touched !== null) {
    const { avg, abs_avg } = touched.wss_error;
    parts.push('', `# wss against touched: mean error ${formatBytes(avg)}, mean absolute error ${formatBytes(abs_avg)}`);
  }
  if (report.virtual_phases !== undefined) {
    parts.push('', `# phases not scored: ${report.virtual_phases} (their addresses are virtual, those of the target physical)`);
  }
  if (report.convergence.length > 0) parts.push('', convergenceTable(report), '', curveTable(report));
  return `${parts.join('\n')}\n`;
}

/** Which part of the truth the figures are measured against, side by side. */
function scoreTable({ hot_phases_all_windows: all, hot_phases_from_1s: settled, touched }: AccuracyReport): string {
  const columns: [name: string, of: Score & Pick<HotPhaseFigures, 'n' | 'truth'>][] = [
    ['hot_phases_all_windows', all],
    ['hot_phases_from_1s', settled],
    ...(touched === null ? [] : [['touched', touched] satisfies [string, Score & Pick<HotPhaseFigures, 'n' | 'truth'>]]),
  ];
  const scores = ['prec_1', 'rec_1', 'prec_q', 'rec_q', 'prec_h', 'rec_h', 'rate_in', 'rate_out'] as const;
  return formatTable([
    ['# against', ...columns.map(([name]) => name)],
    ['windows', ...columns.map(([, of]) => String(of.n))],
    ['truth', ...columns.map(([, of]) => bytes(of.truth))],
    ...scores.map((score) => [score, ...columns.map(([, of]) => formatRatio(of[score]))]),
  ]);
}

function convergenceTable({ convergence }: AccuracyReport): string {
  const rows = convergence.map((c) => [
    c.phase,
    c.start_ms.toFixed(1),
    String(c.n),
    c.converged_ms === null ? 'never' : c.converged_ms.toFixed(1),
  ]);
  return formatTable([['# phase', 'start_ms', 'n', 'converged_ms'], ...rows]);
}

function curveTable({ by_window }: AccuracyReport): string {
  const rows = Object.entries(by_window).map(([index, w]) => [
    index,
    formatRatio(w.precision),
    formatRatio(w.recall),
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
