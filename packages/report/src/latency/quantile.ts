import type { LatencyRow, Run } from '@damonlab/record';

/**
 * The latency that the share `p` of all accesses (0 to 1) does not exceed, ns, to the middle of its bucket (3 %): accesses that fault
 * counted one by one, others by those that were timed. Null: nobody timed any.
 */
export function latencyQuantileNs({ tables: { latency } }: Run, p: number): number | null {
  return quantileNs(latency, p);
}

/** The same of some of the buckets. */
export function quantileNs(rows: readonly LatencyRow[], p: number): number | null {
  const buckets = [...rows].sort((a, b) => a.lowPs - b.lowPs);
  const all = accessesOf(buckets);
  let below = 0;
  for (const { lowPs, highPs, count, every } of buckets) {
    below += count * every;
    if (below >= p * all) return (lowPs + highPs) / 2000;
  }
  return null;
}

/** Accesses that the timed ones stand for. */
export function accessesOf(rows: readonly LatencyRow[]): number {
  return rows.reduce((sum, { count, every }) => sum + count * every, 0);
}
