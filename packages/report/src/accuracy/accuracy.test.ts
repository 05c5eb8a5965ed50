import { UserError } from '@damonlab/base';
import { NO_TARGET } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { phaseOf, type RegionRow, runOf, snapshotOf, truthOf } from '../../test/build-run.js';
import { renderReport } from '../reports.js';
import { accuracy } from './accuracy.js';

/** 100 bytes in two regions; the first is accessed. */
const LOW: RegionRow[] = [
  [0, 50, 20],
  [50, 100, 0],
];
/** Three regions; the last 50 bytes are accessed. */
const HIGH: RegionRow[] = [
  [0, 20, 0],
  [20, 50, 0],
  [50, 100, 20],
];

describe('accuracy', () => {
  it('has the names of the measurements', () => {
    const report = accuracy(runOf([snapshotOf(0, LOW)], { phases: [phaseOf('p', 0, 100, [[0, 50]])] }));
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(['n_snap', 'aggr_ms_p50', 'nr_regions', 'total_bytes', 'wss', 'hot_phases_all_windows']),
    );
    expect(Object.keys(report)).toEqual(expect.arrayContaining(['hot_phases_from_1s', 'by_window', 'precision_counting_heap_as_hot']));
    expect(Object.keys(report.nr_regions)).toEqual(['min', 'p25', 'p50', 'p75', 'max']);
    expect(Object.keys(report.wss)).toEqual(['p0', 'p25', 'p50', 'p75', 'p100', 'avg']);
    const names = 'n truth nr_p50 wss_p25 wss_p50 wss_p75 wss_avg prec_1 rec_1 prec_q rec_q prec_h rec_h rate_in rate_out';
    expect(Object.keys(report.hot_phases_all_windows)).toEqual(names.split(' '));
    expect(report.by_window).toEqual({ 0: { precision: 1, recall: 1, nr_regions: 2 } });
    expect('kdamond_ns_per_sample' in report).toBe(false);
  });

  it('scores only windows wholly inside one phase, and no warm-up', () => {
    // Windows 0 and 1 warm-up, 2 across the border, 3 to 5 in phase `a` (truth low), 6 across, 7 in `b` (truth high).
    const snapshots = [LOW, LOW, LOW, HIGH, LOW, LOW, LOW, HIGH].map((rows, index) => snapshotOf(index, rows));
    const phases = [
      phaseOf('warm-up', 0, 250, [[0, 100]], { initial: true }),
      phaseOf('a', 250, 650, [[0, 50]]),
      phaseOf('b', 650, 810, [[50, 100]]),
    ];
    const report = accuracy(runOf(snapshots, { phases }));
    expect(report.hot_phases_all_windows).toMatchObject({ n: 4, truth: 50, nr_p50: 2.5, prec_1: 150 / 200, rec_1: 150 / 200 });
    // Window 3 starts 50 ms after `a`, window 7 50 ms after `b`: both are number 0; their figures are ratios of sums.
    expect(report.by_window).toEqual({
      0: { precision: 0.5, recall: 0.5, nr_regions: 3 },
      1: { precision: 1, recall: 1, nr_regions: 2 },
      2: { precision: 1, recall: 1, nr_regions: 2 },
    });
    expect(report.hot_phases_from_1s).toMatchObject({ n: 0, truth: null, prec_1: null, wss_p50: null });
    // `a` is seen in window 4, which ends 250 ms after its start.
    expect(report.convergence).toEqual([
      { phase: 'a', start_ms: 250, n: 3, converged_ms: 250 },
      { phase: 'b', start_ms: 650, n: 1, converged_ms: 150 },
    ]);
  });

  it('numbers windows by nominal intervals, and the curve ends after 25 of them', () => {
    // Real distance 102 ms: the window that starts at 5.1 s is number 51, number 49 is left out.
    const snapshots = Array.from({ length: 60 }, (_, i) => snapshotOf(0, LOW, { startNs: i * 102e6, endNs: (i + 1) * 102e6 }));
    const phases = [phaseOf('a', 0, 2, [[0, 50]], { initial: true }), phaseOf('b', 2, 10_000, [[0, 50]])];
    const report = accuracy(runOf(snapshots, { phases }));
    expect(report.aggr_ms_p50).toBeCloseTo(102, 9);
    expect(Object.keys(report.by_window)).toEqual(Array.from({ length: 25 }, (_, i) => String(i + 1)));
    expect(report.hot_phases_all_windows.n).toBe(59);
    // Windows 10 and later start at 1.018 s or later after the change of phase.
    expect(report.hot_phases_from_1s.n).toBe(50);
  });

  it('takes working set, regions and totals over all windows', () => {
    const snapshots = [LOW, LOW, HIGH, [[0, 80, 1] as RegionRow]].map((rows, index) => snapshotOf(index, rows));
    const report = accuracy(runOf(snapshots));
    expect(report.wss).toEqual({ p0: 50, p25: 50, p50: 50, p75: 57.5, p100: 80, avg: 57.5 });
    expect(report.nr_regions).toEqual({ min: 1, p25: 1.75, p50: 2, p75: 2.25, max: 3 });
    expect(report).toMatchObject({ n_snap: 4, total_bytes: 100, aggr_ms_p50: 100, touched: null, convergence: [] });
  });

  it('counts what a phase touches beside its subject as true, for that one figure', () => {
    const phases = [phaseOf('a', 0, 100, [[0, 40]], { alsoTouched: [{ start: 45, end: 200 }] })];
    const report = accuracy(runOf([snapshotOf(0, LOW)], { phases }));
    expect(report.hot_phases_all_windows.prec_1).toBe(0.8);
    expect(report.precision_counting_heap_as_hot).toBe(0.9);
    expect(accuracy(runOf([snapshotOf(0, LOW)], { phases: [phaseOf('a', 0, 100, [[0, 40]])] })).precision_counting_heap_as_hot).toBeNull();
  });

  it('compares with the pages that were really touched', () => {
    const snapshots = [snapshotOf(0, LOW), snapshotOf(1, LOW), snapshotOf(2, HIGH)];
    // No truth for window 1.
    const report = accuracy(
      runOf(snapshots, {
        truth: [
          truthOf(0, [
            [0, 10],
            [20, 30],
          ]),
          truthOf(2, [[40, 100]]),
        ],
      }),
    );
    expect(report.touched).toMatchObject({ n: 2, truth: 40, prec_1: 70 / 100, rec_1: 70 / 80 });
    expect(report.touched?.wss_error).toEqual({ avg: 10, abs_avg: 20, relative_avg: 20 / 80, relative_abs_avg: 40 / 80 });
  });

  it('scores no phases where memory is physical, and says so', () => {
    const run = runOf([snapshotOf(0, LOW)], { phases: [phaseOf('a', 0, 100, [[0, 50]], { targetId: NO_TARGET })] });
    expect(accuracy(run)).toMatchObject({ virtual_phases: 1, hot_phases_all_windows: { n: 0, prec_1: null }, convergence: [] });
    expect(renderReport('accuracy', run, 'text', {}, { color: false, width: 80 })).toContain('# phases not scored: 1 (');
    expect('virtual_phases' in accuracy(runOf([snapshotOf(0, LOW)], { phases: [phaseOf('a', 0, 100, [[0, 50]])] }))).toBe(false);
  });

  it('reports one target, and says which there are', () => {
    const run = runOf([snapshotOf(0, LOW), snapshotOf(0, HIGH, { targetId: 4 })], { counters: { kdamond_ns_per_sample: 1234 } });
    expect(accuracy(run)).toMatchObject({ target_id: 0, n_snap: 1, kdamond_ns_per_sample: 1234, aggr_ms_p50: null });
    expect(accuracy(run, { target: 4 })).toMatchObject({ target_id: 4, nr_regions: { p50: 3 } });
    expect(() => accuracy(run, { target: 1 })).toThrow(/one of 0, 4/);
    expect(() => accuracy(runOf([]))).toThrow(UserError);
  });
});
