import { Prng, UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { DamonContext } from './context.js';
import { damonRand } from './damon-rand.js';
import { feedLoopNextInput } from './feed-loop.js';
import { applyMinNrRegions } from './init-regions.js';
import { Kdamond, resetAggregated } from './kdamond.js';
import { mergeRegionsOf, mergeTwoRegions } from './merge.js';
import { mvsum, nrAccessesMvsum } from './mvsum.js';
import { kernelProfile } from './profile.js';
import { RegionList } from './region-list.js';
import { setAttrs, updateMonitoringResults } from './set-attrs.js';
import { setRegions } from './set-regions.js';
import { SplitMemory, splitRegions, splitRegionsOf } from './split.js';
import { FakeOperations } from './testing/fake-operations.js';
import { attrsOf, ranges, regionsOf, rowsOf, text } from './testing/regions.js';

/** The monitoring cases of mm/damon/tests/core-kunit.h (7.3), by number and name. */
const profile = kernelProfile('7.3');
const rng = Prng.stream(1, 'core-kunit');

function contextOf(rows: Parameters<typeof regionsOf>[0], changes = {}, minRegionSz = 1): DamonContext {
  const ctx = new DamonContext({ attrs: attrsOf(changes), profile, targets: 1, minRegionSz });
  ctx.targets[0].regions.swap(regionsOf(rows));
  return ctx;
}

describe('targets and regions', () => {
  it('core-kunit 1 target: a context has the targets it was given', () => {
    for (const targets of [0, 1]) {
      expect(new DamonContext({ attrs: attrsOf(), profile, targets, minRegionSz: 1 }).targets).toHaveLength(targets);
    }
  });

  it('core-kunit 2 regions: a new region has its bounds and no accesses', () => {
    const regions = new RegionList();
    expect(regions.length).toBe(0);
    regions.append(1, 2);
    expect(rowsOf(regions)).toEqual([[1, 2, 0, 0, 0]]);
    setRegions(regions, [], 1, new RegionList());
    expect(regions.length).toBe(0);
  });

  it('core-kunit 3 aggregate: a reset moves the counts to last_nr_accesses', () => {
    const starts = [
      [10, 20, 30],
      [5, 42, 49],
      [13, 33, 55],
    ];
    const ends = [
      [15, 27, 40],
      [31, 45, 55],
      [23, 44, 66],
    ];
    const counts = [
      [42, 95, 84],
      [10, 20, 30],
      [0, 1, 2],
    ];
    starts.forEach((start, t) => {
      const regions = regionsOf(start.map((s, i) => [s, ends[t][i], counts[t][i]]));
      resetAggregated(regions);
      expect(rowsOf(regions)).toEqual(start.map((s, i) => [s, ends[t][i], 0, counts[t][i], 0]));
    });
  });

  it('core-kunit 29 is_last_region: each newly appended region is the last', () => {
    const regions = new RegionList(1);
    for (let i = 0; i < 4; i++) {
      regions.append(2 * i, 2 * i + 1);
      expect(regions.start[regions.length - 1]).toBe(2 * i);
    }
  });
});

describe('split and merge', () => {
  it('core-kunit 4 split_at: both parts keep all counters', () => {
    const regions = regionsOf([[0, 100, 42, 15, 10]]);
    regions.splitAt(0, 25);
    expect(rowsOf(regions)).toEqual([
      [0, 25, 42, 15, 10],
      [25, 100, 42, 15, 10],
    ]);
  });

  it('core-kunit 5 merge_two: nr_accesses and age are averages weighted by size', () => {
    const regions = regionsOf([
      [0, 100, 10, 0, 9],
      [100, 300, 20, 0, 21],
    ]);
    mergeTwoRegions(regions, 0, 1, profile);
    expect(rowsOf(regions)[0]).toEqual([0, 300, 16, 0, 17]);
  });

  it('core-kunit 6 merge_regions_of: threshold 9, size limit 9999', () => {
    const start = [0, 100, 114, 122, 130, 156, 170, 184, 230];
    const end = [100, 112, 122, 130, 156, 170, 184, 230, 10170];
    const nr = [0, 0, 10, 10, 20, 30, 1, 2, 5];
    const regions = regionsOf(start.map((s, i) => [s, end[i], nr[i]]));
    mergeRegionsOf(regions, 9, 9999, true, profile);
    expect(text(regions)).toBe('0-112 114-130 130-156 156-170 170-230 230-10170');
    expect(rowsOf(regions).map(([, , n]) => n)).toEqual([0, 10, 20, 30, 1, 5]);
    expect(rowsOf(regions).map(([, , , , age]) => age)).toEqual([1, 0, 0, 0, 0, 0]);
  });

  it.each([
    { rows: [[0, 22]], pieces: 2, min: 1, most: 2 },
    { rows: [[0, 220]], pieces: 4, min: 1, most: 4 },
    {
      rows: [
        [0, 220],
        [300, 400],
        [500, 700],
      ],
      pieces: 4,
      min: 5,
      most: 12,
    },
  ] as const)('core-kunit 7 split_regions_of: $rows in $pieces pieces of at least $min', ({ rows, pieces, min, most }) => {
    for (let seed = 0; seed < 50; seed++) {
      const regions = regionsOf(rows);
      splitRegionsOf(regions, pieces, { rng: Prng.stream(seed, 'split'), profile, minRegionSz: min }, new RegionList());
      expect(regions.length).toBeLessThanOrEqual(most);
      for (const [start, end] of rowsOf(regions)) expect(end - start).toBeGreaterThanOrEqual(min);
    }
  });

  it('core-kunit 8 split_above_half: monitoring still progresses', () => {
    const rows = Array.from({ length: 760 }, (_, i) => [i * 100, (i + 1) * 100, i % 2 === 0 ? 100 : 0, 0, 5] as const);
    const ctx = contextOf(rows, { maxNrRegions: 1500 });
    splitRegions(ctx, rng, new SplitMemory());
    // step = ⌊1500 / 740⌋ = 2, and a region of 100 bytes always has room for a cut.
    expect(ctx.nrRegions).toBe(760 + 380);
  });
});

describe('target ranges', () => {
  it.each([
    ['', '5-15 15-25', '5-15 15-25'],
    ['4-16 24-32', '18-23', '18-23'],
    ['4-16 24-32', '8-28', '8-16 16-24 24-28'],
    ['0-4 4-17', '0-15 25-40', '0-4 4-15 25-40'],
    ['0-4 42-52', '0-15 25-40 44-50', '0-15 25-40 44-50'],
  ])('core-kunit 10 set_regions: %s -> %s', (old, given, expected) => {
    const regions = regionsOf(ranges(old).map(({ start, end }) => [start, end]));
    setRegions(regions, ranges(given), 1, new RegionList());
    expect(text(regions)).toBe(expected);
  });

  it('core-kunit 23 commit_target_regions: new ranges replace, none changes nothing', () => {
    const ops = new FakeOperations({ profile, rng, isHot: () => false });
    const kdamond = new Kdamond({
      attrs: attrsOf(),
      profile,
      ops,
      targets: 1,
      targetRanges: [ranges('3-8 8-10')],
      minRegionSz: 1,
      rng,
      splitMemory: new SplitMemory(),
    });
    kdamond.start();
    for (const commit of [ranges('4-6'), []]) {
      kdamond.commit({ targetRanges: [commit] });
      kdamond.prepare();
      kdamond.afterSleep();
      expect(rowsOf(kdamond.targets[0].regions).at(0)?.[0]).toBe(4);
      expect(rowsOf(kdamond.targets[0].regions).at(-1)?.[1]).toBe(6);
    }
  });

  it.each([
    { total: 10, minSz: 1, minNr: 10, limit: 1, count: 10 },
    { total: 10, minSz: 1, minNr: 15, limit: 1, count: 10 },
    { total: 10, minSz: 2, minNr: 2 + 1, limit: 4, count: 3 },
    { total: 10, minSz: 2, minNr: 10, limit: 2, count: 5 },
    { total: 100, minSz: 1, minNr: 3, limit: 33, count: 4 },
  ])('core-kunit 28 apply_min_nr_regions: $total bytes, min $minSz x $minNr', ({ total, minSz, minNr, limit, count }) => {
    const ctx = contextOf([[0, total]], { minNrRegions: minNr }, minSz);
    expect(applyMinNrRegions(ctx)).toBe(limit);
    expect(ctx.nrRegions).toBe(count);
  });

  it('core-kunit 28 apply_min_nr_regions: 10 bytes, min 2 x 2, below the least number that attributes allow', () => {
    const ctx = contextOf([[0, 10]], {}, 2);
    ctx.attrs = attrsOf({ minNrRegions: 2 });
    expect(applyMinNrRegions(ctx)).toBe(6);
    expect(text(ctx.targets[0].regions)).toBe('0-6 6-10');
  });
});

describe('attributes', () => {
  it('core-kunit 11 update_monitoring_result: counts by share of the maximum, age by time', () => {
    const base = attrsOf({ sampleUs: 10, aggrUs: 1_000 });
    const steps = [
      { sampleUs: 100, aggrUs: 10_000, count: 15, age: 2 },
      { sampleUs: 1, aggrUs: 1_000, count: 150, age: 2 },
      { sampleUs: 1, aggrUs: 100, count: 150, age: 20 },
    ];
    const inside = regionsOf([[3, 7, 15, 15, 20]]);
    const complete = regionsOf([[3, 7, 15, 15, 20]]);
    const in612 = regionsOf([[3, 7, 15, 15, 20]]);
    for (const { sampleUs, aggrUs, count, age } of steps) {
      const to = attrsOf({ sampleUs, aggrUs });
      updateMonitoringResults(inside, base, to, { aggregating: false, profile });
      expect(rowsOf(inside)).toEqual([[3, 7, 0, count, age]]);
      updateMonitoringResults(complete, base, to, { aggregating: true, profile });
      expect(rowsOf(complete)).toEqual([[3, 7, count, count, age]]);
      updateMonitoringResults(in612, base, to, { aggregating: false, profile: kernelProfile('6.12') });
      expect(rowsOf(in612)).toEqual([[3, 7, count, 15, age]]);
      expect(in612.nrAccessesBp[0]).toBe(count * 10_000);
    }
  });

  const valid = { sampleUs: 10, aggrUs: 5_000, opsUpdateUs: 10, minNrRegions: 10, maxNrRegions: 1_000 };
  it.each([
    { changes: { sampleUs: 5_000, aggrUs: 100_000 }, ok: true },
    { changes: { minNrRegions: 1 }, ok: false },
    { changes: { maxNrRegions: 9 }, ok: false },
    { changes: { sampleUs: 5_000, aggrUs: 4_999 }, ok: false },
  ])('core-kunit 12 set_attrs: $changes valid: $ok', ({ changes, ok }) => {
    const ctx = contextOf([[0, 10]]);
    const before = ctx.attrs;
    const attempt = () => setAttrs(ctx, attrsOf({ ...valid, ...changes }));
    if (ok) {
      attempt();
      expect(ctx.attrs).toMatchObject(changes);
    } else {
      expect(attempt).toThrow(UserError);
      expect(ctx.attrs).toBe(before);
    }
  });

  it.each([
    [0, 49, 10_000, 49],
    [3, 10, 7_000, 10],
    [3, 10, 5_000, 8],
    [32, 100, 1_000, 42],
    [42, 49, 0, 42],
  ])('core-kunit 13 mvsum(%d, %d, %d) is %d', (current, last, leftBp, expected) => {
    expect(mvsum(current, last, leftBp)).toBe(expected);
  });

  it.each([
    [0, 10, 5, 3, 3],
    [0, 10, 0, 7, 7],
    [5, 10, 3, 10, 8],
    [8, 10, 3, 10, 5],
    [10, 10, 42, 49, 42],
  ])('core-kunit 14 nr_accesses_mvsum at %d of %d, nr %d, last %d is %d', (passed, next, nr, last, expected) => {
    const ctx = contextOf([[0, 10, nr, last]], { sampleUs: 1, aggrUs: 10 });
    ctx.passedSampleIntervals = passed;
    ctx.nextAggregationSis = next;
    expect(nrAccessesMvsum(ctx, ctx.targets[0].regions, 0)).toBe(expected);
  });
});

describe('helpers', () => {
  it('core-kunit 26 feed_loop: more input for a lower score', () => {
    expect(feedLoopNextInput(900_000n, 200n)).toBeGreaterThan(900_000n);
    expect(feedLoopNextInput(900_000n, 250_000_000n)).toBeLessThan(900_000n);
    expect(feedLoopNextInput(900_000n, 200n)).toBeGreaterThan(feedLoopNextInput(900_000n, 2_000n));
  });

  it.each([
    [10_000n, 777n, 777n],
    [20_000n, 900_000n, 10_000n],
    [15_000n, 900_000n, 450_000n],
    [19_999n, 900_000n, 10_000n],
    [0n, 900_000n, 1_800_000n],
    [200n, 900_000n, 1_782_000n],
    [0n, 2n ** 64n - 1n, 2n ** 64n - 1n],
    [0n, 2n ** 63n, 2n ** 63n + 10_000n * (2n ** 63n / 10_000n)],
    [5_000n, 2n ** 63n, 2n ** 63n + 5_000n * (2n ** 63n / 10_000n)],
  ])('feed loop: score %d of input %d gives %d', (score, last, expected) => {
    expect(feedLoopNextInput(last, score)).toBe(expected);
  });

  it('core-kunit 31 rand: ten thousand draws from [0, 10) all lie in [0, 9] and meet each', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 10_000; i++) seen.add(damonRand(rng, 0, 10, profile));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
