import type { AttributionRow } from '@damonlab/damon';

/** What policies read of a row of attribution: so many reports say that this CPU and thread accessed this region. */
export type Reported = Pick<AttributionRow, 'regionStart' | 'regionEnd' | 'cpu' | 'tid' | 'isWrite' | 'reports'>;

/** Of what earlier windows said, a window leaves this share: one odd window does not decide, and after four a change is known. */
export const KEEP = 0.75;

/** Calls `use` with the rows of each region; rows of a region stand together. */
export function eachRegion<Row extends Reported>(
  rows: readonly Row[],
  use: (start: number, end: number, ofRegion: readonly Row[]) => void,
): void {
  for (let from = 0; from < rows.length; ) {
    const { regionStart, regionEnd } = rows[from];
    let to = from + 1;
    while (to < rows.length && rows[to].regionStart === regionStart) to++;
    use(regionStart, regionEnd, rows.slice(from, to));
    from = to;
  }
}
