import { Prng } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRegions } from './check-regions.js';
import { DamonContext } from './context.js';
import { kernelProfile } from './profile.js';
import { RegionList } from './region-list.js';
import { SplitMemory, splitRegions, splitRegionsOf } from './split.js';
import { arbitraryRows } from './testing/arbitraries.js';
import { attrsOf, boundsOf, type Row, regionsOf, rowsOf } from './testing/regions.js';

const k73 = kernelProfile('7.3');
const k612 = kernelProfile('6.12');
const PAGE = 4096;
const paged = arbitraryRows({ unit: PAGE, maxUnits: 5_000, maxNr: 20, maxAge: 99, gaps: true });

function context(sizes: readonly number[], maxNrRegions: number, profile = k73, targets = 1): DamonContext {
  const ctx = new DamonContext({ attrs: attrsOf({ maxNrRegions, minNrRegions: 3 }), profile, targets, minRegionSz: 1 });
  let at = 0;
  sizes.forEach((size, i) => {
    ctx.targets[i % targets].regions.append(at, at + size);
    at += size;
  });
  return ctx;
}

/** A source of draws whose `damon_rand(1, 10)` is the given digit. */
function tenths(...digits: number[]) {
  let i = 0;
  return { next32: () => Math.ceil(((digits[i++ % digits.length] - 1) * 2 ** 32) / 9) };
}

describe('splitRegionsOf', () => {
  it('keeps order, bytes, counters and the minimum region size', () => {
    fc.assert(
      fc.property(paged, fc.integer({ min: 2, max: 4 }), fc.nat(1_000), (rows, pieces, seed) => {
        const regions = regionsOf(rows);
        splitRegionsOf(regions, pieces, { rng: Prng.stream(seed, 'split'), profile: k73, minRegionSz: PAGE }, new RegionList(1));
        checkRegions(
          regions,
          rows.map(([start, end]) => ({ start, end })),
        );
        let parent = 0;
        let count = 0;
        for (const [start, end, nr, last, age] of rowsOf(regions)) {
          if (start >= rows[parent][1]) {
            parent++;
            count = 0;
          }
          expect([nr, last, age]).toEqual(rows[parent].slice(2));
          expect((end - start) % PAGE).toBe(0);
          expect(++count).toBeLessThanOrEqual(pieces);
        }
        expect(parent).toBe(rows.length - 1);
      }),
    );
  });

  it.each([
    [[5], 2, '0-50 50-100'],
    [[1], 2, '0-10 10-100'],
    [[9], 2, '0-90 90-100'],
    [[6, 5], 3, '0-30 30-60 60-100'],
    [[9, 1], 3, '0-9 9-90 90-100'],
  ])('draws of %j tenths in %d pieces cut [0, 100) into %s: the left part is cut on', (digits, pieces, expected) => {
    const regions = regionsOf([[0, 100]]);
    splitRegionsOf(regions, pieces, { rng: tenths(...digits), profile: k73, minRegionSz: 1 }, new RegionList());
    expect(
      boundsOf(regions)
        .map(([start, end]) => `${start}-${end}`)
        .join(' '),
    ).toBe(expected);
  });

  it('leaves a region of two minimum sizes whole, and one whose draw falls below the minimum', () => {
    const regions = regionsOf([
      [0, 2 * PAGE],
      [8 * PAGE, 11 * PAGE],
    ]);
    splitRegionsOf(regions, 2, { rng: tenths(3), profile: k73, minRegionSz: PAGE }, new RegionList());
    expect(regions.length).toBe(2);
    splitRegionsOf(regions, 2, { rng: tenths(4), profile: k73, minRegionSz: PAGE }, new RegionList());
    expect(boundsOf(regions)).toEqual([
      [0, 2 * PAGE],
      [8 * PAGE, 9 * PAGE],
      [9 * PAGE, 11 * PAGE],
    ]);
  });
});

describe('splitRegions', () => {
  const rng = Prng.stream(7, 'splitRegions');

  it('cuts in three when the number of regions stood still and is below a third of the maximum', () => {
    const memory = new SplitMemory();
    for (const expected of [20, 30]) {
      const ctx = context(Array(10).fill(10_000), 33);
      splitRegions(ctx, rng, memory);
      expect(ctx.nrRegions).toBe(expected);
    }
    const ctx = context(Array(10).fill(10_000), 32);
    splitRegions(ctx, rng, memory);
    expect(ctx.nrRegions).toBe(20);
  });

  it('shares its memory between contexts, as a static variable does', () => {
    const memory = new SplitMemory();
    splitRegions(context(Array(10).fill(10_000), 1_000), rng, memory);
    const other = context(Array(10).fill(10_000), 1_000);
    splitRegions(other, rng, memory);
    expect(other.nrRegions).toBe(30);
  });

  it('above half of the maximum: 6.12 splits nothing and forgets, 7.3 splits some and remembers', () => {
    for (const [profile, nr, remembered] of [
      [k73, 11 + 6, 11],
      [k612, 11, 0],
    ] as const) {
      const memory = new SplitMemory();
      const ctx = context(Array(11).fill(1_000), 20, profile);
      splitRegions(ctx, rng, memory);
      expect(ctx.nrRegions).toBe(nr);
      expect(memory.lastNrRegions).toBe(remembered);
    }
  });

  it('at exactly half of the maximum both split all', () => {
    for (const profile of [k73, k612]) {
      const ctx = context(Array(10).fill(1_000), 20, profile);
      splitRegions(ctx, rng, new SplitMemory());
      expect(ctx.nrRegions).toBe(20);
    }
  });

  it('at or above the maximum nothing is split; 7.3 remembers the number', () => {
    for (const profile of [k73, k612]) {
      const memory = new SplitMemory();
      const ctx = context(Array(20).fill(1_000), 20, profile);
      splitRegions(ctx, rng, memory);
      expect(ctx.nrRegions).toBe(20);
      expect(memory.lastNrRegions).toBe(profile === k73 ? 20 : 0);
      expect(memory.rotation).toBe(0);
    }
  });

  it('the rotation reaches every region, across targets', () => {
    const memory = new SplitMemory();
    const cut = new Set<number>();
    // ⌊20 / (20 − 15)⌋ = every fourth of 15 regions.
    for (let call = 0; call < 4; call++) {
      const ctx = context(Array(15).fill(1_000), 20, k73, 2);
      const before = ctx.nrRegions;
      const order = ctx.targets.flatMap(({ regions }) => boundsOf(regions).map(([start]) => start));
      splitRegions(ctx, rng, memory);
      const whole = new Map(ctx.targets.flatMap(({ regions }) => boundsOf(regions)).map(([start, end]) => [start, end - start]));
      const hit = order.map((start, i) => ((whole.get(start) ?? 0) < 1_000 ? i : -1)).filter((i) => i >= 0);
      expect(hit.every((i) => i % 4 === call)).toBe(true);
      expect(ctx.nrRegions).toBe(before + hit.length);
      for (const i of hit) cut.add(i);
    }
    expect(cut.size).toBe(15);
  });

  it('a partial split also takes regions of two minimum sizes', () => {
    const rows: Row[] = Array.from({ length: 11 }, (_, i) => [2 * i, 2 * i + 2]);
    const ctx = context([], 20);
    ctx.targets[0].regions.swap(regionsOf(rows));
    splitRegions(ctx, tenths(5), new SplitMemory());
    expect(ctx.nrRegions).toBeGreaterThan(11);
  });
});
