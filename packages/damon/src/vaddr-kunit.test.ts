import { describe, expect, it } from 'vitest';
import { RegionList } from './region-list.js';
import { setRegions } from './set-regions.js';
import { ranges, regionsOf, text } from './testing/regions.js';
import { damonVaThreeRegions } from './three-regions.js';

/** mm/damon/tests/vaddr-kunit.h (7.3), minimum region size 1. */
describe('vaddr-kunit', () => {
  it('vaddr-kunit three_regions: the two largest gaps are left out', () => {
    const vmas = ranges('10-20 20-25 200-210 210-220 300-305 307-330');
    expect(damonVaThreeRegions(vmas, 1)).toEqual(ranges('10-25 200-220 300-330'));
  });

  it.each([
    ['1', '5-27 45-55 73-104', '5-20 20-27 45-55 73-80 80-90 90-104'],
    ['2', '5-27 56-57 65-104', '5-20 20-27 56-57 65-80 80-90 90-104'],
    ['3', '5-27 61-63 65-104', '5-20 20-27 61-63 65-80 80-90 90-104'],
    ['4', '5-7 30-32 65-68', '5-7 30-32 65-68'],
  ])('vaddr-kunit apply_three_regions%s: %s', (_number, given, expected) => {
    const regions = regionsOf(
      ranges('10-20 20-30 50-55 55-57 57-59 70-80 80-90 90-100').map(({ start, end }, i) => [start, end, i + 1, i + 2, i + 3]),
    );
    setRegions(regions, ranges(given), 1, new RegionList());
    expect(text(regions)).toBe(expected);
  });
});

describe('damonVaThreeRegions', () => {
  it.each(['', '10-20', '10-20 30-40', '10-20 20-30 35-40'])('finds none in %s: fewer than two gaps', (vmas) => {
    expect(damonVaThreeRegions(ranges(vmas), 1)).toBeUndefined();
  });

  it('rounds up to pages', () => {
    expect(damonVaThreeRegions(ranges('1-5000 20000-30000 90000-99000'))).toEqual(ranges('4096-8192 20480-32768 90112-102400'));
  });

  it('takes the lower of equal gaps', () => {
    expect(damonVaThreeRegions(ranges('0-1 11-12 22-23 33-34'), 1)).toEqual(ranges('0-1 11-12 22-34'));
  });

  it('finds the gaps in either order', () => {
    expect(damonVaThreeRegions(ranges('0-1 100-101 150-151 152-160'), 1)).toEqual(ranges('0-1 100-101 150-160'));
    expect(damonVaThreeRegions(ranges('0-1 50-51 52-60 160-161'), 1)).toEqual(ranges('0-1 50-60 160-161'));
  });
});
