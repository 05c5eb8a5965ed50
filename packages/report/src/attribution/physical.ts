import type { AttributionWindow } from '@damonlab/record';
import { add, type Counts, type Shares, sharesOf } from './counts.js';
import type { AttributionKey } from './keys.js';
import type { Places } from './places.js';

/**
 * A region of physical memory. `accesses` are the reports that each key would have had by the truth: a report is about a region of the
 * workload, and counts there for each key as much as that has of the region's accesses.
 */
export interface PhysicalRegion extends Shares {
  readonly start: number;
  readonly end: number;
}

type KeyOf = (who: { readonly cpu: number; readonly tid: number; readonly isWrite: boolean }) => AttributionKey;

/** The reports by physical place, beside the truth of what lies there. `truthOf` counts the accesses to a region of the workload. */
export function physicalRegions(
  windows: readonly AttributionWindow[],
  places: Places,
  keyOfRow: KeyOf,
  truthOf: (workloadRegion: string) => Counts | undefined,
): PhysicalRegion[] {
  const counts = places.all.map((): Counts => new Map());
  for (const { rows } of windows) {
    for (const row of rows) {
      const expected = fair(truthOf(row.workloadRegion));
      for (const { index, share } of places.overlapping(row.regionStart, row.regionEnd)) {
        const reports = row.reports * share;
        add(counts[index], keyOfRow(row), reports, 0);
        for (const [key, part] of expected) add(counts[index], key, 0, reports * part);
      }
    }
  }
  return places.all.flatMap(({ start, end }, i) => (counts[i].size === 0 ? [] : [{ start, end, ...sharesOf(counts[i], true) }]));
}

/** The share of each key in the accesses. */
function fair(counts: Counts = new Map()): [AttributionKey, number][] {
  let accesses = 0;
  for (const count of counts.values()) accesses += count.accesses;
  return [...counts].flatMap(([key, count]) =>
    count.accesses === 0 ? [] : [[key, count.accesses / accesses] satisfies [AttributionKey, number]],
  );
}
