import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryRows } from '../testing/arbitraries.js';
import { type Row, regionsOf } from '../testing/regions.js';
import { findRegion, ReportConsumer } from './consume.js';
import { SampleFilters } from './filters.js';
import { PerCpuRings } from './per-cpu-rings.js';
import type { AccessReport, ReportSpace } from './report.js';
import { SingleArray } from './single-array.js';
import { arbitraryReport, reportOf } from './testing/reports.js';

function rings(): PerCpuRings {
  return new PerCpuRings(PerCpuRings.allocate(4), 4);
}

/** A context with one target, process 100, and a channel per probe index; it keeps probe_hits by region as a probe would. */
class Bench {
  readonly regions;
  readonly channels = [rings(), rings()];
  readonly consumer: ReportConsumer;
  readonly probeHits: number[];

  constructor(rows: readonly Row[], space: ReportSpace, probes: readonly number[] = [0, 1]) {
    this.regions = regionsOf(rows);
    this.probeHits = rows.map(() => 0);
    this.consumer = new ReportConsumer({
      space,
      targets: [{ regions: this.regions, tgid: 100 }],
      sources: probes.map((probeIdx) => ({ channel: this.channels[probeIdx], probeIdx })),
      onDelivered: (_target, region, _report, _credited, probeIdx) => {
        if (probeIdx > 0) this.probeHits[region]++;
      },
    });
  }

  report(probeIdx: number, changes: Partial<AccessReport>): boolean {
    return this.channels[probeIdx].report(reportOf({ tgid: 100, ...changes }));
  }

  get nr(): number[] {
    return [...this.regions.nrAccesses.subarray(0, this.regions.length)];
  }
}

/** The cases of the KUnit suite "damon_drain" of the May 2026 ring series. Its cases on DAMOS scores are checked up to nr_accesses. */
describe('damon_drain', () => {
  const HOT_COLD: Row[] = [
    [0x10000, 0x20000],
    [0x20000, 0x30000],
  ];

  it.each<[string, ReportSpace, Row, number, Partial<AccessReport>, { nr: number; hits: number; noRegion: number }]>([
    ['vaddr: tgid matches, probe 1', 'vaddr', [0x1000, 0x3000], 1, { vaddr: 0x1500, size: 4096 }, { nr: 1, hits: 1, noRegion: 0 }],
    [
      'vaddr: tgid of another process',
      'vaddr',
      [0x1000, 0x3000],
      1,
      { vaddr: 0x1500, size: 4096, tgid: 9999 },
      { nr: 0, hits: 0, noRegion: 1 },
    ],
    ['paddr: page-fault primitive', 'paddr', [0x10000, 0x20000], 0, { paddr: 0x15000 }, { nr: 1, hits: 0, noRegion: 0 }],
    [
      'paddr: vaddr inside, paddr outside',
      'paddr',
      [0x10000, 0x20000],
      0,
      { vaddr: 0x15000, paddr: 0x90000 },
      { nr: 0, hits: 0, noRegion: 1 },
    ],
  ])('%s', (_, space, region, probeIdx, report, { nr, hits, noRegion }) => {
    const bench = new Bench([region], space);
    bench.report(probeIdx, report);
    expect(bench.consumer.check(0, 0)).toBe(nr);
    expect(bench.nr).toEqual([nr]);
    expect(bench.probeHits).toEqual([hits]);
    expect(bench.consumer.counters).toEqual({ samples_drained: 1, filtered_out: 0, samples_no_region: noRegion });
  });

  it('a report raises its region above its neighbour; the zero-report pass clears the flags', () => {
    const bench = new Bench(
      HOT_COLD.map(([start, end]) => [start, end, 4]),
      'paddr',
    );
    bench.report(0, { paddr: 0x15000 });
    bench.consumer.drain(0, 0);
    expect([0, 1].map((region) => bench.consumer.accessReported(0, region))).toEqual([true, false]);
    expect(bench.consumer.finish(0)).toBe(5);
    expect([0, 1].map((region) => bench.consumer.accessReported(0, region))).toEqual([false, false]);
    expect(bench.nr).toEqual([5, 4]);
  });

  it('three samples with a report each: 3 against 0', () => {
    const bench = new Bench(HOT_COLD, 'paddr');
    for (let tick = 1; tick <= 3; tick++) {
      bench.report(0, { paddr: 0x15000 });
      expect(bench.consumer.check(0, 0)).toBe(tick);
    }
    expect(bench.nr).toEqual([3, 0]);
  });

  it('256 reports of one CPU: 255 queued, 1 dropped as ring_full, room again after the drain', () => {
    const bench = new Bench(HOT_COLD, 'paddr');
    const outcomes = Array.from({ length: 256 }, () => bench.report(0, { cpu: 2, paddr: 0x15000 }));
    expect(outcomes.filter((queued) => queued)).toHaveLength(255);
    expect(bench.channels[0].counters).toMatchObject({ queued: 255, ring_full: 1, busy_drop: 0 });
    expect(bench.consumer.check(0, 0)).toBe(1);
    expect(bench.report(0, { cpu: 2, paddr: 0x15000 })).toBe(true);
  });

  it('a context with only a probe leaves the page-fault ring alone', () => {
    const bench = new Bench(HOT_COLD, 'paddr', [1]);
    bench.report(0, { paddr: 0x15000 });
    expect(bench.consumer.check(0, 0)).toBe(0);
    expect(bench.consumer.counters.samples_drained).toBe(0);
    const owner = new ReportConsumer({ space: 'paddr', targets: [], sources: [{ channel: bench.channels[0], probeIdx: 0 }] });
    owner.check(0, 0);
    expect(owner.counters.samples_drained).toBe(1);
  });

  it('page fault and probe in one context: both drained, one probe hit, one credit', () => {
    const bench = new Bench(HOT_COLD, 'paddr');
    bench.report(0, { paddr: 0x15000 });
    bench.report(1, { paddr: 0x16000 });
    bench.consumer.check(0, 0);
    expect(bench.consumer.counters.samples_drained).toBe(2);
    expect(bench.probeHits).toEqual([1, 0]);
    expect(bench.nr).toEqual([1, 0]);
  });
});

describe('findRegion', () => {
  const regions = regionsOf([
    [100, 200],
    [200, 300],
    [400, 500],
  ]);
  it.each([
    ['before all', 99, 1, -1],
    ['first byte', 100, 1, 0],
    ['last byte', 199, 1, 0],
    ['whole region', 100, 100, 0],
    ['straddles two regions', 199, 2, -1],
    ['next region', 200, 1, 1],
    ['in a gap', 300, 1, -1],
    ['straddles into a gap', 299, 2, -1],
    ['from a gap into a region', 399, 2, -1],
    ['last region', 499, 1, 2],
    ['past the end', 499, 2, -1],
    ['after all', 500, 1, -1],
  ])('%s', (_, address, size, index) => {
    expect(findRegion(regions, address, size)).toBe(index);
  });

  it('of no regions finds none', () => {
    expect(findRegion(regionsOf([]), 0, 1)).toBe(-1);
  });
});

describe('ReportConsumer', () => {
  it('credits every target that watches this part of the process', () => {
    const [whole, part, other] = [[[0, 1_000]], [[500, 600]], [[0, 1_000]]].map((rows) => regionsOf(rows as [number, number][]));
    const channel = rings();
    const targets = [whole, part, other].map((regions, i) => ({ regions, tgid: i < 2 ? 7 : 8 }));
    const consumer = new ReportConsumer({ space: 'vaddr', targets, sources: [{ channel, probeIdx: 0 }] });
    channel.report(reportOf({ tgid: 7, vaddr: 550 }));
    consumer.check(0, 0);
    expect([whole, part, other].map((regions) => regions.nrAccesses[0])).toEqual([1, 1, 0]);
    expect(consumer.counters).toEqual({ samples_drained: 1, filtered_out: 0, samples_no_region: 0 });
  });

  it('counts a report of the single array in two samples, when both come within its age', () => {
    const channel = new SingleArray(SingleArray.allocate());
    const regions = regionsOf([[0, 100]]);
    const consumer = new ReportConsumer({ space: 'paddr', targets: [{ regions, tgid: 0 }], sources: [{ channel, probeIdx: 0 }] });
    channel.report(reportOf({ timeNs: 1_000 }));
    expect([1_000, 6_000, 6_001].map((now) => consumer.check(now, 5_000))).toEqual([1, 2, 2]);
    expect(consumer.counters.samples_drained).toBe(2);
  });

  it('counts as a model does, for any regions, filters and reports', () => {
    const rows = arbitraryRows({ unit: 16, maxUnits: 20, maxNr: 3, maxAge: 0, gaps: true });
    const lists = fc.array(rows, { minLength: 1, maxLength: 3 });
    const samples = fc.array(fc.array(arbitraryReport(2_000), { maxLength: 40 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, fc.constantFrom('vaddr', 'paddr'), fc.boolean(), samples, (lists, space, writesOnly, samples) => {
        const channel = rings();
        const targets = lists.map((rows, t) => ({ regions: regionsOf(rows), tgid: t + 1 }));
        const consumer = new ReportConsumer({ space, targets, sources: [{ channel, probeIdx: 0 }] });
        if (writesOnly) consumer.filters = new SampleFilters([{ type: 'write', matching: true, allow: true }], 'damos');
        const model = new Model(lists, space, writesOnly);
        for (const reports of samples) {
          for (const report of reports) channel.report(report);
          expect(consumer.check(0, 0)).toBe(model.check(reports));
        }
        expect(targets.map(({ regions }) => [...regions.nrAccesses.subarray(0, regions.length)])).toEqual(model.nr);
        expect(consumer.counters).toEqual(model.counters);
      }),
    );
  });
});

/** Looks at every region for every report. */
class Model {
  readonly nr: number[][];
  readonly counters = { samples_drained: 0, filtered_out: 0, samples_no_region: 0 };
  readonly #lists: readonly (readonly Row[])[];
  readonly #space: string;
  readonly #writesOnly: boolean;

  constructor(lists: readonly (readonly Row[])[], space: string, writesOnly: boolean) {
    this.nr = lists.map((rows) => rows.map(([, , nr = 0]) => nr));
    this.#lists = lists;
    this.#space = space;
    this.#writesOnly = writesOnly;
  }

  check(reports: readonly AccessReport[]): number {
    const hit = new Set<string>();
    for (const report of reports) {
      this.counters.samples_drained++;
      if (this.#writesOnly && !report.isWrite) this.counters.filtered_out++;
      else if (!this.#place(report, hit)) this.counters.samples_no_region++;
    }
    for (const key of hit) {
      const [t, i] = key.split(' ').map(Number);
      this.nr[t][i]++;
    }
    return Math.max(...this.nr.flat());
  }

  #place(report: AccessReport, hit: Set<string>): boolean {
    const from = this.#space === 'vaddr' ? report.vaddr : report.paddr;
    let found = false;
    for (const [t, rows] of this.#lists.entries()) {
      if (this.#space === 'vaddr' && report.tgid !== t + 1) continue;
      for (const [i, [start, end]] of rows.entries()) {
        if (from < start || from + report.size > end) continue;
        hit.add(`${t} ${i}`);
        found = true;
      }
    }
    return found;
  }
}
