import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryRows } from '../testing/arbitraries.js';
import { type Row, regionsOf } from '../testing/regions.js';
import { AttributionLog, NO_PLACE } from './attribution.js';
import { ReportConsumer } from './consume.js';
import { PerCpuRings } from './per-cpu-rings.js';
import type { AccessReport } from './report.js';
import { arbitraryReport, reportOf } from './testing/reports.js';
import { WhoTable } from './who-table.js';

describe('AttributionLog', () => {
  it('says who read and wrote in each region, and which of it counted', () => {
    const log = new AttributionLog('vaddr', 1);
    const add = (vaddr: number, cpu: number, tid: number, isWrite: boolean, credited: boolean) =>
      log.add(0, reportOf({ vaddr, paddr: 9_999, cpu, tid, isWrite }), credited);
    add(250, 1, 20, true, true);
    add(150, 1, 10, false, true);
    add(199, 1, 10, false, false);
    add(100, 0, 30, false, false);
    add(120, 1, 10, true, true);
    const row = (
      regionStart: number,
      regionEnd: number,
      cpu: number,
      tid: number,
      isWrite: boolean,
      reports: number,
      credited: number,
    ) => ({
      ...{ regionStart, regionEnd, cpu, tid, isWrite, place: NO_PLACE, reports, credited },
    });
    expect(
      log.take(
        0,
        regionsOf([
          [100, 200],
          [200, 300],
          [300, 400],
        ]),
      ),
    ).toEqual([
      row(100, 200, 0, 30, false, 1, 0),
      row(100, 200, 1, 10, false, 2, 1),
      row(100, 200, 1, 10, true, 1, 1),
      row(200, 300, 1, 20, true, 1, 1),
    ]);
    expect(log.take(0, regionsOf([[100, 200]]))).toEqual([]);
  });

  it('tells places apart that lie in one region', () => {
    const log = new AttributionLog('paddr', 1, ({ vaddr }) => Math.floor(vaddr / 1_000));
    for (const vaddr of [2_500, 1_500, 1_600, 2_700, 1_700]) log.add(0, reportOf({ vaddr, paddr: vaddr % 100, cpu: 1, tid: 10 }), true);
    const taken = log.take(0, regionsOf([[0, 100]]));
    expect(taken.map(({ tid, place, reports }) => [tid, place, reports])).toEqual([
      [10, 1, 3],
      [10, 2, 2],
    ]);
  });

  it('keeps targets apart, and counts reports whose region is gone', () => {
    const log = new AttributionLog('paddr', 2);
    log.add(0, reportOf({ paddr: 10 }), true);
    log.add(1, reportOf({ paddr: 10, cpu: 3 }), true);
    log.add(1, reportOf({ paddr: 50, cpu: 3 }), true);
    expect(log.take(1, regionsOf([[0, 20]])).map(({ cpu, reports }) => [cpu, reports])).toEqual([[3, 1]]);
    expect(log.take(0, regionsOf([[0, 20]])).map(({ cpu, reports }) => [cpu, reports])).toEqual([[0, 1]]);
    expect([log.delivered, log.unplaced]).toEqual([3, 1]);
  });

  it('sums to the reports delivered, for any reports, windows and regions at their ends', () => {
    const rows = arbitraryRows({ unit: 16, maxUnits: 20, maxNr: 3, maxAge: 0, gaps: true });
    const windows = fc.array(fc.record({ reports: fc.array(arbitraryReport(2_000), { maxLength: 400 }), rows }), { maxLength: 3 });
    fc.assert(
      fc.property(windows, (list) => {
        const log = new AttributionLog('vaddr', 1);
        let placed = 0;
        for (const { reports, rows } of list) {
          for (const [i, report] of reports.entries()) log.add(0, report, i % 3 === 0);
          const taken = log.take(0, regionsOf(rows));
          placed += taken.reduce((sum, row) => sum + row.reports, 0);
          expect(taken.map((row) => [keyOf(row.regionStart, row), row.reports, row.credited])).toEqual(modelOf(reports, rows));
        }
        expect(placed + log.unplaced).toBe(log.delivered);
        expect(log.delivered).toBe(list.reduce((sum, { reports }) => sum + reports.length, 0));
      }),
    );
  });

  it('behind a consumer: credited reports are the nr_accesses, all reports the shares', () => {
    const rows = arbitraryRows({ unit: 64, maxUnits: 8, maxNr: 0, maxAge: 0, gaps: true });
    const samples = fc.array(fc.array(arbitraryReport(2_000), { maxLength: 60 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(rows, samples, (list, ticks) => {
        const channel = new PerCpuRings(PerCpuRings.allocate(4), 4);
        const regions = regionsOf(list.map(([start, end]) => [start, end]));
        const log = new AttributionLog('paddr', 1);
        const consumer = new ReportConsumer({
          space: 'paddr',
          targets: [{ regions, tgid: 0 }],
          sources: [{ channel, probeIdx: 0 }],
          onDelivered: (target, _region, report: AccessReport, credited) => log.add(target, report, credited),
        });
        for (const reports of ticks) {
          for (const report of reports) channel.report(report);
          consumer.check(0, 0);
        }
        const taken = log.take(0, regions);
        const { samples_drained, samples_no_region } = consumer.counters;
        expect(taken.reduce((sum, row) => sum + row.reports, 0)).toBe(samples_drained - samples_no_region);
        for (let i = 0; i < regions.length; i++) {
          const ofRegion = taken.filter(({ regionStart }) => regionStart === regions.start[i]);
          expect(ofRegion.reduce((sum, row) => sum + row.credited, 0)).toBe(regions.nrAccesses[i]);
        }
      }),
    );
  });
});

/** Sorts as rows do: by region, CPU, thread, reads before writes. */
function keyOf(regionStart: number, who: Pick<AccessReport, 'cpu' | 'tid' | 'isWrite'>): string {
  return [String(regionStart).padStart(8), `cpu${who.cpu}`, `tid${who.tid}`, who.isWrite ? 'write' : 'read'].join(' ');
}

/** What `take` should say of reports, each third of which was credited: `[key, reports, credited]`. */
function modelOf(reports: readonly AccessReport[], rows: readonly Row[]): [string, number, number][] {
  const counts = new Map<string, [number, number]>();
  for (const [i, report] of reports.entries()) {
    const region = rows.find(([start, end]) => start <= report.vaddr && report.vaddr < end);
    if (region === undefined) continue;
    const key = keyOf(region[0], report);
    const [count, credited] = counts.get(key) ?? [0, 0];
    counts.set(key, [count + 1, credited + (i % 3 === 0 ? 1 : 0)]);
  }
  return [...counts.keys()].sort().map((key) => [key, ...(counts.get(key) ?? [0, 0])]);
}

it('WhoTable gives each its number, in order of appearance, however many there are', () => {
  const whos = new WhoTable();
  const all = Array.from(
    { length: 6_000 },
    (_, i) => [i % 40, 1_000 + 7 * Math.floor(i / 160), Math.floor(i / 40) % 2, Math.floor(i / 80) % 2] as const,
  );
  const numbers = () => all.map(([cpu, tid, write, place]) => whos.numberOf(cpu, tid, write === 1, place));
  const expected = all.map((_, i) => i);
  expect(numbers()).toEqual(expected);
  expect(numbers()).toEqual(expected);
  expect(whos.length).toBe(6_000);
});
