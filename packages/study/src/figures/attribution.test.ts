import type { AccessTruthRow, AttributionRow, Run } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { bareRun } from '../testing/bare-run.js';
import { ATTRIBUTION_FIGURES, attributionFigures } from './attribution.js';

/** Accesses and reports of a thread, which runs on the CPU of half its number, in a place of one page: `shared` or its own. */
type Row = readonly [place: number, tid: number, isWrite: boolean, accesses: number, reports: number];

const PLACE = 0x10000;

function runOf(rows: readonly Row[]): Run {
  const window = { targetId: 0, startNs: 0, endNs: 2e9 };
  const who = (tid: number, isWrite: boolean) => ({ cpu: tid >> 1, tid, isWrite });
  const truth: AccessTruthRow[] = rows.map(([place, tid, isWrite, accesses]) => ({
    region: `place-${place}`,
    start: place * PLACE,
    end: (place + 1) * PLACE,
    ...who(tid, isWrite),
    accesses,
  }));
  const reports: AttributionRow[] = rows
    .filter(([, , , , count]) => count > 0)
    .map(([place, tid, isWrite, , count]) => ({
      regionStart: place * PLACE,
      regionEnd: (place + 1) * PLACE,
      ...who(tid, isWrite),
      workloadRegion: '',
      reports: count,
      credited: count,
    }));
  const nrPlaces = 1 + Math.max(...rows.map(([place]) => place));
  const start = Float64Array.from({ length: nrPlaces }, (_, i) => i * PLACE);
  const counts = new Uint32Array(nrPlaces);
  return bareRun({
    targets: [0],
    snapshots: [{ ...window, sampleUs: 5000, aggrUs: 100_000, start, end: start.map((at) => at + PLACE), nrAccesses: counts, age: counts }],
    attribution: [{ ...window, rows: reports }],
    accessTruth: [{ ...window, rows: truth }],
    counters: { queued: 200, stale: 50 },
  });
}

describe('figures of attribution', () => {
  it('are 0 where reports are in proportion to accesses', () => {
    const figures = attributionFigures(
      runOf([
        [0, 0, false, 600, 60],
        [0, 1, true, 200, 20],
        [0, 2, false, 200, 20],
      ]),
    );
    expect(Object.keys(figures)).toEqual(ATTRIBUTION_FIGURES.map(({ name }) => name));
    for (const name of ['thread_place', 'thread_run', 'cpu_run', 'write_place', 'write_run', 'thread_mean', 'thread_max', 'fastest_bias']) {
      expect(figures[name], name).toBeCloseTo(0, 12);
    }
    expect(figures).toMatchObject({ rank: 100, reported: 100, stale: 25, reports: 50 });
  });

  it('by place right, over the run wrong: each page reports once, however often it is touched', () => {
    const figures = attributionFigures(
      runOf([
        [0, 0, true, 900, 50],
        [1, 2, false, 100, 50],
      ]),
    );
    expect(figures).toMatchObject({ thread_place: 0, cpu_place: 0, write_place: 0, thread_mean: 0, rank: 0 });
    for (const name of ['thread_run', 'cpu_run', 'write_run']) expect(figures[name], name).toBeCloseTo(40, 10);
    expect(figures.fastest_bias).toBeCloseTo(-40, 10);
  });

  it('weight places by their accesses, and leave out those without a report', () => {
    const rows: Row[] = [
      [0, 0, false, 800, 25],
      [0, 1, false, 0, 75],
      [1, 0, false, 200, 10],
      [2, 1, false, 5000, 0],
    ];
    const figures = attributionFigures(runOf(rows));
    expect(figures.thread_place).toBeCloseTo(0.8 * 75, 10);
    expect(figures.thread_max).toBeCloseTo(75, 10);
    expect(figures.reported).toBeCloseTo(200 / 3, 10);
    // Threads 0 and 1 share CPU 0.
    expect(figures.cpu_place).toBeCloseTo(0, 10);
  });

  it('are not there without reports, and some of them not for one thread', () => {
    const none = attributionFigures(runOf([[0, 0, false, 100, 0]]));
    expect(none).toMatchObject({
      thread_place: null,
      thread_run: null,
      write_run: null,
      fastest_bias: null,
      rank: null,
      reported: 0,
      reports: 0,
    });
    expect(attributionFigures(runOf([[0, 0, false, 100, 10]]))).toMatchObject({ thread_run: 0, fastest_bias: null, rank: null });
  });
});
