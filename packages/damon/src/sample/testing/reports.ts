import fc from 'fast-check';
import type { AccessReport } from '../report.js';
import type { ReportChannel } from '../report-channel.js';

/** A report of CPU 0, thread and process 1, a read of one byte at time 0, with changes. */
export function reportOf(changes: Partial<AccessReport> = {}): AccessReport {
  return { vaddr: 0, paddr: 0, size: 1, cpu: 0, tid: 1, tgid: 1, isWrite: false, timeNs: 0, latencyNs: 0, ...changes };
}

/** Reports of few CPUs, threads and addresses, so that they meet. */
export function arbitraryReport(maxAddress: number): fc.Arbitrary<AccessReport> {
  return fc.record({
    vaddr: fc.nat(maxAddress),
    paddr: fc.nat(maxAddress),
    size: fc.constantFrom(1, 1, 8, 4096),
    cpu: fc.nat(3),
    tid: fc.integer({ min: 1, max: 5 }),
    tgid: fc.integer({ min: 1, max: 3 }),
    isWrite: fc.boolean(),
    timeNs: fc.constant(0),
    latencyNs: fc.nat(1_000),
  });
}

/** Copies of what a drain visits. */
export function drained(channel: ReportChannel, nowNs = 0, maxAgeNs = 0): AccessReport[] {
  const reports: AccessReport[] = [];
  channel.drain(nowNs, maxAgeNs, (report) => reports.push({ ...report }));
  return reports;
}
