import type { DamonAttrs, RegionList } from '@damonlab/damon';

/** Percentiles 0 to 100. */
const PERCENTILES = 101;
const US_PER_SEC = 1_000_000;
const US_PER_MS = 1_000;
const PERCENT = 100;

/** What DAMON_STAT shows of a monitored memory, under the names of its parameters. */
export interface MemoryStat {
  /** Bytes a second that were moved if each access that was seen had read its whole region. */
  readonly estimatedMemoryBandwidth: number;
  /** By percentile of the bytes, from 0: for how long they have been idle, ms; negative: for how long they have been accessed. */
  readonly memoryIdleMsPercentiles: readonly number[];
}

/**
 * The statistics of `targets` as they are now, in the middle of a window too, as the module takes them.
 * @kernel mm/damon/stat.c damon_stat_set_estimated_memory_bandwidth, damon_stat_set_idletime_percentiles (7.3)
 */
export function memoryStat(targets: readonly { readonly regions: RegionList }[], { aggrUs }: DamonAttrs): MemoryStat {
  let accessed = 0;
  let total = 0;
  const idle: { readonly bytes: number; readonly intervals: number }[] = [];
  for (const { regions } of targets) {
    for (let i = 0; i < regions.length; i++) {
      const bytes = regions.end[i] - regions.start[i];
      const nr = regions.nrAccesses[i];
      const intervals = regions.age[i] + 1;
      accessed += bytes * nr;
      total += bytes;
      idle.push({ bytes, intervals: nr > 0 ? -intervals : intervals });
    }
  }
  idle.sort((a, b) => a.intervals - b.intervals);
  const memoryIdleMsPercentiles: number[] = [];
  let accounted = 0;
  for (const { bytes, intervals } of idle) {
    accounted += bytes;
    const reached = Math.floor((accounted * PERCENT) / total);
    const idleMs = Math.trunc((intervals * aggrUs) / US_PER_MS);
    while (memoryIdleMsPercentiles.length <= reached && memoryIdleMsPercentiles.length < PERCENTILES) memoryIdleMsPercentiles.push(idleMs);
  }
  return { estimatedMemoryBandwidth: Math.floor((accessed * US_PER_SEC) / aggrUs), memoryIdleMsPercentiles };
}
