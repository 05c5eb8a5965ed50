import type { AddrRange } from '@damonlab/base';
import { Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { checkRegions } from './check-regions.js';
import { DamonContext } from './context.js';
import { initRegions } from './init-regions.js';
import { kernelProfile } from './profile.js';
import { FakeOperations } from './testing/fake-operations.js';
import { attrsOf, boundsOf } from './testing/regions.js';

const PAGE = 4096;
const MIB = 2 ** 20;

function pages(...bounds: [number, number][]): AddrRange[] {
  return bounds.map(([start, end]) => ({ start: start * PAGE, end: end * PAGE }));
}

function init(kernel: '7.3' | '6.12', own: AddrRange[] | undefined, given: AddrRange[] = [], minNrRegions = 10): DamonContext {
  const profile = kernelProfile(kernel);
  const ctx = new DamonContext({ attrs: attrsOf({ minNrRegions }), profile, targets: 1, minRegionSz: PAGE });
  const rng = Prng.stream(1, 'init');
  initRegions(ctx, [given], new FakeOperations({ profile, rng, isHot: () => false, ...(own ? { initRanges: own } : {}) }));
  return ctx;
}

function sizes(ctx: DamonContext): number[] {
  return boundsOf(ctx.targets[0].regions).map(([start, end]) => (end - start) / PAGE);
}

describe('initRegions', () => {
  // 1000 pages and ten regions: limit 100 pages.
  const three = pages([0, 340], [1_000, 1_607], [5_000, 5_053]);

  it('7.3 chops all ranges into slices of the limit, a short remainder last', () => {
    const ctx = init('7.3', three);
    expect(sizes(ctx)).toEqual([100, 100, 100, 40, 100, 100, 100, 100, 100, 100, 7, 53]);
    expect(ctx.szLimit).toBe(100 * PAGE);
    checkRegions(ctx.targets[0].regions, three);
  });

  it('6.12 cuts each range into equal pieces not below the limit, the last takes the remainder', () => {
    const ctx = init('6.12', three);
    expect(sizes(ctx)).toEqual([113, 113, 114, 101, 101, 101, 101, 101, 102, 53]);
    expect(ctx.szLimit).toBe(100 * PAGE);
    checkRegions(ctx.targets[0].regions, three);
  });

  it('7.3 rounds the limit up to the minimum region size, 6.12 does not', () => {
    expect(init('7.3', pages([0, 99])).szLimit).toBe(10 * PAGE);
    expect(init('6.12', pages([0, 99])).szLimit).toBe(Math.floor(9.9 * PAGE));
  });

  it.each(['7.3', '6.12'] as const)('%s: the limit is at least the minimum region size', (kernel) => {
    const ctx = init(kernel, pages([0, 5]), [], 100);
    expect(ctx.szLimit).toBe(PAGE);
    expect(sizes(ctx)).toEqual([1, 1, 1, 1, 1]);
  });

  it('given ranges: 7.3 chops them, 6.12 leaves each as one region', () => {
    const given = [{ start: 0, end: 1_024 * MIB }];
    expect(init('7.3', three, given).nrRegions).toBe(10);
    expect(init('6.12', three, given).nrRegions).toBe(1);
  });

  it('6.12 starts with 10 or 11 regions, 7.3 with 11 to 13, whatever the three ranges', () => {
    const rng = Prng.stream(2, 'three');
    const seen = { '7.3': new Set<number>(), '6.12': new Set<number>() };
    for (let i = 0; i < 200; i++) {
      const heap = 2_000 + rng.below(250_000);
      const ranges = pages([1_024, 1_024 + heap], [1_000_000, 1_024_430], [9_000_000, 9_000_033]);
      seen['7.3'].add(init('7.3', ranges).nrRegions);
      seen['6.12'].add(init('6.12', ranges).nrRegions);
    }
    expect([...seen['6.12']].sort()).toEqual([10, 11]);
    for (const nr of seen['7.3']) expect([11, 12, 13]).toContain(nr);
  });

  it('without ranges from anyone the target stays empty', () => {
    expect(init('7.3', undefined).nrRegions).toBe(0);
  });
});
