import { Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import type { IntervalsGoal } from './attrs.js';
import { DamonContext } from './context.js';
import { Kdamond } from './kdamond.js';
import { kernelProfile } from './profile.js';
import { SplitMemory } from './split.js';
import { FakeOperations } from './testing/fake-operations.js';
import { attrsOf, type Row, regionsOf } from './testing/regions.js';
import { intervalsFactorBp, tuneIntervals } from './tune-intervals.js';

const profile = kernelProfile('7.3');
const intervalsGoal: IntervalsGoal = { accessBp: 400, aggrs: 3, minSampleUs: 5_000, maxSampleUs: 10_000_000 };

function contextOf(rows: readonly Row[], sampleUs = 5_000, goal = intervalsGoal): DamonContext {
  const attrs = attrsOf({ sampleUs, aggrUs: 20 * sampleUs, intervalsGoal: goal });
  const ctx = new DamonContext({ attrs, profile, targets: 1, minRegionSz: 4096 });
  ctx.targets[0].regions.swap(regionsOf(rows));
  ctx.passedSampleIntervals = 20;
  return ctx;
}

describe('tuneIntervals', () => {
  it.each([
    // Share of bytes with all 20 of 20 accesses -> factor; the goal is 4 %.
    { what: 'nothing accessed', hot: 0, factor: 20_000 },
    { what: 'half the goal', hot: 20, factor: 15_000 },
    { what: 'the goal', hot: 40, factor: 10_000 },
    { what: 'one and a half goals', hot: 60, factor: 7_500 },
    { what: 'twice the goal', hot: 80, factor: 5_000 },
    { what: 'everything accessed', hot: 999, factor: 5_000 },
  ])('$what: x $factor / 10000', ({ hot, factor }) => {
    const rows: Row[] =
      hot === 0
        ? [[0, 1_000]]
        : [
            [0, hot, 20],
            [hot, 1_000, 0],
          ];
    expect(intervalsFactorBp(contextOf(rows))).toBe(factor);
  });

  it('scales sampling and aggregation alike and keeps counts at the end of a window', () => {
    const ctx = contextOf(
      [
        [0, 20, 20, 20, 8],
        [20, 1_000, 0, 0, 9],
      ],
      10_000,
    );
    expect(tuneIntervals(ctx)).toBe(true);
    expect(ctx.attrs).toMatchObject({ sampleUs: 15_000, aggrUs: 300_000, intervalsGoal });
    expect([...ctx.targets[0].regions.nrAccesses.subarray(0, 2)]).toEqual([20, 0]);
    expect([...ctx.targets[0].regions.age.subarray(0, 2)]).toEqual([5, 6]);
    expect(ctx.nextAggregationSis).toBe(40);
  });

  it('stays within the bounds of the goal', () => {
    const low = contextOf([[0, 1_000, 20]]);
    expect(tuneIntervals(low)).toBe(true);
    expect(low.attrs.sampleUs).toBe(5_000);
    const high = contextOf([[0, 1_000]], 5_000, { ...intervalsGoal, maxSampleUs: 6_000 });
    tuneIntervals(high);
    expect(high.attrs.sampleUs).toBe(6_000);
  });

  it('changes nothing at the goal', () => {
    const ctx = contextOf([
      [0, 40, 20],
      [40, 1_000],
    ]);
    const before = ctx.attrs;
    expect(tuneIntervals(ctx)).toBe(false);
    expect(ctx.attrs).toBe(before);
  });

  it('is exact on a machine of 64 TiB', () => {
    const tib = 2 ** 40;
    const ctx = contextOf([
      [0, tib, 20],
      [tib, 64 * tib],
    ]);
    // 1/64 of 4 % is 39.06 %: 10000·(1 + 0.6094) rounded down.
    expect(intervalsFactorBp(ctx)).toBe(16_094);
  });

  it('runs every aggrs aggregations, reports, and an idle space reaches the longest interval', () => {
    const tuned: [number, number, number][] = [];
    const goal = { ...intervalsGoal, maxSampleUs: 50_000 };
    const kdamond = new Kdamond({
      attrs: attrsOf({ intervalsGoal: goal }),
      profile,
      ops: new FakeOperations({ profile, rng: Prng.stream(1, 'ops'), isHot: () => false, initRanges: [{ start: 0, end: 2 ** 26 }] }),
      targets: 1,
      targetRanges: [],
      rng: Prng.stream(1, 'kdamond'),
      splitMemory: new SplitMemory(),
      hooks: { onTuned: (sampleUs, aggrUs) => tuned.push([kdamond.passedSampleIntervals, sampleUs, aggrUs]) },
    });
    kdamond.start();
    for (let i = 0; i < 300; i++) {
      kdamond.prepare();
      kdamond.afterSleep();
    }
    expect(tuned).toEqual([
      [60, 10_000, 200_000],
      [120, 20_000, 400_000],
      [180, 40_000, 800_000],
      [240, 50_000, 1_000_000],
      [300, 50_000, 1_000_000],
    ]);
  });

  it('6.12 refuses a goal', () => {
    const attrs = attrsOf({ intervalsGoal });
    expect(() => new DamonContext({ attrs, profile: kernelProfile('6.12'), targets: 1, minRegionSz: 4096 })).toThrow(/not in this kernel/);
  });

  it.each([
    [{ minSampleUs: 6_000 }, /outside its goal/],
    [{ maxSampleUs: 4_000 }, /min_sample_us ≤ max_sample_us/],
    [{ minSampleUs: 20_000, maxSampleUs: 10_000 }, /max_sample_us/],
  ])('7.3 refuses %j with a sampling interval of 5 ms', (changes, message) => {
    const attrs = attrsOf({ intervalsGoal: { ...intervalsGoal, ...changes } });
    expect(() => new DamonContext({ attrs, profile, targets: 1, minRegionSz: 4096 })).toThrow(message);
  });
});
