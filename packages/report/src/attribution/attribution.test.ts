import { UserError } from '@damonlab/base';
import type { AccessTruthRow, AttributionRow, Run } from '@damonlab/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessTruthOf, attributionOf, manifestOf, runOf, snapshotOf } from '../../test/build-run.js';
import { renderReport } from '../reports.js';
import { attribution } from './attribution.js';
import { ATTRIBUTION_KEYS } from './keys.js';

const STYLE = { color: false, width: 80 };

/** Regions `a` [0, 100) and `b` [100, 300); a DAMON region over both, one in each, and one in neither. CPU 2 is on node 1. */
const run = runOf([snapshotOf(0, [[0, 400, 1]]), snapshotOf(1, [[0, 400, 1]])], {
  manifest: manifestOf({ machine: { topology: { nodes: [{ cpus: 2 }, { cpus: 1 }] } } }),
  attribution: [
    attributionOf(0, [
      [0, 100, 0, 7, false, 6],
      [0, 100, 2, 8, true, 2],
      [100, 300, 2, 8, true, 4],
      [300, 400, 1, 9, false, 5],
    ]),
    // 50 bytes of `a` and 150 of `b`: a quarter and three quarters of 4 reports.
    attributionOf(1, [[50, 250, 0, 7, false, 4]]),
  ],
  accessTruth: [
    accessTruthOf(0, [
      ['a', 0, 100, 0, 7, false, 50],
      ['a', 0, 100, 2, 8, true, 50],
    ]),
    accessTruthOf(1, [['b', 100, 300, 2, 8, true, 900]]),
    // The run ended before DAMON had aggregated this window.
    accessTruthOf(2, [['a', 0, 100, 1, 9, true, 1e6]]),
  ],
});

describe('attribution', () => {
  it('sets the share in reports beside the true one, as computed by hand', () => {
    const report = attribution(run);
    expect(report).toMatchObject({ by: 'thread', regions_of: 'workload', n_windows: 2, reports: 21, credited: 5, outside_reports: 5 });
    expect(report.regions).toEqual([
      {
        name: 'a',
        start: 0,
        end: 100,
        reports: 9,
        accesses: 100,
        shares: [
          { key: 7, reports: 7, estimated: 7 / 9, accesses: 50, true: 0.5, abs_error: 7 / 9 - 0.5 },
          { key: 8, reports: 2, estimated: 2 / 9, accesses: 50, true: 0.5, abs_error: 0.5 - 2 / 9 },
        ],
      },
      {
        name: 'b',
        start: 100,
        end: 300,
        reports: 7,
        accesses: 900,
        shares: [
          { key: 7, reports: 3, estimated: 3 / 7, accesses: 0, true: 0, abs_error: 3 / 7 },
          { key: 8, reports: 4, estimated: 4 / 7, accesses: 900, true: 1, abs_error: 1 - 4 / 7 },
        ],
      },
    ]);
    expect(report.total.shares.map(({ key, reports, accesses }) => [key, reports, accesses])).toEqual([
      [7, 10, 50],
      [8, 6, 950],
    ]);
    expect(report.weighted_abs_error).toBeCloseTo((100 * (7 / 9 - 0.5) + 900 * (3 / 7)) / 1000, 14);
    expect(report.mean_abs_error).toBeCloseTo((2 * (7 / 9 - 0.5) + 2 * (3 / 7)) / 4, 14);
  });

  it.each([
    ['cpu', [0, 2]],
    ['node', [0, 1]],
    ['rw', ['read', 'write']],
  ] as const)('tells accesses apart by %s', (by, keys) => {
    const { total } = attribution(run, { by });
    expect(total.shares.map(({ key }) => key)).toEqual(keys);
    expect(total.shares.map(({ reports }) => reports)).toEqual([10, 6]);
  });

  it('has the regions of the last snapshot where the truth was not logged', () => {
    const report = attribution({ ...run, accessTruth: [] });
    expect(report).toMatchObject({ regions_of: 'damon', outside_reports: 0, mean_abs_error: null, weighted_abs_error: null });
    expect(report.regions).toHaveLength(1);
    expect(report.regions[0]).toMatchObject({ name: '0x0-0x190', reports: 21 });
    expect(report.regions[0].shares[0]).toEqual({ key: 7, reports: 10, estimated: 10 / 21, accesses: 0, true: null, abs_error: null });
    expect(renderReport('attribution', { ...run, accessTruth: [] }, 'svg', {}, STYLE)).not.toMatch(/NaN|true \(accesses\)/);
  });

  describe('of physical memory', () => {
    // Virtual addresses of `p/a` and `q/a` are the same; in physical memory p has [0, 200), q [200, 300), and DAMON regions lie across.
    const physical = runOf(
      [
        snapshotOf(0, [
          [0, 100, 1],
          [100, 300, 1],
        ]),
      ],
      {
        attribution: [
          attributionOf(0, [
            [0, 100, 0, 7, false, 6, 'p/a'],
            [0, 100, 2, 8, true, 2, 'p/a'],
            [100, 300, 0, 7, false, 1, 'p/a'],
            [100, 300, 2, 9, false, 3, 'q/a'],
            [100, 300, 2, 9, false, 1, ''],
          ]),
        ],
        accessTruth: [
          accessTruthOf(0, [
            ['p/a', 5_000, 5_200, 0, 7, false, 600],
            ['p/a', 5_000, 5_200, 2, 8, true, 400],
            ['q/a', 5_000, 5_100, 2, 9, false, 50],
          ]),
        ],
      },
    );

    it('takes the regions of the workload from the reports', () => {
      const { regions, outside_reports } = attribution(physical);
      expect(
        regions.map(({ name, reports, shares }) => [
          name,
          reports,
          shares.map(({ key, estimated, true: truth }) => [key, estimated, truth]),
        ]),
      ).toEqual([
        [
          'p/a',
          9,
          [
            [7, 7 / 9, 0.6],
            [8, 2 / 9, 0.4],
          ],
        ],
        ['q/a', 3, [[9, 1, 1]]],
      ]);
      expect(outside_reports).toBe(1);
    });

    it('has physical regions beside the truth of what lies there', () => {
      const [low, high] = attribution(physical).physical_regions ?? [];
      expect(low).toMatchObject({ start: 0, end: 100, reports: 8 });
      expect(low.shares.map(({ key, estimated, true: truth }) => [key, estimated, truth])).toEqual([
        [7, 0.75, 0.6],
        [8, 0.25, 0.4],
      ]);
      // One report about p, whose true share of thread 8 is 0.4, and three about q; what the fifth is about nobody knows.
      expect(high).toMatchObject({ start: 100, end: 300, reports: 5 });
      const close = (value: number) => expect.closeTo(value, 12);
      expect(high.shares.map(({ key, reports, true: truth }) => [key, reports, truth])).toEqual([
        [7, 1, close(0.15)],
        [8, 0, close(0.1)],
        [9, 4, close(0.75)],
      ]);
      expect(attribution(run).physical_regions).toBeUndefined();
    });

    it('is readable', () => {
      expect(renderReport('attribution', physical, 'text', {}, STYLE)).toMatchInlineSnapshot(`
        "# target 0: 13 reports (5 raised nr_accesses) in 1 windows
        # shares by thread in reports (estimated) and in accesses (true), in each region of the workload
        # reports name the region of the workload that they were about
        # region   size    thread  reports  estimated %  true %  error
        p/a       200 B  thread 7        7        77.78   60.00  17.78
                         thread 8        2        22.22   40.00  17.78
        q/a       100 B  thread 9        3       100.00  100.00   0.00
        total            thread 7        7        58.33   57.14   1.19
                         thread 8        2        16.67   38.10  21.43
                         thread 9        3        25.00    4.76  20.24
        # the same in each physical region of the last snapshot; true: by the regions of the workload that its reports were about
        # start   size    thread  reports  estimated %  true %  error
        0x0      100 B  thread 7        6        75.00   60.00  15.00
                        thread 8        2        25.00   40.00  15.00
        0x64     200 B  thread 7        1        20.00   15.00   5.00
                        thread 8        0         0.00   10.00  10.00
                        thread 9        4        80.00   75.00   5.00
        # 1 more reports were outside of these regions
        # mean absolute error: 11.85 percentage points, 16.93 with regions weighted by their accesses
        "
      `);
      expect(renderReport('attribution', physical, 'csv', {}, STYLE).split('\n').slice(-8, -4)).toMatchInlineSnapshot(`
        [
          "physical,0,100,8,2,0.25,3.2,0.4,0.15000000000000002",
          "physical,100,300,7,1,0.2,0.6,0.15,0.05000000000000002",
          "physical,100,300,8,0,0,0.4,0.1,0.1",
          "physical,100,300,9,4,0.8,3,0.75,0.050000000000000044",
        ]
      `);
    });
  });

  it('is readable', () => {
    expect(renderReport('attribution', run, 'text', { by: 'rw' }, STYLE)).toMatchInlineSnapshot(`
      "# target 0: 21 reports (5 raised nr_accesses) in 2 windows
      # shares by rw in reports (estimated) and in accesses (true), in each region of the workload
      # reports of a DAMON region that overlaps several of them are shared out by bytes of overlap
      # region   size     rw  reports  estimated %  true %  error
      a         100 B   read        7        77.78   50.00  27.78
                       write        2        22.22   50.00  27.78
      b         200 B   read        3        42.86    0.00  42.86
                       write        4        57.14  100.00  42.86
      total             read       10        62.50    5.00  57.50
                       write        6        37.50   95.00  57.50
      # 5 more reports were outside of these regions
      # mean absolute error: 35.32 percentage points, 41.35 with regions weighted by their accesses
      "
    `);
    expect(renderReport('attribution', run, 'csv', {}, STYLE).split('\n').slice(0, 2)).toEqual([
      'region,start,end,thread,reports,estimated,accesses,true,abs_error',
      `a,0,100,7,7,${7 / 9},50,0.5,${7 / 9 - 0.5}`,
    ]);
    const svg = renderReport('attribution', run, 'svg', { by: 'cpu' }, STYLE);
    expect(svg.match(/<rect [^>]*height="11"/g)).toHaveLength(12);
    expect(svg).toContain('>cpu 2</text>');
  });

  it('says what to do when nobody knows who made the accesses', () => {
    const scenario = { machine: { monitor: { sample: { primitive: 'page_table' } } } };
    const without: Run = { ...run, attribution: [], manifest: manifestOf(scenario) };
    expect(() => attribution(without)).toThrow(UserError);
    expect(() => attribution(without)).toThrow(/does not know who[\s\S]*primitive page_table[\s\S]*--sample_primitives page_fault/);
    expect(() => attribution({ ...run, manifest: null }, { by: 'node' })).toThrow(/which CPU is on which node/);
    expect(() => attribution(run, { target: 3 })).toThrow(/no such target/);
  });
});

const range = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 20 }));
const who = { cpu: fc.nat(2), tid: fc.nat(4), isWrite: fc.boolean() };
const reportRows = fc.array(
  fc.record({ range, ...who, reports: fc.integer({ min: 1, max: 99 }) }).map(
    ({ range: [start, bytes], ...row }): AttributionRow => ({
      regionStart: start,
      regionEnd: start + bytes,
      workloadRegion: '',
      ...row,
      credited: 1,
    }),
  ),
  { maxLength: 20 },
);
/** Regions of ten bytes each with gaps, of which some have no accesses. */
const truthRows = fc.array(
  fc
    .record({ at: fc.nat(3), ...who, accesses: fc.integer({ min: 1, max: 1e6 }) })
    .map(({ at, ...row }): AccessTruthRow => ({ region: `r${at}`, start: 15 * at, end: 15 * at + 10, ...row })),
  { maxLength: 20 },
);

describe('shares', () => {
  it('add up to 1 in each region, and reports to those of the rows, as counting byte by byte finds them', () => {
    fc.assert(
      fc.property(reportRows, truthRows, fc.constantFrom(...ATTRIBUTION_KEYS), (rows, truth, by) => {
        const window = { targetId: 0, startNs: 0, endNs: 100e6 };
        const report = attribution({ ...run, attribution: [{ ...window, rows }], accessTruth: [{ ...window, rows: truth }] }, { by });
        for (const { shares } of [...report.regions, report.total]) {
          for (const kind of ['estimated', 'true'] as const) {
            const known = shares.flatMap((share) => share[kind] ?? []);
            if (known.length > 0) expect(known.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
            expect([0, shares.length]).toContain(known.length);
          }
        }
        const inRegions = report.regions.reduce((sum, { reports }) => sum + reports, 0);
        expect(report.reports).toBe(rows.reduce((sum, row) => sum + row.reports, 0));
        expect(inRegions + report.outside_reports).toBeCloseTo(report.reports, 9);
        expect(report.total.reports).toBeCloseTo(inRegions, 9);
        if (truth.length > 0)
          for (const region of report.regions) expect(region.reports).toBeCloseTo(reportsByByte(region, rows, truth), 9);
      }),
    );
  });
});

/** The reports of a region: each row's over the bytes of all regions that it contains. */
function reportsByByte(
  region: { readonly start: number; readonly end: number },
  rows: readonly AttributionRow[],
  truth: readonly AccessTruthRow[],
): number {
  let reports = 0;
  for (const row of rows) {
    let here = 0;
    let anywhere = 0;
    for (let byte = row.regionStart; byte < row.regionEnd; byte++) {
      anywhere += Number(truth.some(({ start, end }) => start <= byte && byte < end));
      here += Number(region.start <= byte && byte < region.end);
    }
    if (here > 0) reports += (row.reports * here) / anywhere;
  }
  return reports;
}
