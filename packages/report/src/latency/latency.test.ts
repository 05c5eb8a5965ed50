import { type LatencyRow, noTables } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { runOf, schemeRowOf } from '../../test/build-run.js';
import { renderReport } from '../reports.js';
import { latency } from './latency.js';

const STYLE = { color: false, width: 100 };

const cpu = (index: number, accesses: number, busyNs: number, id = 0) => ({
  cpu: id,
  startNs: index * 1e8,
  endNs: (index + 1) * 1e8,
  accesses,
  tlbMisses: accesses / 10,
  pageFaults: 0,
  contextSwitches: 0,
  busyNs,
});
const bucket = (kind: LatencyRow['kind'], lowPs: number, count: number, every: number): LatencyRow => {
  return { kind, lowPs, highPs: lowPs + 2000, count, every };
};
const tables = {
  ...noTables(),
  latency: [
    bucket('access', 9_000, 8, 100),
    bucket('access', 29_000, 2, 100),
    bucket('hint_fault', 999_000, 10, 1),
    bucket('first_touch', 1, 0, 1),
  ],
  schemes: [schemeRowOf(0, 1, { szApplied: 4096 }), schemeRowOf(0, 2, { szApplied: 4096 }), schemeRowOf(0, 3, { szApplied: 12_288 })],
};
const run = runOf([], { cpuCounters: [cpu(0, 10, 100), cpu(0, 30, 100, 1), cpu(1, 0, 50), cpu(2, 10, 50)], tables });

describe('latency', () => {
  it('has quantiles and means by kind, and of all: a timed access stands for so many', () => {
    const [all, access, fault] = latency(run).kinds;
    expect(access).toEqual({ kind: 'access', accesses: 1000, mean_ns: 14, p50_ns: 10, p90_ns: 30, p99_ns: 30, p999_ns: 30, max_ns: 30 });
    expect(fault).toMatchObject({ kind: 'hint_fault', accesses: 10, mean_ns: 1000, p50_ns: 1000 });
    expect(all).toMatchObject({ kind: 'all', accesses: 1010, p50_ns: 10, p99_ns: 30, p999_ns: 1000, max_ns: 1000 });
    expect(all.mean_ns).toBeCloseTo((1000 * 14 + 10 * 1000) / 1010);
  });

  it('has the CPU time of an access window by window, over all CPUs, beside what schemes applied in it', () => {
    const rows = latency(run).rows.map(({ t, accesses, ns_per_access, schemes }) => [t, accesses, ns_per_access, schemes[0].sz_applied]);
    expect(rows).toEqual([
      [0.1, 40, 5, 4096],
      [0.2, 0, null, 0],
      [0.3, 10, 5, 8192],
    ]);
  });

  it('is readable', () => {
    expect(renderReport('latency', run, 'text', {}, STYLE)).toMatchInlineSnapshot(`
      "# kind      accesses       mean    p50    p90    p99  p99.9    max
      all            1,010  23.800 ns  10 ns  30 ns  30 ns   1 us   1 us
      access         1,000      14 ns  10 ns  30 ns  30 ns  30 ns  30 ns
      hint_fault        10       1 us   1 us   1 us   1 us   1 us   1 us

      # time s  accesses  ns_per_access  tlb_miss_ratio     0 stat
      0.10            40           5.00          10.0 %  4.000 KiB
      0.20             0              -               -        0 B
      0.30            10           5.00          10.0 %  8.000 KiB
      # of schemes: sz_applied
      "
    `);
  });

  it('says what is missing', () => {
    const bare = renderReport('latency', { ...run, tables: noTables() }, 'text', {}, STYLE);
    expect(bare).toMatch(/no access was timed one by one: record with `latency_every`/);
    expect(() => latency(runOf([]))).toThrow(/the run does not say how long accesses took/);
  });

  it('of a long run puts windows together, and loses none', () => {
    const long = runOf([], { cpuCounters: Array.from({ length: 45 }, (_, i) => cpu(i, 10, 20 + i)), tables });
    const lines = renderReport('latency', long, 'text', {}, STYLE)
      .split('\n')
      .filter((line) => /^\d+\.\d\d /.test(line));
    expect(lines).toHaveLength(15);
    expect(lines[14]).toMatch(/^4\.50 +30 /);
  });
});
