import { NS_PER_MS, NS_PER_SEC } from '@damonlab/base';
import { NO_TARGET, type PhaseRecord, type Run, type Snapshot } from '@damonlab/record';
import { asRanges, bytesOf } from '../ranges.js';
import type { ReportOptions } from '../report.js';
import { snapshotsOf, targetOf, workingSetBytes } from '../snapshots.js';
import { ascending, mean, percentile, ratio } from '../stats.js';
import { truthWindowsOf } from '../truth.js';
import { type WssError, wssError } from '../wss.js';
import { hotPhases, type PhaseWindow, phaseWindows } from './phase-windows.js';
import { type Score, Tally } from './tally.js';

type Figure = number | null;

/** Figures of the windows in hot phases. */
export interface HotPhaseFigures extends Score {
  /** Number of windows. */
  readonly n: number;
  /** Mean true bytes of a window. */
  readonly truth: Figure;
  readonly nr_p50: Figure;
  /** Bytes with nr_accesses > 0. */
  readonly wss_p25: Figure;
  readonly wss_p50: Figure;
  readonly wss_p75: Figure;
  readonly wss_avg: Figure;
}

/** What DAMON saw against what was really touched, page by page. */
export interface TouchedFigures extends Score {
  readonly n: number;
  /** Mean bytes really touched in a window. */
  readonly truth: number;
  readonly wss_error: WssError;
}

/** How long DAMON took to see a new phase. */
export interface Convergence {
  readonly phase: string;
  readonly start_ms: number;
  /** Windows wholly inside the phase. */
  readonly n: number;
  /** From the start of the phase to the end of the first window with precision and recall ≥ 0.9; null: never. */
  readonly converged_ms: Figure;
}

/** Names and definitions are those of the measurements of real kernels that damonlab is compared with. */
export interface AccuracyReport {
  readonly target_id: number;
  readonly n_snap: number;
  /** Median distance of the ends of successive snapshots. */
  readonly aggr_ms_p50: Figure;
  readonly nr_regions: { readonly min: Figure; readonly p25: Figure; readonly p50: Figure; readonly p75: Figure; readonly max: Figure };
  /** Median of the monitored bytes. */
  readonly total_bytes: Figure;
  readonly wss: {
    readonly p0: Figure;
    readonly p25: Figure;
    readonly p50: Figure;
    readonly p75: Figure;
    readonly p100: Figure;
    readonly avg: Figure;
  };
  /** Only if the run counted it. */
  readonly kdamond_ns_per_sample?: number;
  readonly hot_phases_all_windows: HotPhaseFigures;
  /** Only windows that start at least 1 s after their phase. */
  readonly hot_phases_from_1s: HotPhaseFigures;
  /** By the number of the window after the change of phase, the first 25 of them; nr_accesses > 0. */
  readonly by_window: Readonly<Record<string, { readonly precision: Figure; readonly recall: Figure; readonly nr_regions: Figure }>>;
  /** `hot_phases_all_windows.prec_1` if what the phases touch beside their subject counts as true; null if there is no such thing. */
  readonly precision_counting_heap_as_hot: Figure;
  /** Number of phases that are not scored, because their addresses are virtual and those of the target physical; only if there are any. */
  readonly virtual_phases?: number;
  /** Null: the truth was not logged. */
  readonly touched: TouchedFigures | null;
  readonly convergence: readonly Convergence[];
}

const WINDOWS_OF_CURVE = 25;
const CONVERGED = 0.9;

/** UserError: no snapshots, no such target. Figures that are undefined, for example for want of phases, are null. */
export function accuracy(run: Run, options: ReportOptions = {}): AccuracyReport {
  const target = targetOf(run, options.target);
  const snapshots = snapshotsOf(run, target);
  const phases = run.phases.filter((phase) => phase.targetId === target);
  const windows = phaseWindows(snapshots, phases);
  const settled = windows.filter(({ snapshot, phase }) => snapshot.startNs - phase.startNs >= NS_PER_SEC);
  const cost = run.counters.kdamond_ns_per_sample;
  return {
    target_id: target,
    n_snap: snapshots.length,
    aggr_ms_p50: snapshotDistanceMs(snapshots),
    nr_regions: nrRegionsFigures(snapshots),
    total_bytes: percentile(ascending(snapshots.map(bytesOf)), 50),
    wss: wssFigures(snapshots),
    ...(cost === undefined ? {} : { kdamond_ns_per_sample: cost }),
    hot_phases_all_windows: hotPhaseFigures(windows),
    hot_phases_from_1s: hotPhaseFigures(settled),
    by_window: byWindow(windows),
    precision_counting_heap_as_hot: precisionCountingHeap(snapshots, phases),
    ...virtualPhases(run),
    touched: touchedFigures(run, target, snapshots),
    convergence: convergence(windows, phases),
  };
}

function virtualPhases({ phases }: Run): Pick<AccuracyReport, 'virtual_phases'> {
  const count = phases.filter(({ targetId }) => targetId === NO_TARGET).length;
  return count === 0 ? {} : { virtual_phases: count };
}

function snapshotDistanceMs(snapshots: readonly Snapshot[]): Figure {
  const distances = snapshots.slice(1).map((snapshot, i) => (snapshot.endNs - snapshots[i].endNs) / NS_PER_MS);
  return percentile(ascending(distances), 50);
}

function nrRegionsFigures(snapshots: readonly Snapshot[]): AccuracyReport['nr_regions'] {
  const counts = ascending(snapshots.map((snapshot) => snapshot.start.length));
  const at = (p: number) => percentile(counts, p);
  return { min: at(0), p25: at(25), p50: at(50), p75: at(75), max: at(100) };
}

function wssFigures(snapshots: readonly Snapshot[]): AccuracyReport['wss'] {
  const sizes = ascending(snapshots.map((snapshot) => workingSetBytes(snapshot, 1)));
  const at = (p: number) => percentile(sizes, p);
  return { p0: at(0), p25: at(25), p50: at(50), p75: at(75), p100: at(100), avg: mean(sizes) };
}

function hotPhaseFigures(windows: readonly PhaseWindow[]): HotPhaseFigures {
  const sum = sumOf(windows);
  const sizes = ascending(windows.map(({ tally }) => tally.predictedBytes[0]));
  return {
    n: sum.n,
    truth: ratio(sum.trueBytes, sum.n),
    nr_p50: medianNrRegions(windows),
    wss_p25: percentile(sizes, 25),
    wss_p50: percentile(sizes, 50),
    wss_p75: percentile(sizes, 75),
    wss_avg: mean(sizes),
    ...sum.score(),
  };
}

function byWindow(windows: readonly PhaseWindow[]): AccuracyReport['by_window'] {
  const byIndex = new Map<number, PhaseWindow[]>();
  for (const window of windows) {
    const same = byIndex.get(window.index);
    if (same === undefined) byIndex.set(window.index, [window]);
    else same.push(window);
  }
  const curve = [...byIndex].sort(([a], [b]) => a - b).slice(0, WINDOWS_OF_CURVE);
  return Object.fromEntries(
    curve.map(([index, same]) => {
      const sum = sumOf(same);
      return [String(index), { precision: sum.precision(0), recall: sum.recall(0), nr_regions: medianNrRegions(same) }];
    }),
  );
}

function precisionCountingHeap(snapshots: readonly Snapshot[], phases: readonly PhaseRecord[]): Figure {
  if (!hotPhases(phases).some((phase) => (phase.alsoTouched?.length ?? 0) > 0)) return null;
  return sumOf(phaseWindows(snapshots, phases, (phase) => asRanges([...phase.hot, ...(phase.alsoTouched ?? [])]))).precision(0);
}

function touchedFigures(run: Run, target: number, snapshots: readonly Snapshot[]): TouchedFigures | null {
  const truth = truthWindowsOf(run, target, snapshots);
  const windows = snapshots.flatMap((snapshot, i) => {
    const touched = truth[i];
    return touched === null ? [] : [{ tally: Tally.of(snapshot, touched) }];
  });
  if (windows.length === 0) return null;
  const sum = sumOf(windows);
  const sizes = windows.map(({ tally }) => ({ wss: tally.predictedBytes[0], truth: tally.trueBytes }));
  return { n: sum.n, truth: sum.trueBytes / sum.n, ...sum.score(), wss_error: wssError(sizes) };
}

function convergence(windows: readonly PhaseWindow[], phases: readonly PhaseRecord[]): Convergence[] {
  return hotPhases(phases).map((phase) => {
    const inside = windows.filter((window) => window.phase === phase);
    const first = inside.find(({ tally }) => reaches(tally.precision(0)) && reaches(tally.recall(0)));
    return {
      phase: phase.name,
      start_ms: phase.startNs / NS_PER_MS,
      n: inside.length,
      converged_ms: first === undefined ? null : (first.snapshot.endNs - phase.startNs) / NS_PER_MS,
    };
  });
}

function reaches(figure: Figure): boolean {
  return figure !== null && figure >= CONVERGED;
}

function sumOf(windows: readonly { readonly tally: Tally }[]): Tally {
  const sum = new Tally();
  for (const { tally } of windows) sum.merge(tally);
  return sum;
}

function medianNrRegions(windows: readonly PhaseWindow[]): Figure {
  return percentile(ascending(windows.map(({ snapshot }) => snapshot.start.length)), 50);
}
