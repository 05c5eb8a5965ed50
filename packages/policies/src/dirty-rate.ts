import { PAGE_BYTES } from '@damonlab/base';
import { eachRegion, type Reported } from './window.js';

/** Regions at the end of a window, as parallel arrays. */
export interface SampledRegions {
  readonly start: ArrayLike<number>;
  readonly end: ArrayLike<number>;
  readonly nrAccesses: ArrayLike<number>;
}

/**
 * Pages dirtied in a window of `nrSamples` samples, by regions whose samples count writes only. A region's pages are taken to be written
 * alike: with a share p of its samples written, a page stays clean for a whole window with probability (1 - p)^nrSamples.
 */
export function dirtyPagesBySamples({ start, end, nrAccesses }: SampledRegions, nrSamples: number): number {
  let pages = 0;
  for (let i = 0; i < start.length; i++) {
    const written = Math.min(1, nrAccesses[i] / nrSamples);
    pages += ((end[i] - start[i]) / PAGE_BYTES) * (1 - (1 - written) ** nrSamples);
  }
  return pages;
}

/**
 * The same by reports of one write in `sampledEvery` accesses: w writes that hit n pages at random dirty n (1 - e^(-w / n)) of them.
 */
export function dirtyPagesByReports(rows: readonly Reported[], sampledEvery: number): number {
  let pages = 0;
  eachRegion(rows, (start, end, ofRegion) => {
    const writes = ofRegion.reduce((sum, { isWrite, reports }) => sum + (isWrite ? reports : 0), 0) * sampledEvery;
    const all = (end - start) / PAGE_BYTES;
    pages += all * (1 - Math.exp(-writes / all));
  });
  return pages;
}

/** Indexes of `rates` from the slowest: the first is the virtual machine that is migrated live the easiest. */
export function easiestFirst(rates: readonly number[]): number[] {
  return rates.map((_, i) => i).sort((a, b) => rates[a] - rates[b] || a - b);
}
