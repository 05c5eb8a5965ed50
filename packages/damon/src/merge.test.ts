import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRegions } from './check-regions.js';
import { DamonContext } from './context.js';
import { mergeRegions, mergeRegionsOf } from './merge.js';
import { type KernelProfile, kernelProfile } from './profile.js';
import type { RegionList } from './region-list.js';
import { arbitraryRows } from './testing/arbitraries.js';
import { attrsOf, type Row, regionsOf, rowsOf } from './testing/regions.js';

const small = arbitraryRows({ unit: 1, maxUnits: 50, maxNr: 20, maxAge: 30, gaps: true });
const huge = arbitraryRows({ unit: 4096, maxUnits: 2 ** 30, maxNr: 0xffff, maxAge: 0xffff_fffe, gaps: true });
const touching = arbitraryRows({ unit: 1, maxUnits: 50, maxNr: 20, maxAge: 30, gaps: false });
const kernels = fc.constantFrom(kernelProfile('7.3'), kernelProfile('6.12'));

interface Region {
  start: bigint;
  end: bigint;
  nr: bigint;
  last: bigint;
  age: bigint;
}

/** The same pass from the facts, on a list of objects in BigInt. */
function referenceMerge(rows: readonly Row[], threshold: number, szLimit: number, countAge: boolean, profile: KernelProfile): number[][] {
  const merged: Region[] = [];
  for (const row of rows) {
    const [start, end, nr, last, age] = [...row, 0, 0, 0].map((word) => BigInt(word ?? 0));
    const region = { start, end, nr, last, age };
    if (countAge) {
      const far = nr - last > BigInt(threshold) || last - nr > BigInt(threshold);
      const crossed = profile.kernel === '7.3' && nr * last === 0n && nr + last > 0n;
      region.age = far || crossed ? 0n : age + 1n;
    }
    const p = merged.at(-1);
    const near = p !== undefined && p.nr - nr <= BigInt(threshold) && nr - p.nr <= BigInt(threshold);
    if (near && p.end === start && p.end - p.start + (end - start) <= BigInt(szLimit)) {
      const [a, b] = [p.end - p.start, end - start];
      p.nr = (p.nr * a + region.nr * b) / (a + b);
      p.age = (p.age * a + region.age * b) / (a + b);
      p.end = end;
    } else {
      merged.push(region);
    }
  }
  return merged.map(({ start, end, nr, last, age }) => [start, end, nr, last, age].map(Number));
}

function accessBytes(regions: RegionList): bigint {
  return rowsOf(regions).reduce((sum, [start, end, nr]) => sum + BigInt(end - start) * BigInt(nr), 0n);
}

describe('mergeRegionsOf', () => {
  it.each([
    ['small', small, 400],
    ['huge', huge, 2 ** 46],
  ] as const)('does what the reference model does: %s regions', (_name, rows, mostBytes) => {
    fc.assert(
      fc.property(
        rows,
        fc.nat(12),
        fc.integer({ min: 1, max: mostBytes }),
        fc.boolean(),
        kernels,
        (table, threshold, limit, age, profile) => {
          const regions = regionsOf(table);
          mergeRegionsOf(regions, threshold, limit, age, profile);
          expect(rowsOf(regions)).toEqual(referenceMerge(table, threshold, limit, age, profile));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('keeps the bytes covered and loses access bytes to rounding only', () => {
    fc.assert(
      fc.property(huge, fc.nat(0xffff), kernels, (table, threshold, profile) => {
        const regions = regionsOf(table);
        const before = accessBytes(regions);
        const count = regions.length;
        mergeRegionsOf(regions, threshold, 2 ** 45, true, profile);
        checkRegions(
          regions,
          table.map(([start, end]) => ({ start, end })),
        );
        const lost = before - accessBytes(regions);
        expect(lost >= 0n).toBe(true);
        expect(lost <= BigInt(count - regions.length) * BigInt(regions.totalBytes())).toBe(true);
      }),
    );
  });

  it('6.12 keeps the moving sum of what did not merge and resets it where regions merged', () => {
    const regions = regionsOf([
      [0, 10, 4],
      [10, 20, 4],
      [30, 40, 4],
    ]);
    regions.nrAccessesBp.fill(12_345);
    mergeRegionsOf(regions, 0, 100, true, kernelProfile('6.12'));
    expect([...regions.nrAccessesBp.subarray(0, 2)]).toEqual([40_000, 12_345]);
  });
});

describe('age', () => {
  it.each([
    { nr: 5, last: 5, threshold: 0, k73: 8, k612: 8 },
    { nr: 5, last: 7, threshold: 1, k73: 0, k612: 0 },
    { nr: 6, last: 7, threshold: 1, k73: 8, k612: 8 },
    { nr: 0, last: 1, threshold: 1, k73: 0, k612: 8 },
    { nr: 1, last: 0, threshold: 2, k73: 0, k612: 8 },
    { nr: 0, last: 0, threshold: 0, k73: 8, k612: 8 },
  ])('of nr $nr after $last, threshold $threshold: 7.3 $k73, 6.12 $k612', ({ nr, last, threshold, k73, k612 }) => {
    for (const [kernel, age] of [
      ['7.3', k73],
      ['6.12', k612],
    ] as const) {
      const regions = regionsOf([[0, 10, nr, last, 7]]);
      mergeRegionsOf(regions, threshold, 100, true, kernelProfile(kernel));
      expect(regions.age[0]).toBe(age);
    }
  });

  it('grows once however many passes a merge needs', () => {
    const rows = Array.from({ length: 50 }, (_, i): Row => [i, i + 1, i % 2 === 0 ? 20 : 0, i % 2 === 0 ? 20 : 0, 3]);
    const ctx = contextOf(rows, 10);
    mergeRegions(ctx, 2, 50);
    expect(ctx.nrRegions).toBe(1);
    expect(ctx.targets[0].regions.age[0]).toBe(4);
  });
});

describe('mergeRegions', () => {
  it('stops at the first threshold that is enough', () => {
    // Steps of 1, 3 and 7: thresholds 0, 1, 2, 4, 8 are tried; 4 joins the first two steps, which makes three regions.
    const rows: Row[] = [
      [0, 10, 0],
      [10, 20, 1],
      [20, 30, 4],
      [30, 40, 11],
      [50, 60, 11],
    ];
    const ctx = contextOf(rows, 4);
    mergeRegions(ctx, 0, 1_000);
    expect(rowsOf(ctx.targets[0].regions).map(([start, end]) => [start, end])).toEqual([
      [0, 20],
      [20, 30],
      [30, 40],
      [50, 60],
    ]);
  });

  it('never relaxes the size limit', () => {
    const ctx = contextOf(
      Array.from({ length: 20 }, (_, i): Row => [i, i + 1, 5]),
      3,
    );
    mergeRegions(ctx, 0, 2);
    expect(ctx.nrRegions).toBe(10);
  });

  it('ends at or below max_nr_regions wherever the size limit allows', () => {
    fc.assert(
      fc.property(touching, fc.integer({ min: 3, max: 8 }), kernels, (rows, min, profile) => {
        const max = 2 * min + 1;
        const ctx = contextOf(rows, max, min, profile);
        mergeRegions(ctx, 0, Math.max(Math.ceil(ctx.totalBytes() / min), 50));
        // No two neighbours fit into one any more, so each pair holds more than one min-th of all bytes.
        expect(ctx.nrRegions).toBeLessThanOrEqual(max);
      }),
    );
  });
});

function contextOf(rows: readonly Row[], maxNrRegions: number, minNrRegions = 3, profile = kernelProfile('7.3')): DamonContext {
  const ctx = new DamonContext({ attrs: attrsOf({ minNrRegions, maxNrRegions }), profile, targets: 1, minRegionSz: 1 });
  ctx.targets[0].regions.swap(regionsOf(rows));
  return ctx;
}
