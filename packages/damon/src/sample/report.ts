/**
 * One access that a primitive saw: who touched what, how, when. Addresses in bytes, times in simulated nanoseconds.
 *
 * @kernel include/linux/damon.h struct damon_access_report (damon/next)
 */
export interface AccessReport {
  readonly vaddr: number;
  readonly paddr: number;
  /** Bytes, at least 1. */
  readonly size: number;
  readonly cpu: number;
  readonly tid: number;
  /** Thread group: the process. */
  readonly tgid: number;
  readonly isWrite: boolean;
  readonly timeNs: number;
  /** How long the access took; 0 where the primitive does not tell. */
  readonly latencyNs: number;
}

/** Which of the two addresses of a report a context looks at. */
export type ReportSpace = 'vaddr' | 'fvaddr' | 'paddr';

export function reportedAddress(report: AccessReport, space: ReportSpace): number {
  return space === 'paddr' ? report.paddr : report.vaddr;
}

/** A report that is filled again and again, so that passing one on allocates nothing. */
export type ReportBuffer = { -readonly [Field in keyof AccessReport]: AccessReport[Field] };

export function reportBuffer(): ReportBuffer {
  return { vaddr: 0, paddr: 0, size: 1, cpu: 0, tid: 0, tgid: 0, isWrite: false, timeNs: 0, latencyNs: 0 };
}

/** Numbers of a report in a channel's memory. */
export const REPORT_COLUMNS = 9;

export function encodeReport(report: AccessReport, into: Float64Array, at = 0): void {
  into[at] = report.vaddr;
  into[at + 1] = report.paddr;
  into[at + 2] = report.size;
  into[at + 3] = report.cpu;
  into[at + 4] = report.tid;
  into[at + 5] = report.tgid;
  into[at + 6] = report.isWrite ? 1 : 0;
  into[at + 7] = report.timeNs;
  into[at + 8] = report.latencyNs;
}

export function decodeReport(from: Float64Array, at: number, into: ReportBuffer): void {
  into.vaddr = from[at];
  into.paddr = from[at + 1];
  into.size = from[at + 2];
  into.cpu = from[at + 3];
  into.tid = from[at + 4];
  into.tgid = from[at + 5];
  into.isWrite = from[at + 6] === 1;
  into.timeNs = from[at + 7];
  into.latencyNs = from[at + 8];
}
