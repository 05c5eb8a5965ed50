import type { AccessTruthRow, HandoverRow, PlacementRow, RowLists, Run, SharingRow, ThreadRow } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { bareRun, manifestOf } from '../../testing/bare-run.js';
import { balancingFigures } from './balancing.js';
import { damonErrorFigures, sessionsOf } from './damon-error.js';
import { faultShareFigures } from './fault-shares.js';
import { handoverFigures } from './handovers.js';
import { SHARING_FIGURES, sharingFigures } from './index.js';

const WINDOW_NS = 50e6;
const PAGE = 4096;

const windowAt = (w: number) => ({ startNs: w * WINDOW_NS, endNs: (w + 1) * WINDOW_NS });

/** A user at the end of window `w`. */
function user(w: number, name: string, changes: Partial<SharingRow> = {}): SharingRow {
  const counts = { armed: 0, lostArms: 0, disarmed: 0, delivered: 0, misattributed: 0, stray: 0, lostFaults: 0 };
  return { ...windowAt(w), user: name, active: 1, inForce: 0, ...counts, ...changes };
}

/** DAMON has the faults in the windows that are not null, where it sees so many pages; the first ten of 100 are touched. */
function runOf(seen: readonly (number | null)[], tables: Partial<RowLists> = {}, accesses = 1000): Run {
  const counts = { nrAccesses: Uint32Array.of(1, 0), age: Uint32Array.of(0, 0) };
  const snapshots = seen.map((pages, w) => {
    const cut = (pages ?? 0) * PAGE;
    const [start, end] = [Float64Array.of(0, cut), Float64Array.of(cut, 100 * PAGE)];
    return { targetId: 0, ...windowAt(w), sampleUs: 2500, aggrUs: 50_000, start, end, ...counts };
  });
  const truth = seen.map((_, w) => ({ targetId: 0, ...windowAt(w), start: Float64Array.of(0), end: Float64Array.of(10 * PAGE) }));
  const sharing = seen.map((pages, w) => user(w, 'damon', { active: Number(pages !== null) }));
  const placement = [0, 1].flatMap((nid) => seen.map((_, w) => page(w, 'half', nid, nid === 0 ? 4 - w : w)));
  return bareRun({
    targets: [0],
    snapshots,
    truth,
    counters: { accesses },
    tables: { sharing, placement, ...tables },
  });
}

function page(w: number, region: string, nid: number, pages: number): PlacementRow {
  return { ...windowAt(w), targetId: 0, region, start: 0, end: 4 * PAGE, nid, pages };
}

describe("DAMON's error", () => {
  it('sessions are the windows through which it had the faults', () => {
    const sessions = sessionsOf(runOf([null, 10, 10, 10, null, 10, 10]));
    expect(sessions.map(({ handedOver, windows }) => [handedOver, windows.map(({ endNs }) => endNs / WINDOW_NS)])).toEqual([
      [true, [3, 4]],
      [true, [7]],
    ]);
    expect(sessionsOf(runOf([10, 10])).map(({ handedOver, windows }) => [handedOver, windows.length])).toEqual([[false, 2]]);
  });

  it('counts bytes seen or touched, but not both', () => {
    const run = runOf([null, 77, 20, 5]);
    // Both are 10 and 5 pages, either is 20 and 10.
    expect(damonErrorFigures(run, run)).toMatchObject({ damon_error: 50, damon_precision: (100 * 15) / 25, damon_recall: 75 });
    expect(damonErrorFigures(runOf([null, null]), run)).toMatchObject({ damon_error: null, damon_recovery: null });
  });

  it('recovers when it is nearly as good as alone', () => {
    const alone = runOf([null, 10, 10, 10, 10]);
    expect(damonErrorFigures(alone, alone).damon_recovery).toBe(1);
    expect(damonErrorFigures(runOf([null, 90, 50, 20, 10, 90]), alone).damon_recovery).toBe(3);
    expect(damonErrorFigures(runOf([null, 90, 50, 20, null, 10, 10]), alone).damon_recovery).toBe((2 + 1) / 2);
    // Always had them: there is nothing to recover from.
    expect(damonErrorFigures(runOf([90, 90]), alone).damon_recovery).toBeNull();
  });
});

describe('shares of faults', () => {
  it('are of what each user got or should have got', () => {
    const sharing = [
      user(0, 'damon', { armed: 60, lostArms: 20, delivered: 50, misattributed: 10, stray: 5, lostFaults: 10 }),
      user(0, 'numa_balancing', { armed: 9, lostArms: 1 }),
    ];
    expect(faultShareFigures(runOf([10], { sharing }))).toEqual({
      damon_misattributed: 20,
      damon_stray: 10,
      damon_lost_faults: 20,
      damon_lost_arms: 25,
      numab_misattributed: null,
      numab_stray: null,
      numab_lost_faults: null,
      numab_lost_arms: 10,
    });
  });
});

describe('hand-overs', () => {
  const handover = (atNs: number, stopped: string, changes: Partial<HandoverRow> = {}): HandoverRow => {
    const cost = { walked: 0, changed: 0, shootdowns: 0, leftOver: 0, costNs: 0, quiescedNs: 0 };
    return { atNs, stopped, started: '', busy: '', ...cost, ...changes };
  };

  it('cost by who left, and the left-overs go', () => {
    const handovers = [
      handover(WINDOW_NS, 'numa_balancing', { walked: 100, changed: 40, costNs: 3000, leftOver: 50 }),
      handover(9 * WINDOW_NS, 'damon', { costNs: 500 }),
    ];
    const sharing = [0, 1, 2, 3, 4].map((w) => user(w, 'numa_balancing', { active: 0, inForce: 50 - 10 * w }));
    const manifestWith = (strategy: string) => manifestOf({ sharing: { strategy } });
    const run = { ...runOf([10], { handovers, sharing }), manifest: manifestWith('runtime_full') };
    const half = handoverFigures({ ...run, manifest: manifestWith('runtime_half') });
    expect(half).toMatchObject({ numab_walked: null, damon_uninstall_us: null, numab_left_over: 50 });
    expect(handoverFigures(run)).toEqual({
      numab_walked: 100,
      numab_changed: 40,
      numab_uninstall_us: 3,
      damon_uninstall_us: 0.5,
      numab_left_over: 50,
      survivors_100: 60,
      survivors_500: null,
      survivors_1000: null,
      survivors_2000: null,
    });
  });
});

describe('NUMA balancing', () => {
  const threads = (nids: readonly number[]): ThreadRow[] =>
    nids.map((numaPreferredNid, w) => {
      return { ...windowAt(w), tid: 0, targetId: 0, cpu: 4, execNs: 0, numaPreferredNid, numaScanPeriodMs: 100, numaScanSeq: 0 };
    });
  const vmstat = (counts: readonly number[]) => counts.map((value, w) => ({ ...windowAt(w), counter: 'numa_pages_migrated', value }));
  const nodes = [{ cpus: 4 }, { cpus: 4 }];
  const row: AccessTruthRow = { region: 'half', start: 0, end: 4 * PAGE, cpu: 4, tid: 0, isWrite: true, accesses: 9 };

  it('flips between nodes only, and what it moved beside what came home', () => {
    const run: Run = {
      ...runOf([10, 10, 10], { threads: threads([-1, 1, 1, 0, -1, 1]), vmstat: vmstat([0, 3, 7]) }),
      manifest: manifestOf({ topology: { nodes } }),
      accessTruth: [{ targetId: 0, ...windowAt(0), rows: [row] }],
    };
    // Of four pages two came home, one in each window; 7 moved.
    expect(balancingFigures(run)).toEqual({ numab_flips: 2, numab_needless: 5, numab_conv: null, numab_away: 75 });
  });

  it('without it there is nothing to say but where the pages are', () => {
    expect(balancingFigures(runOf([10]))).toMatchObject({ numab_flips: null, numab_needless: null, numab_conv: null });
  });
});

it('all figures are declared, and slow-down is against NUMA balancing alone', () => {
  const figures = sharingFigures(runOf([10], {}, 950), { numab: runOf([], {}, 1000), damon: runOf([10]) });
  expect(Object.keys(figures).sort()).toEqual(SHARING_FIGURES.map(({ name }) => name).sort());
  expect(figures.slow_down).toBeCloseTo(5, 12);
  expect(figures.latency_p99).toBeNull();
});
