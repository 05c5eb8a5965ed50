import type { AccessTruthRow, PlacementRow, Run } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { bareRun } from '../testing/bare-run.js';
import { INTERLEAVE_FIGURES, interleaveFigures } from './interleave.js';

/** What each process did in a window of 10 ms: thousands of accesses, and hot pages on both nodes at its end; null: it is not there. */
type Did = readonly [thousands: number, fast: number, slow: number] | null;

const WINDOW_NS = 10e6;

function runOf(windows: readonly (readonly Did[])[], pgmigrateSuccess = 0): Run {
  const span = (i: number) => ({ startNs: i * WINDOW_NS, endNs: (i + 1) * WINDOW_NS });
  const placed = (i: number, targetId: number, did: Did): PlacementRow[] => {
    const [, ...pages] = did ?? [0, 0, 0];
    return pages.map((count, nid) => ({ ...span(i), targetId, region: 'hot', start: 0, end: 0x8000, nid, pages: count }));
  };
  const truth = (tid: number, did: Did): AccessTruthRow[] => {
    const rows = [{ region: 'cold', start: 0x8000, end: 0x9000, cpu: tid, tid, isWrite: false, accesses: 5_000 }];
    if (did === null) return [];
    return [...rows, { region: 'hot', start: 0, end: 0x8000, cpu: tid, tid, isWrite: false, accesses: 1_000 * did[0] }];
  };
  return bareRun({
    targets: [0, 1],
    accessTruth: windows.flatMap((dids, i) => dids.map((did, targetId) => ({ ...span(i), targetId, rows: truth(targetId, did) }))),
    counters: { virtual_ns: windows.length * WINDOW_NS, kdamond_ns: WINDOW_NS / 2, pgmigrate_success: pgmigrateSuccess },
    tables: { placement: windows.flatMap((dids, i) => dids.flatMap((did, targetId) => placed(i, targetId, did))) },
  });
}

const ALONE: readonly Did[] = [[130, 8, 0], null];

describe('figures of interleaving', () => {
  it('one, two, one: each phase by itself, its end when what could adapt has', () => {
    const figures = interleaveFigures(
      runOf(
        [
          ...[1, 2, 3].map(() => ALONE),
          [
            [80, 8, 0],
            [80, 8, 0],
          ],
          [
            [90, 7, 1],
            [90, 7, 1],
          ],
          ...[1, 2, 3, 4].map((): readonly Did[] => [
            [100, 6, 2],
            [100, 6, 2],
          ]),
          // It goes, and its pages are free at the end of the window.
          [
            [110, 8, 0],
            [1, 0, 0],
          ],
          [[120, 6, 2], null],
          ...[1, 2, 3, 4].map(() => ALONE),
        ],
        512,
      ),
    );
    expect(Object.keys(figures)).toEqual(INTERLEAVE_FIGURES.map(({ name }) => name));
    expect(figures).toMatchObject({ before: 13, during_end: 20, after_end: 13, local_before: 100, local_during: 75, local_after: 100 });
    expect(figures.during).toBeCloseTo((16 + 18 + 4 * 20) / 6, 10);
    expect(figures.after).toBeCloseTo((12 + 4 * 13) / 5, 10);
    // Two windows were not yet there, one was not yet back.
    expect(figures).toMatchObject({ adapt: 20, readapt: 10, moved: 2 });
    expect(figures.kdamond).toBeCloseTo(100 / 30, 10);
    // 8 pages of a process whose thread makes 10 million accesses a second, after 13 million.
    expect(figures.iteration).toBeCloseTo(8 / 10e3, 10);
    expect(figures.iteration_change).toBeCloseTo(1.3, 10);
  });

  it('one process: the change is at the half, and nothing comes after it', () => {
    const same: readonly Did[] = [[100, 4, 4]];
    const figures = interleaveFigures(runOf(Array.from({ length: 6 }, () => same)));
    expect(figures).toMatchObject({ before: 10, during: 10, iteration_change: 1, local_during: 50, after: null, local_after: null });
    expect(figures, 'nothing has moved').toMatchObject({ adapt: null, readapt: null });
  });
});
