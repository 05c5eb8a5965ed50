import { type AddrRange, UserError } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRegions } from './check-regions.js';
import { RegionList } from './region-list.js';
import { alignRanges, joinRanges, setRegions } from './set-regions.js';
import { arbitraryRows } from './testing/arbitraries.js';
import { ranges, regionsOf, rowsOf, text } from './testing/regions.js';

const rows = arbitraryRows({ unit: 8, maxUnits: 6, maxNr: 20, maxAge: 9, gaps: true });
const targets = rows.map((table): AddrRange[] => table.map(([start, end]) => ({ start, end })));

/** The kernel's way: one range after the other on a list that changes under it. */
function referenceSetRegions(old: readonly AddrRange[], wanted: readonly AddrRange[]): AddrRange[] {
  const meets = (a: AddrRange, b: AddrRange) => a.start < b.end && b.start < a.end;
  const list = old.filter((region) => wanted.some((range) => meets(region, range))).map((region) => ({ ...region }));
  for (const range of wanted) {
    const inside = list.filter((region) => meets(region, range));
    if (inside.length === 0) {
      list.push({ ...range });
    } else {
      inside[0].start = range.start;
      inside[inside.length - 1].end = range.end;
      for (let i = 1; i < inside.length; i++) {
        if (inside[i - 1].end < inside[i].start) list.push({ start: inside[i - 1].end, end: inside[i].start });
      }
    }
    list.sort((a, b) => a.start - b.start);
  }
  return list;
}

describe('setRegions', () => {
  it('does what the reference model does and covers exactly the ranges', () => {
    fc.assert(
      fc.property(rows, targets, (table, wanted) => {
        const regions = regionsOf(table);
        setRegions(regions, wanted, 1, new RegionList(1));
        checkRegions(regions, wanted);
        const expected = referenceSetRegions(
          table.map(([start, end]) => ({ start, end })),
          wanted,
        );
        expect(text(regions)).toBe(expected.map(({ start, end }) => `${start}-${end}`).join(' '));
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps the counters of what stays and starts what is new at 0', () => {
    const regions = regionsOf([
      [0, 10, 1, 2, 3],
      [20, 30, 4, 5, 6],
      [40, 50, 7, 8, 9],
    ]);
    setRegions(regions, ranges('5-25 60-70'), 1, new RegionList());
    expect(rowsOf(regions)).toEqual([
      [5, 10, 1, 2, 3],
      [10, 20, 0, 0, 0],
      [20, 25, 4, 5, 6],
      [60, 70, 0, 0, 0],
    ]);
  });

  it('a region that reaches into the next range is cut at the first one and the next starts anew', () => {
    const regions = regionsOf([[0, 100, 7, 7, 7]]);
    setRegions(regions, ranges('0-20 50-70'), 1, new RegionList());
    expect(rowsOf(regions)).toEqual([
      [0, 20, 7, 7, 7],
      [50, 70, 0, 0, 0],
    ]);
  });

  it('the same ranges again change nothing', () => {
    fc.assert(
      fc.property(targets, (wanted) => {
        const regions = new RegionList();
        setRegions(regions, wanted, 1, new RegionList());
        const before = rowsOf(regions);
        setRegions(regions, wanted, 1, new RegionList());
        expect(rowsOf(regions)).toEqual(before);
      }),
    );
  });

  it.each([
    ['empty', '5-5'],
    ['inverted', '9-5'],
    ['overlapping', '0-10 9-20'],
    ['unsorted', '20-30 0-10'],
  ])('refuses %s ranges and leaves the regions alone', (_what, bad) => {
    const regions = regionsOf([[0, 10, 1]]);
    expect(() => setRegions(regions, ranges(bad), 1, new RegionList())).toThrow(UserError);
    expect(rowsOf(regions)).toEqual([[0, 10, 1, 0, 0]]);
  });

  it('ranges are widened to whole minimum regions, and must not overlap then', () => {
    expect(alignRanges(ranges('5-15 21-33'), 10)).toEqual(ranges('0-20 20-40'));
    expect(() => alignRanges(ranges('5-15 18-33'), 10)).toThrow(/regions\[1\]/);
    expect(() => alignRanges([{ start: 0.5, end: 9 }], 1)).toThrow(UserError);
  });
});

describe('joinRanges', () => {
  it('joins what touches', () => {
    expect(joinRanges(ranges('3-8 8-10 12-14 14-15 15-20'))).toEqual(ranges('3-10 12-20'));
    expect(joinRanges([])).toEqual([]);
  });
});
