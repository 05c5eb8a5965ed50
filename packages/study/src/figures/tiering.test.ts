import type { MigrationRow, PlacementRow, RowLists, Run } from '@damonlab/record';
import { expect, it } from 'vitest';
import { bareRun, manifestOf } from '../testing/bare-run.js';
import { TIERING_FIGURES, tieringFigures } from './tiering.js';

const WINDOW_NS = 1e9;
const windowAt = (w: number) => ({ startNs: w * WINDOW_NS, endNs: (w + 1) * WINDOW_NS });

/** Three windows of a second; in the last one `late` pages of the program are in CXL memory, and `accesses` are made in each. */
function runOf(accesses: readonly number[], late: number, tables: Partial<RowLists> = {}): Run {
  const pages = (w: number, region: string, nid: number, count: number): PlacementRow => {
    const start = region === 'cold' ? 1e9 : 0;
    return { ...windowAt(w), targetId: 0, region, start, end: start + 4096 * 1024, nid, pages: count };
  };
  const placement = accesses.flatMap((_, w) => [
    pages(w, 'data', 0, w === 2 ? 1024 - late : 0),
    pages(w, 'data', 1, w === 2 ? late : 1024),
    pages(w, 'cold', 0, 512),
    pages(w, 'cold', 1, 512),
  ]);
  const touched_pages = [
    { ...windowAt(2), targetId: 0, region: 'data', nid: 0, pages: 30 },
    { ...windowAt(2), targetId: 0, region: 'data', nid: 1, pages: 10 },
    { ...windowAt(1), targetId: 0, region: 'data', nid: 1, pages: 10 },
  ];
  const row = { region: 'data', start: 0, end: 4096 * 1024, cpu: 0, tid: 0, isWrite: false };
  return bareRun({
    manifest: manifestOf({ topology: { nodes: [{ cpus: 2 }, { cpus: 0 }] } }),
    targets: [0],
    accessTruth: accesses.map((count, w) => ({ targetId: 0, ...windowAt(w), rows: [{ ...row, accesses: count }] })),
    counters: { virtual_ns: 3 * WINDOW_NS, busy_ns: 3 * WINDOW_NS, kdamond_ns: 3e7 },
    tables: { placement, touched_pages, ...tables },
  });
}

const moves = (fromNid: number, counts: Partial<MigrationRow>): MigrationRow => {
  return { ...windowAt(1), fromNid, toNid: 1 - fromNid, pages: 0, back: 0, used: 0, usedNs: 0, ...counts };
};
const pass = { tid: 0, cpu: 0, numaScanSeq: 0, numaScanPeriodMs: 100, numaPreferredNid: -1, ptesUpdated: 9, pagesWalked: 9 };
const DRAM = runOf([2e6, 2e6, 2e6], 0);

it('what a program gets, what moved, and who paid', () => {
  const tables: Partial<RowLists> = {
    migrations: [moves(1, { pages: 768, back: 7, used: 700, usedNs: 350e9 }), moves(0, { pages: 256, back: 3 })],
    scan_passes: [{ atNs: 5e8, ...pass, costNs: 2e6 }],
    latency: [
      { kind: 'access', lowPs: 99_000, highPs: 101_000, count: 90, every: 10 },
      { kind: 'hint_fault', lowPs: 999_000, highPs: 1_001_000, count: 100, every: 1 },
      { kind: 'first_touch', lowPs: 9_000_000, highPs: 9_100_000, count: 5000, every: 1 },
    ],
  };
  expect(tieringFigures(runOf([1e6, 1e6, 1.6e6], 256, tables), { dram: DRAM })).toEqual({
    throughput: 1.2,
    throughput_end: 1.6,
    slower: 100 * (2 / 1.2 - 1),
    slower_end: 25,
    fast: 75,
    slow: 1,
    p50: 100,
    p99: 1000,
    p999: 1000,
    promoted: 3,
    demoted: 1,
    delay: 0.5,
    back: (100 * 10) / 1024,
    // 2 ms in a scan, 100 faults of 1 us.
    process: 0.07,
    kdamond: 1,
  });
});

it('where nothing moved, nothing waited; all figures are declared', () => {
  const figures = tieringFigures(DRAM, { dram: DRAM });
  expect(figures).toMatchObject({ slower: 0, slower_end: 0, promoted: 0, demoted: 0, delay: null, back: null, process: 0 });
  expect(Object.keys(figures).sort()).toEqual(TIERING_FIGURES.map(({ name }) => name).sort());
});
