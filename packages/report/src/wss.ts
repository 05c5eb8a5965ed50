import { UserError } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import { type Distribution, distributionOf, distributionText, skipOf } from './distribution.js';
import { formatBytes, formatCsv } from './format.js';
import { bytesOf } from './ranges.js';
import type { ReportOptions, TextStyle } from './report.js';
import { snapshotsOf, targetOf, workingSetBytes } from './snapshots.js';
import { ratio } from './stats.js';
import { truthWindowsOf } from './truth.js';

/** The working set of one window; `truth_wss`: bytes really touched in it, null if that was not logged. */
export interface WssWindow {
  readonly start_ns: number;
  readonly end_ns: number;
  readonly wss: number;
  readonly truth_wss: number | null;
}

export interface WssReport {
  readonly name: string;
  readonly target_id: number;
  readonly acc_thres: number;
  readonly wss: Distribution;
  /** Null: the truth was not logged. */
  readonly truth: { readonly wss: Distribution; readonly error: WssError } | null;
  readonly windows: readonly WssWindow[];
}

/** How far the working set is from the truth, over the windows whose truth is known. Bytes, and shares of the mean true working set. */
export interface WssError {
  readonly avg: number;
  readonly abs_avg: number;
  readonly relative_avg: number | null;
  readonly relative_abs_avg: number | null;
}

/** UserError: no snapshots, no such target, a threshold below 0, a percentile out of range. */
export function wss(run: Run, options: ReportOptions = {}): WssReport {
  const target = targetOf(run, options.target);
  const { accThres = 1 } = options;
  if (!(accThres >= 0)) throw new UserError('no such access threshold', { expected: 'a number from 0', actual: String(accThres) });
  const snapshots = snapshotsOf(run, target).slice(skipOf(options));
  const truth = truthWindowsOf(run, target, snapshots);
  const windows = snapshots.map((snapshot, i): WssWindow => {
    const touched = truth[i];
    return {
      start_ns: snapshot.startNs,
      end_ns: snapshot.endNs,
      wss: workingSetBytes(snapshot, accThres),
      truth_wss: touched === null ? null : bytesOf(touched),
    };
  });
  const sizes = windows.map((window) => window.wss);
  return {
    name: run.name,
    target_id: target,
    acc_thres: accThres,
    wss: distributionOf(sizes, options),
    truth: truthOf(windows, options),
    windows,
  };
}

function truthOf(windows: readonly WssWindow[], options: ReportOptions): WssReport['truth'] {
  const known = windows.flatMap((window) => (window.truth_wss === null ? [] : [{ wss: window.wss, truth: window.truth_wss }]));
  if (known.length === 0) return null;
  return {
    wss: distributionOf(
      known.map(({ truth }) => truth),
      options,
    ),
    error: wssError(known),
  };
}

/** At least one window. */
export function wssError(windows: readonly { readonly wss: number; readonly truth: number }[]): WssError {
  let signed = 0;
  let absolute = 0;
  let truth = 0;
  for (const window of windows) {
    signed += window.wss - window.truth;
    absolute += Math.abs(window.wss - window.truth);
    truth += window.truth;
  }
  const n = windows.length;
  return { avg: signed / n, abs_avg: absolute / n, relative_avg: ratio(signed, truth), relative_abs_avg: ratio(absolute, truth) };
}

export function wssText(report: WssReport, style: TextStyle): string {
  const { target_id, acc_thres, windows, truth } = report;
  const parts = [
    `# target ${target_id}: working set (nr_accesses >= ${acc_thres}) of ${windows.length} snapshots`,
    distributionText(report.wss, formatBytes, style),
  ];
  if (truth !== null) {
    const { avg, abs_avg, relative_abs_avg } = truth.error;
    const share = relative_abs_avg === null ? '' : ` (${(100 * relative_abs_avg).toFixed(1)} % of it)`;
    parts.push(
      '# truly touched',
      distributionText(truth.wss, formatBytes, style),
      `# mean error ${formatBytes(avg)}, mean absolute error ${formatBytes(abs_avg)}${share}`,
    );
  }
  return `${parts.join('\n')}\n`;
}

export function wssCsv({ windows }: WssReport): string {
  return formatCsv(
    ['start_ns', 'end_ns', 'wss', 'truth_wss'],
    windows.map((w) => [w.start_ns, w.end_ns, w.wss, w.truth_wss]),
  );
}
