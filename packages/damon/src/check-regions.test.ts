import { describe, expect, it } from 'vitest';
import { checkRegions } from './check-regions.js';
import { ranges, regionsOf } from './testing/regions.js';

describe('checkRegions', () => {
  it.each([
    ['0-10 10-20 30-40', '0-20 30-40'],
    ['0-10 10-20 30-40', '0-5 5-20 30-40'],
    ['0-20', '0-10 10-20'],
    ['', ''],
  ])('%s covers %s', (regions, covered) => {
    checkRegions(regionsOf(ranges(regions).map(({ start, end }) => [start, end])), ranges(covered));
  });

  it.each([
    ['0-10 12-20', '0-20'],
    ['0-10', '0-20'],
    ['0-10 10-20', '0-15'],
    ['0-10 30-40', '0-10'],
    ['5-10', '0-10'],
    ['', '0-1'],
    ['0-1', ''],
  ])('%s does not cover exactly %s', (regions, covered) => {
    const list = regionsOf(ranges(regions).map(({ start, end }) => [start, end]));
    checkRegions(list);
    expect(() => checkRegions(list, ranges(covered))).toThrow(/invariant broken/);
  });

  it('finds overlap, disorder, empty regions and fractions', () => {
    for (const [start, end] of [
      [5, 30],
      [40, 30],
      [30, 30],
      [20.5, 30],
      [-1, 30],
    ]) {
      const list = regionsOf([
        [0, 10],
        [20, 30],
      ]);
      list.start[1] = start;
      list.end[1] = end;
      expect(() => checkRegions(list)).toThrow(/region 1/);
    }
  });
});
