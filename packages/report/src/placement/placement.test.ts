import { UserError } from '@damonlab/base';
import { noTables, type PlacementRow, type ScanPassRow, type VmstatRow } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { accessTruthOf, manifestOf, runOf } from '../../test/build-run.js';
import { renderReport } from '../reports.js';
import { placement } from './placement.js';

const STYLE = { color: false, width: 100 };
const HALF = 100 * 4096;

/** Pages of half0 (used by node 0) and half1 (used by node 1) by node, at the ends of windows of 100 ms. */
function rows(windows: readonly (readonly [half0: readonly number[], half1: readonly number[]])[]): PlacementRow[] {
  return windows.flatMap((halves, w) =>
    halves.flatMap((byNode, h) =>
      byNode.map((pages, nid) => {
        const start = h * HALF;
        return { startNs: w * 1e8, endNs: (w + 1) * 1e8, targetId: 0, region: `half${h}`, start, end: start + HALF, nid, pages };
      }),
    ),
  );
}

const vmstat = (w: number, migrated: number): VmstatRow[] => [
  { endNs: (w + 1) * 1e8, counter: 'numa_pages_migrated', value: migrated },
  { endNs: (w + 1) * 1e8, counter: 'numa_hint_faults', value: 2 * migrated },
  { endNs: (w + 1) * 1e8, counter: 'pgfault', value: 7 },
];

const pass: ScanPassRow = {
  atNs: 1.012e9,
  tid: 1,
  cpu: 2,
  numaScanSeq: 0,
  numaScanPeriodMs: 1000,
  numaPreferredNid: -1,
  ptesUpdated: 5,
  pagesWalked: 6,
  costNs: 7,
};

const TOPOLOGY = { machine: { topology: { nodes: [{ cpus: 1 }, { cpus: 1 }] } } };
const run = runOf([], {
  manifest: manifestOf(TOPOLOGY),
  accessTruth: [
    accessTruthOf(0, [
      ['half0', 0, HALF, 0, 0, true, 50],
      ['half0', 0, HALF, 1, 1, true, 20],
      ['half1', HALF, 2 * HALF, 1, 1, true, 50],
    ]),
  ],
  tables: {
    ...noTables(),
    placement: rows([
      [
        [100, 0],
        [100, 0],
      ],
      [
        [90, 10],
        [49, 51],
      ],
      [
        [100, 0],
        [1, 99],
      ],
      [
        [100, 0],
        [0, 100],
      ],
    ]),
    vmstat: [...vmstat(0, 0), ...vmstat(1, 61), ...vmstat(2, 119), ...vmstat(3, 120)],
    scan_passes: [pass],
  },
});

describe('placement', () => {
  const report = placement(run);

  it('a region is at home where most of its accesses come from', () => {
    expect(report.regions.map(({ region, home, first, last }) => [region, home, first, last])).toEqual([
      ['half0', 0, [100, 0], [100, 0]],
      ['half1', 1, [100, 0], [0, 100]],
    ]);
  });

  it('counts the pages at home and on node 1, and NUMA balancing beside them, window by window', () => {
    expect(
      report.rows.map(({ t, local, node1, migrated, hint_faults, pte_updates }) => [t, local, node1, migrated, hint_faults, pte_updates]),
    ).toEqual([
      [0.1, 0.5, 0, 0, 0, null],
      [0.2, 0.705, 0.305, 61, 122, null],
      [0.3, 0.995, 0.495, 119, 238, null],
      [0.4, 1, 0.5, 120, 240, null],
    ]);
    expect(report.final).toMatchObject({ t: 0.4, local: 1, migrated: 120 });
  });

  it('says when more than a share of the pages that were away have come home', () => {
    expect(report.conv).toEqual({ '0.1': 0.2, '0.5': 0.2, '0.9': 0.3, '0.99': 0.4 });
    const still = {
      ...run,
      tables: {
        ...run.tables,
        placement: rows([
          [
            [100, 0],
            [100, 0],
          ],
        ]),
      },
    };
    expect(placement(still).conv['0.1']).toBeNull();
  });

  it('keeps the scans as the measurements do', () => {
    expect(report.scan_work).toEqual({ 1: [[1.012, 0, 1000, -1]] });
  });

  it('without the truth nothing has a home', () => {
    const blind = placement({ ...run, accessTruth: [] });
    expect(blind.regions.map(({ home }) => home)).toEqual([null, null]);
    expect(blind.final.local).toBeNull();
  });

  it('is readable, as a table and as a picture', () => {
    expect(renderReport('placement', run, 'text', {}, STYLE)).toMatchInlineSnapshot(`
      "# region         size    home  node 0 first  node 1 first  node 0 last  node 1 last
      half0     400.000 KiB  node 0   400.000 KiB           0 B  400.000 KiB          0 B
      half1     400.000 KiB  node 1   400.000 KiB           0 B          0 B  400.000 KiB

      # time s     local       node 0       node 1  hint_faults  migrated
      0.10       50.00 %  800.000 KiB          0 B            0         0
      0.20       70.50 %  556.000 KiB  244.000 KiB          122        61
      0.30       99.50 %  404.000 KiB  396.000 KiB          238       119
      0.40      100.00 %  400.000 KiB  400.000 KiB          240       120

      # of the pages that were away from home: 10 % 0.20 s, 50 % 0.20 s, 90 % 0.30 s, 99 % 0.40 s

      # scans by  passes  numa_scan_seq  scan period  preferred
      thread 1         1              0      1000 ms       none
      "
    `);
    const svg = renderReport('placement', run, 'svg', {}, STYLE);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).toContain('scan at 1.012 s');
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('says where what was touched lies, by node and by tier', () => {
    const touched = (w: number, byNode: readonly number[]) =>
      byNode.map((pages, nid) => ({ startNs: w * 1e8, endNs: (w + 1) * 1e8, targetId: 0, region: 'half1', nid, pages }));
    const tables = { ...run.tables, touched_pages: [...touched(0, [30, 10]), ...touched(2, [0, 8])] };
    const tiered = manifestOf({ machine: { topology: { nodes: [{ cpus: 1 }, { cpus: 0 }] } } });
    const hot = placement({ ...run, manifest: tiered, accessTruth: [], tables });
    expect(hot.tiers).toEqual([0, 1]);
    expect(hot.rows.map(({ touched: bytes, touched_top }) => [bytes, touched_top])).toEqual([
      [[30 * 4096, 10 * 4096], 0.75],
      [[0, 0], null],
      [[0, 8 * 4096], 0],
      [[0, 0], null],
    ]);
    expect(hot.rows[1].bytes).toEqual([139 * 4096, 61 * 4096]);
    const text = renderReport('placement', { ...run, manifest: tiered, accessTruth: [], tables }, 'text', {}, STYLE);
    expect(text).toMatch(/# time s +local +node 0 \(tier 0\) +node 1 \(tier 1\) +touched on 0 +touched on 1/);
  });

  it('says what moved, how soon, and what came back', () => {
    const moves = (w: number, fromNid: number, counts: { pages: number; back: number; used: number; usedNs: number }) => {
      return { startNs: w * 1e8, endNs: (w + 1) * 1e8, fromNid, toNid: 1 - fromNid, ...counts };
    };
    const migrations = [
      moves(0, 1, { pages: 1000, back: 0, used: 1, usedNs: 3e8 }),
      moves(0, 0, { pages: 7, back: 0, used: 0, usedNs: 0 }),
      moves(2, 1, { pages: 2000, back: 5, used: 3, usedNs: 1e8 }),
    ];
    const moved = { ...run, tables: { ...run.tables, migrations } };
    expect(placement(moved).moves).toEqual([
      { from: 1, to: 0, pages: 3000, back: 5, delay: 0.1 },
      { from: 0, to: 1, pages: 7, back: 0, delay: null },
    ]);
    // In wall time nobody follows single pages.
    const racing = { ...run, tables: { ...run.tables, migrations: [moves(0, 1, { pages: 9, back: -1, used: 0, usedNs: 0 })] } };
    expect(placement(racing).moves).toEqual([{ from: 1, to: 0, pages: 9, back: null, delay: null }]);
    expect(renderReport('placement', moved, 'text', {}, STYLE)).toMatch(/^node 1 to 0 +3,000 +5 +0\.100 s\nnode 0 to 1 +7 +0 +-$/m);
  });

  it('one node: says what to do', () => {
    expect(() => placement(runOf([]))).toThrow(UserError);
    expect(() => placement(runOf([]))).toThrow(/--topology 2-node/);
  });
});
