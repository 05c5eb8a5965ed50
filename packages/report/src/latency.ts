import type { Run } from '@damonlab/record';

/**
 * The latency that the share `p` of all accesses (0 to 1) does not exceed, ns, to the middle of its bucket (3 %): accesses that fault
 * counted one by one, others by those that were timed. Null: nobody timed any.
 */
export function latencyQuantileNs({ tables: { latency } }: Run, p: number): number | null {
  const buckets = [...latency].sort((a, b) => a.lowPs - b.lowPs);
  const all = buckets.reduce((sum, { count, every }) => sum + count * every, 0);
  let below = 0;
  for (const { lowPs, highPs, count, every } of buckets) {
    below += count * every;
    if (below >= p * all) return (lowPs + highPs) / 2000;
  }
  return null;
}
