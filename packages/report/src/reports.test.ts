import { UserError } from '@damonlab/base';
import { noTables } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { accessTruthOf, attributionOf, phaseOf, type RegionRow, runOf, schemeRowOf, snapshotOf, truthOf } from '../test/build-run.js';
import { access } from './access.js';
import { nrRegions } from './nr-regions.js';
import { renderReport, reports } from './reports.js';
import { summary } from './summary.js';
import { wss } from './wss.js';

const MIB = 1024 * 1024;
const ROWS: RegionRow[] = [
  [0, MIB, 0, 30],
  [MIB, 2 * MIB, 20, 2],
  [2 * MIB, 4 * MIB, 5, 1],
];
const PLACEMENT = [0, 1].map((nid) => ({ startNs: 0, endNs: 1e8, targetId: 0, region: 'data', start: 0, end: 8192, nid, pages: nid }));
const RACES = [0, 1].map((cpu) => ({ startNs: 0, endNs: 1e8, cpu, race: 'lost_claims', count: 1 + cpu }));
const LATE = [0, 64].map((lowNs) => ({ startNs: 0, endNs: 1e8, lowNs, highNs: 2 * lowNs + 1, count: 5 }));
const COUNTS = { pgmajfault: 2, pswpin: 3, pswpout: 4, pgsteal_kswapd: 5, pgsteal_direct: 6, pageout: 7, pglazyfree: 8, pglazyfreed: 9 };
const REFAULTS = { workingset_refault_anon: 10, workingset_refault_file: 11 };
const PROCESSES = [1, 2, 3].map((rss) => ({ startNs: 0, endNs: rss * 1e8, targetId: rss % 2, rss, ...COUNTS, ...REFAULTS }));
const IDLE = Array.from({ length: 101 }, (_, percentile) => ({ atNs: 6e9, estimatedBandwidth: 9, percentile, idleMs: percentile - 50 }));
const run = runOf([snapshotOf(0, ROWS.slice(0, 1)), snapshotOf(1, ROWS.slice(0, 2)), snapshotOf(2, ROWS)], {
  tables: {
    ...noTables(),
    placement: PLACEMENT,
    processes: PROCESSES,
    schemes: [schemeRowOf(0, 1)],
    damon_stat: IDLE,
    races: RACES,
    timer_lateness: LATE,
  },
  truth: [0, 1, 2].map((index) => truthOf(index, [[0, MIB]])),
  phases: [phaseOf('a, "b"', 0, 300, [[MIB, 2 * MIB]])],
  counters: { pgfault: 3, armed: 40 },
  attribution: [attributionOf(0, [[0, MIB, 0, 1, false, 3]])],
  accessTruth: [accessTruthOf(0, [['hot, "1"', 0, MIB, 0, 1, false, 9]])],
  cpuCounters: [0, 1].map((cpu) => ({
    cpu,
    startNs: 0,
    endNs: 350e6,
    accesses: 100,
    tlbMisses: 10,
    pageFaults: 2,
    contextSwitches: 1,
    busyNs: 5e8,
  })),
});
const STYLE = { color: false, width: 80 };

describe('processes', () => {
  it('shows each process as it is in the end', () => {
    expect(renderReport('processes', run, 'text', {}, STYLE)).toMatchInlineSnapshot(`
      "# at the end              process 0   process 1
      rss                       8.000 KiB  12.000 KiB
      pswpout                  16.000 KiB  16.000 KiB
      pswpin                   12.000 KiB  12.000 KiB
      workingset_refault_anon  40.000 KiB  40.000 KiB
      pgsteal_kswapd           20.000 KiB  20.000 KiB
      pgsteal_direct           24.000 KiB  24.000 KiB
      pageout                  28.000 KiB  28.000 KiB
      pglazyfree               32.000 KiB  32.000 KiB
      pglazyfreed              36.000 KiB  36.000 KiB
      pgmajfault                        2           2
      # pageout: taken by schemes and madvise
      "
    `);
    expect(reports.processes.compute(run)).toMatchObject({
      rows: [{ t: 0.1, process: 1, rss: 4096, pageout: 7 * 4096, pgmajfault: 2 }, {}, {}],
    });
  });

  it('shows memory cgroups that have limits, at the end of the run', () => {
    const values = {
      'memory.high /a': 3,
      'memory.current /a': 2,
      'memory.events.high /a': 4,
      'memory.max /a/b': 1,
      'memory.current /a/b': 1,
    };
    const vmstat = Object.entries(values).flatMap(([counter, value]) => [
      { endNs: 1e8, counter, value: 0 },
      { endNs: 2e8, counter, value },
    ]);
    const limited = { ...run, tables: { ...run.tables, vmstat: [...vmstat, { endNs: 2e8, counter: 'pswpin', value: 7 }] } };
    const text = renderReport('processes', limited, 'text', {}, STYLE);
    expect(text.slice(text.indexOf('# memory cgroup'))).toMatchInlineSnapshot(`
      "# memory cgroup          /a       /a/b
      memory.current    8.000 KiB  4.000 KiB
      memory.high      12.000 KiB        max
      memory.max              max  4.000 KiB
      events: high              4          0
      events: max               0          0
      events: oom               0          0
      "
    `);
    expect(reports.processes.compute(limited).memcgs?.[1]).toEqual({
      path: '/a/b',
      max: 4096,
      high: null,
      current: 4096,
      events: { high: 0, max: 0, oom: 0 },
    });
  });

  it('is about runs with swap', () => {
    expect(() => reports.processes.compute(runOf([], {}))).toThrow(/memory that is reclaimed[\s\S]*`swap`/);
  });
});

describe('access', () => {
  it('shows the last snapshot by default', () => {
    const report = access(run);
    expect(report).toMatchObject({ snapshot: 2, nr_snapshots: 3, total_bytes: 4 * MIB, start_ns: 200e6 });
    expect(report.regions[1]).toMatchObject({ access_percent: 100, access_hz: 200, age_us: 200_000, temperature: 10_000 + 20_000_000 });
    expect(report.regions[0].temperature).toBe(-300_000_000);
  });

  it('shows the snapshot that is asked for', () => {
    expect(access(run, { snapshot: 0 }).regions).toHaveLength(1);
    expect(access(run, { snapshot: -2 }).regions).toHaveLength(2);
    expect(() => access(run, { snapshot: 3 })).toThrow(/expected: -3 to 2/);
  });

  it('is readable', () => {
    expect(renderReport('access', run, 'text', {}, STYLE)).toMatchInlineSnapshot(`
      "# target 0, snapshot 2 of 3, [200 ms, 300 ms) (100 ms)
      # intervals: sample 5 ms, aggr 100 ms
      # temperature: 000000000099999999999999999999999999999999 (0 coldest, 9 hottest)
      #            address       size  nr_accesses  access     age
      0       0x0-0x100000  1.000 MiB            0     0 %     3 s  |000000000000000|
      1  0x100000-0x200000  1.000 MiB           20   100 %  200 ms  |999999999999999|
      2  0x200000-0x400000  2.000 MiB            5    25 %  100 ms  |2222222222222222|
      # total size: 4.000 MiB, accessed: 3.000 MiB
      "
    `);
  });

  it('does without intervals', () => {
    const old = runOf([snapshotOf(0, ROWS, { sampleUs: 0, aggrUs: 0 })], { intervals: null });
    expect(access(old).regions[1]).toMatchObject({ nr_accesses: 20, access_hz: null, temperature: null });
    expect(renderReport('access', old, 'text', {}, STYLE)).toContain('# intervals: unknown');
  });
});

describe('wss', () => {
  it('has percentiles, truth and error', () => {
    const report = wss(run);
    expect(report.windows.map((window) => window.wss)).toEqual([0, MIB, 3 * MIB]);
    expect(report.wss.percentiles.map(({ value }) => value)).toEqual([0, 0.5 * MIB, MIB, 2 * MIB, 3 * MIB]);
    expect(report.truth?.error).toEqual({ avg: MIB / 3, abs_avg: MIB, relative_avg: 1 / 3, relative_abs_avg: 1 });
  });

  it('takes threshold, order and first snapshots as told', () => {
    expect(wss(run, { accThres: 6 }).windows.map((window) => window.wss)).toEqual([0, MIB, MIB]);
    expect(wss(run, { skip: 2 }).windows).toHaveLength(1);
    const falling = runOf([snapshotOf(0, ROWS), snapshotOf(1, ROWS.slice(0, 1))]);
    expect(wss(falling, { sortBy: 'time', percentiles: [0, 100] }).wss.percentiles.map(({ value }) => value)).toEqual([3 * MIB, 0]);
    expect(() => wss(run, { percentiles: [101] })).toThrow(/expected: 0 to 100/);
    expect(() => wss(run, { skip: -1 })).toThrow(UserError);
    expect(() => wss(run, { accThres: Number.NaN })).toThrow(UserError);
  });

  it('is readable, also when no snapshot is left', () => {
    expect(renderReport('wss', run, 'text', {}, STYLE)).toMatchInlineSnapshot(`
      "# target 0: working set (nr_accesses >= 1) of 3 snapshots
      # avg: 1.333 MiB
      # percentile        value
      0                     0 B  |                                                    |
      25            512.000 KiB  |*********                                           |
      50              1.000 MiB  |*****************                                   |
      75              2.000 MiB  |***********************************                 |
      100             3.000 MiB  |****************************************************|
      # truly touched
      # avg: 1.000 MiB
      # percentile      value
      0             1.000 MiB  |****************************************************|
      25            1.000 MiB  |****************************************************|
      50            1.000 MiB  |****************************************************|
      75            1.000 MiB  |****************************************************|
      100           1.000 MiB  |****************************************************|
      # mean error 341.333 KiB, mean absolute error 1.000 MiB (100.0 % of it)
      "
    `);
    expect(renderReport('wss', run, 'text', { skip: 20 }, STYLE)).toContain('# no snapshot');
  });
});

describe('nr_regions', () => {
  it('counts regions', () => {
    expect(nrRegions(run).nr_regions).toMatchObject({ avg: 2, sort_by: 'size' });
    expect(renderReport('nr_regions', run, 'csv', {}, STYLE)).toBe(
      'start_ns,end_ns,nr_regions\n0,100000000,1\n100000000,200000000,2\n200000000,300000000,3\n',
    );
  });
});

describe('summary', () => {
  it('adds up CPUs and lists targets', () => {
    const report = summary(run);
    expect(report).toMatchObject({ state: 'complete', duration_s: 0.35, n_snap: 3, counters: { pgfault: 3 }, seed: null });
    expect(report.cpu).toEqual({ accesses: 200, tlb_misses: 20, tlb_miss_ratio: 0.1, page_faults: 4, context_switches: 2, busy_s: 1 });
    expect(report.targets).toHaveLength(1);
  });

  it('is readable', () => {
    expect(renderReport('summary', run, 'text', {}, STYLE)).toMatchInlineSnapshot(`
      "run           test, complete
      virtual time  0.350 s, 3 snapshots
      accesses      200 in 1.000 s of CPU time, 2 context switches
      tlb_misses    20 (10.0 % of accesses)
      page faults   4
      nr_regions    1 to 3, median 2
      wss           median 1.000 MiB, mean 1.333 MiB; truly touched: mean 1.000 MiB
      hot phases    precision 0.500, recall 0.667
      touched       precision 0.000, recall 0.000
      "
    `);
  });

  it('takes a run without snapshots', () => {
    expect(summary(runOf([])).targets).toEqual([]);
    expect(renderReport('summary', runOf([], { state: 'incomplete', reason: 'killed' }), 'text', {}, STYLE)).toContain(
      'incomplete: killed',
    );
  });
});

describe('renderReport', () => {
  it.each(Object.keys(reports))('gives %s as one JSON object, as text and as CSV', (name) => {
    const json = JSON.parse(renderReport(name, run, 'json', {}, STYLE));
    expect(typeof json).toBe('object');
    for (const format of ['json', 'text', 'csv']) {
      const text = renderReport(name, run, format, {}, STYLE);
      expect(text.endsWith('\n')).toBe(true);
      expect(text).not.toMatch(/NaN|undefined/);
    }
  });

  it('quotes CSV fields', () => {
    expect(renderReport('accuracy', run, 'csv', {}, STYLE)).toContain('convergence.0.phase,"a, ""b"""');
  });

  it('names the reports and formats that exist', () => {
    expect(() => renderReport('heat', run, 'text', {}, STYLE)).toThrow(
      /one of heatmap, access, wss, accuracy, nr_regions, summary, attribution, faults/,
    );
    expect(() => renderReport('wss', run, 'svg', {}, STYLE)).toThrow(
      /report wss has no such format\n {2}expected: one of text, json, csv\n {2}actual: {3}svg/,
    );
    expect(renderReport('heatmap', run, 'svg', {}, STYLE)).toMatch(/^<svg/);
  });
});
