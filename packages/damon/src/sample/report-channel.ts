import type { AccessReport } from './report.js';

/**
 * What became of the reports of a channel; causes that a kind of channel does not have stay 0. Nothing is lost outside of these:
 *
 * - reports made = queued + ring_full + busy_drop + trylock_drop
 * - queued = visited for the first time + stale + wrapped + still waiting
 */
export interface ReportCounters {
  /** Taken into the channel. */
  readonly queued: number;
  /** Refused: the ring of the CPU was full. */
  readonly ring_full: number;
  /** Refused: made while the same CPU was in the middle of another report. */
  readonly busy_drop: number;
  /** Refused: somebody else held the lock of the array. */
  readonly trylock_drop: number;
  /** Lost: the array began again from its start before a drain had seen them. */
  readonly wrapped: number;
  /** Lost: too old when a drain first saw them. */
  readonly stale: number;
  /** Visits of reports that an earlier drain had visited already. */
  readonly repeated: number;
}

export const NO_REPORTS: ReportCounters = {
  queued: 0,
  ring_full: 0,
  busy_drop: 0,
  trylock_drop: 0,
  wrapped: 0,
  stale: 0,
  repeated: 0,
};

/** The way of reports from the CPUs that make them to the kdamond that counts them. Neither side ever waits for room. */
export interface ReportChannel {
  /**
   * Producer: hand a report over. False when it was lost; the counters say why.
   *
   * @kernel mm/damon/core.c damon_report_access (damon/next)
   */
  report(report: AccessReport): boolean;
  /**
   * Consumer: visit the reports that are at most `maxAgeNs` old at `nowNs`. The visited object is reused: it means something
   * only during the visit.
   */
  drain(nowNs: number, maxAgeNs: number, visit: (report: AccessReport) => void): void;
  /** Those of the consumer's side (stale, repeated) are known only to the instance that drains. */
  readonly counters: ReportCounters;
}
