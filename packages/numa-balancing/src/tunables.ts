import { UserError } from '@damonlab/base';

/** What the user may set, names as in debugfs `sched/numa_balancing` and in sysctl. */
export interface NumaTunables {
  /** Shortest scan period of a thread, ms of its CPU time, before division by the number of scan windows. */
  readonly scanPeriodMinMs: number;
  /** Longest scan period, ms; also how often the promotion threshold is adjusted. */
  readonly scanPeriodMaxMs: number;
  /** Most memory that one pass arms, MiB. */
  readonly scanSizeMb: number;
  /** Time from the birth of an address space or a VMA to its first scan, and first scan period of a thread, ms. */
  readonly scanDelayMs: number;
  /** Memory tiering: a page is hot when it faults less than this after it was armed, ms. */
  readonly hotThresholdMs: number;
  /** Memory tiering: most promotions of one second into one node, MiB. */
  readonly promoteRateLimitMbps: number;
}

/** @kernel kernel/sched/fair.c sysctl_numa_balancing_* (7.3, 6.12) */
export const DEFAULT_TUNABLES: NumaTunables = Object.freeze({
  scanPeriodMinMs: 1000,
  scanPeriodMaxMs: 60_000,
  scanSizeMb: 256,
  scanDelayMs: 1000,
  hotThresholdMs: 1000,
  promoteRateLimitMbps: 65_536,
});

/** [field, name of the kernel's file, least value]. A scan size of 0 divides by zero in the kernel. */
const LIMITS: readonly (readonly [keyof NumaTunables, string, number])[] = [
  ['scanPeriodMinMs', 'scan_period_min_ms', 1],
  ['scanPeriodMaxMs', 'scan_period_max_ms', 1],
  ['scanSizeMb', 'scan_size_mb', 1],
  ['scanDelayMs', 'scan_delay_ms', 0],
  ['hotThresholdMs', 'hot_threshold_ms', 1],
  ['promoteRateLimitMbps', 'numa_balancing_promote_rate_limit_MBps', 0],
];
const U32_MAX = 0xffff_ffff;

/** Refuse values that no file of the kernel takes. @throws UserError naming the file, what was expected and what was found. */
export function checkTunables(tunables: NumaTunables): void {
  for (const [field, name, least] of LIMITS) {
    const value = tunables[field];
    if (Number.isInteger(value) && value >= least && value <= U32_MAX) continue;
    throw new UserError('bad NUMA balancing setting', {
      where: `numa_balancing: ${name}`,
      expected: `a whole number, ${least} to ${U32_MAX}`,
      actual: String(value),
    });
  }
}
