import { NO_INTERVALS_GOAL, RegionList } from '@damonlab/damon';
import { describe, expect, it } from 'vitest';
import { memoryStat } from './damon-stat.js';

const attrs = {
  sampleUs: 5_000,
  aggrUs: 100_000,
  opsUpdateUs: 1e6,
  minNrRegions: 10,
  maxNrRegions: 1_000,
  intervalsGoal: NO_INTERVALS_GOAL,
};

/** A target of regions one behind the other: bytes, nr_accesses, age. */
function targetOf(...rows: readonly (readonly [bytes: number, nr: number, age: number])[]) {
  const regions = new RegionList();
  rows.forEach(([bytes, nr, age], i) => {
    regions.start[i] = i === 0 ? 0 : regions.end[i - 1];
    regions.end[i] = regions.start[i] + bytes;
    regions.nrAccesses[i] = nr;
    regions.age[i] = age;
  });
  regions.length = rows.length;
  return { regions };
}

describe('DAMON_STAT', () => {
  it('estimates the bandwidth by the accesses of all targets', () => {
    const { estimatedMemoryBandwidth } = memoryStat([targetOf([4096, 20, 0], [8192, 0, 9]), targetOf([1000, 3, 1])], attrs);
    expect(estimatedMemoryBandwidth).toBe((4096 * 20 + 1000 * 3) * 10);
  });

  it('sorts regions by their idle time, what is accessed below 0, and fills the percentiles that they reach', () => {
    const { memoryIdleMsPercentiles: idle } = memoryStat([targetOf([250, 0, 29], [250, 5, 9], [500, 0, 0])], attrs);
    expect(idle).toHaveLength(101);
    // A quarter has been accessed for ten intervals, half has been idle for one, the rest for thirty.
    expect([idle[0], idle[25], idle[26], idle[75], idle[76], idle[100]]).toEqual([-1_000, -1_000, 100, 100, 3_000, 3_000]);
  });

  it('a region below one percent of the memory has no percentile of its own but the first', () => {
    const { memoryIdleMsPercentiles: idle } = memoryStat([targetOf([1, 1, 0], [999, 0, 4])], attrs);
    expect([idle[0], idle[1], idle[100]]).toEqual([-100, 500, 500]);
  });

  it('cuts fractions of ms off, towards 0', () => {
    const { memoryIdleMsPercentiles: idle } = memoryStat([targetOf([1, 1, 0], [1, 0, 0])], { ...attrs, aggrUs: 1_500 });
    expect([idle[0], idle[100]]).toEqual([-1, 1]);
  });
});
