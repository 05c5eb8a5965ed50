import fc from 'fast-check';
import type { Row } from './regions.js';

export interface RowsOptions {
  readonly unit: number;
  readonly maxUnits: number;
  readonly maxNr: number;
  readonly maxAge: number;
  /** Whether bytes may be missing between regions. */
  readonly gaps: boolean;
}

/** Sorted, disjoint regions with counters. */
export function arbitraryRows(options: RowsOptions): fc.Arbitrary<Row[]> {
  const { unit, maxUnits, maxNr, maxAge, gaps } = options;
  const one = fc.record({
    gap: gaps ? fc.constantFrom(0, 0, 0, 1, 7) : fc.constant(0),
    units: fc.integer({ min: 1, max: maxUnits }),
    nr: fc.oneof(fc.integer({ min: 0, max: maxNr }), fc.constantFrom(0, 1)),
    last: fc.integer({ min: 0, max: maxNr }),
    age: fc.integer({ min: 0, max: maxAge }),
  });
  return fc.array(one, { minLength: 1, maxLength: 40 }).map((list) => {
    let at = 3 * unit;
    return list.map(({ gap, units, nr, last, age }): Row => {
      const start = at + gap * unit;
      at = start + units * unit;
      return [start, at, nr, last, age];
    });
  });
}
