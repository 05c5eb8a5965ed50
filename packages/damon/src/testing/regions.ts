import type { AddrRange } from '@damonlab/base';
import { type DamonAttrs, NO_INTERVALS_GOAL } from '../attrs.js';
import { RegionList } from '../region-list.js';

/** One region of a table: `[start, end, nr_accesses, last_nr_accesses, age]`. */
export type Row = readonly [start: number, end: number, nr?: number, last?: number, age?: number];

export function regionsOf(rows: readonly Row[]): RegionList {
  const regions = new RegionList(2);
  for (const [start, end, nr = 0, last = 0, age = 0] of rows) {
    regions.append(start, end);
    const i = regions.length - 1;
    regions.nrAccesses[i] = nr;
    regions.lastNrAccesses[i] = last;
    regions.age[i] = age;
  }
  return regions;
}

/** `[[start, end], ...]` */
export function boundsOf(regions: RegionList): [number, number][] {
  return Array.from({ length: regions.length }, (_, i) => [regions.start[i], regions.end[i]]);
}

export function rowsOf(regions: RegionList): [number, number, number, number, number][] {
  return Array.from({ length: regions.length }, (_, i) => [
    regions.start[i],
    regions.end[i],
    regions.nrAccesses[i],
    regions.lastNrAccesses[i],
    regions.age[i],
  ]);
}

/** `'10-20 30-40'` as ranges. */
export function ranges(text: string): AddrRange[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => {
      const [start, end] = word.split('-').map(Number);
      return { start, end };
    });
}

/** Regions as `'10-20 30-40'`. */
export function text(regions: RegionList): string {
  return boundsOf(regions)
    .map(([start, end]) => `${start}-${end}`)
    .join(' ');
}

export function attrsOf(changes: Partial<DamonAttrs> = {}): DamonAttrs {
  return {
    sampleUs: 5_000,
    aggrUs: 100_000,
    opsUpdateUs: 1_000_000,
    minNrRegions: 10,
    maxNrRegions: 1_000,
    intervalsGoal: NO_INTERVALS_GOAL,
    ...changes,
  };
}
