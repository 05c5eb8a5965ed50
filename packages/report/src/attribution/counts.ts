import { ratio } from '../stats.js';
import { type AttributionKey, compareKeys } from './keys.js';

/** One CPU, thread, node, or reads or writes, in a region. Shares are between 0 and 1, null without a whole. */
export interface AttributionShare {
  readonly key: AttributionKey;
  readonly reports: number;
  readonly estimated: number | null;
  readonly accesses: number;
  /** Null also where the truth was not logged. */
  readonly true: number | null;
  /** |estimated - true|, null if one of them is. */
  readonly abs_error: number | null;
}

/** The shares of all keys of a region, by key, ascending. */
export interface Shares {
  /** A report of a DAMON region that overlaps several regions is shared out among them, so this need not be whole. */
  readonly reports: number;
  readonly accesses: number;
  readonly shares: readonly AttributionShare[];
}

export interface Count {
  reports: number;
  accesses: number;
}

/** What was counted in a region. */
export type Counts = Map<AttributionKey, Count>;

export function add(counts: Counts, key: AttributionKey, reports: number, accesses: number): void {
  const count = counts.get(key) ?? { reports: 0, accesses: 0 };
  count.reports += reports;
  count.accesses += accesses;
  counts.set(key, count);
}

export function sharesOf(counts: Counts, hasTruth: boolean): Shares {
  let reports = 0;
  let accesses = 0;
  for (const count of counts.values()) {
    reports += count.reports;
    accesses += count.accesses;
  }
  const keys = [...counts].sort(([a], [b]) => compareKeys(a, b));
  const shares = keys.map(([key, count]): AttributionShare => {
    const estimated = ratio(count.reports, reports);
    const truth = hasTruth ? ratio(count.accesses, accesses) : null;
    const error = estimated === null || truth === null ? null : Math.abs(estimated - truth);
    return { key, reports: count.reports, estimated, accesses: count.accesses, true: truth, abs_error: error };
  });
  return { reports, accesses, shares };
}
