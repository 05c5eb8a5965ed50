import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PerCpuRings } from './per-cpu-rings.js';
import type { AccessReport } from './report.js';
import { NO_REPORTS } from './report-channel.js';
import { arbitraryReport, drained, reportOf } from './testing/reports.js';

const NR_CPUS = 4;

function rings(slots?: number): PerCpuRings {
  return new PerCpuRings(PerCpuRings.allocate(NR_CPUS, slots), NR_CPUS, slots);
}

describe('PerCpuRings', () => {
  it('brings every field of a report over, between two ends on the same memory', () => {
    const report = {
      vaddr: 2 ** 47 - 1,
      paddr: 2 ** 40 + 3,
      size: 4096,
      cpu: 3,
      tid: 77,
      tgid: 70,
      isWrite: true,
      timeNs: 123_456_789_012_345,
      latencyNs: 87.5,
    };
    const buffer = PerCpuRings.allocate(NR_CPUS);
    expect(new PerCpuRings(buffer, NR_CPUS).report(report)).toBe(true);
    expect(drained(new PerCpuRings(buffer, NR_CPUS), report.timeNs)).toEqual([report]);
  });

  it('a full ring of one CPU leaves the others alone', () => {
    const channel = rings();
    const taken = Array.from({ length: 300 }, () => channel.report(reportOf({ cpu: 1 })));
    expect(taken.filter((ok) => ok)).toHaveLength(255);
    expect(channel.report(reportOf({ cpu: 2 }))).toBe(true);
    expect(channel.counters).toEqual({ ...NO_REPORTS, queued: 256, ring_full: 45 });
    expect(drained(channel)).toHaveLength(256);
  });

  it('drops what a CPU reports in the middle of a report of its own, and nobody else', () => {
    const channel = rings();
    expect(channel.tryEnter(1)).toBe(true);
    expect(channel.report(reportOf({ cpu: 1 }))).toBe(false);
    expect(channel.report(reportOf({ cpu: 2 }))).toBe(true);
    channel.leave(1);
    expect(channel.report(reportOf({ cpu: 1 }))).toBe(true);
    expect(channel.counters).toEqual({ ...NO_REPORTS, queued: 2, busy_drop: 1 });
  });

  it('drops reports older than asked for, and counts them', () => {
    const channel = rings();
    for (const timeNs of [100, 899, 900, 1_000, 1_001]) channel.report(reportOf({ timeNs }));
    expect(drained(channel, 1_000, 100).map(({ timeNs }) => timeNs)).toEqual([900, 1_000, 1_001]);
    expect(channel.counters).toEqual({ ...NO_REPORTS, queued: 5, stale: 2 });
    expect(drained(channel, 1_000, 1_000)).toEqual([]);
  });

  it('a report during a drain waits for the next one, when its CPU was drained already', () => {
    const channel = rings();
    channel.report(reportOf({ cpu: 2 }));
    channel.drain(0, 0, () => {
      channel.report(reportOf({ cpu: 1 }));
      channel.report(reportOf({ cpu: 2 }));
    });
    expect(drained(channel).map(({ cpu }) => cpu)).toEqual([1, 2]);
  });

  it('refuses a CPU that the machine does not have', () => {
    expect(() => rings().report(reportOf({ cpu: NR_CPUS }))).toThrow(/CPU of the machine/);
  });

  it('delivers or counts each report, CPU by CPU in order, for any mix of reports and drains', () => {
    const step = fc.oneof({ weight: 8, arbitrary: arbitraryReport(1_000) }, { weight: 1, arbitrary: fc.constant('drain' as const) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const channel = rings(8);
        const queues: AccessReport[][] = Array.from({ length: NR_CPUS }, () => []);
        let full = 0;
        let queued = 0;
        for (const one of steps) {
          if (one === 'drain') {
            expect(drained(channel)).toEqual(queues.flat());
            for (const queue of queues) queue.length = 0;
            continue;
          }
          const fits = queues[one.cpu].length < 7;
          expect(channel.report(one)).toBe(fits);
          if (fits) queues[one.cpu].push(one);
          if (fits) queued++;
          else full++;
        }
        expect(drained(channel)).toEqual(queues.flat());
        expect(channel.counters).toEqual({ ...NO_REPORTS, queued, ring_full: full });
      }),
    );
  });
});
