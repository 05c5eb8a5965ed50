import { Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { DamonContext } from './context.js';
import { resetAggregated } from './kdamond.js';
import { MovingSum, mvsum, nrAccessesMvsum } from './mvsum.js';
import { kernelProfile } from './profile.js';
import { attrsOf, regionsOf } from './testing/regions.js';

/** Moving sums of one region over `windows` windows of `window` samples with random hits: [6.12 nr_accesses_bp, the rule's sum in bp]. */
function sums(window: number, windows: number): [incremental: number, exact: number][] {
  const rng = Prng.stream(5, 'mvsum');
  const regions = regionsOf([[0, 4096]]);
  const moving = new MovingSum();
  const seen: [number, number][] = [];
  for (let sample = 1; sample <= window * windows; sample++) {
    moving.capture(regions);
    if (rng.below(3) === 0) regions.nrAccesses[0]++;
    moving.slide(regions, window);
    const left = window - (((sample - 1) % window) + 1);
    seen.push([regions.nrAccessesBp[0], regions.nrAccesses[0] * 10_000 + (regions.lastNrAccesses[0] * 10_000 * left) / window]);
    if (left === 0) resetAggregated(regions);
  }
  return seen;
}

describe('the moving sum of 6.12', () => {
  it('is exact where the samples of a window divide 10000', () => {
    for (const [incremental, exact] of sums(20, 5)) expect(incremental).toBe(exact);
  });

  it('gains a residue each window where they do not', () => {
    const seen = sums(30, 6);
    const residues = seen.map(([incremental, exact]) => incremental - exact);
    expect(residues[29]).toBe(0);
    expect(Math.min(...residues)).toBeGreaterThanOrEqual(-1e-6);
    // At the end of a window: the remainders of all windows before.
    let expected = 0;
    for (let w = 1; w < 6; w++) {
      const last = seen[w * 30 - 1][1] / 10_000;
      expected += (last * 10_000) % 30;
      expect(residues[w * 30 + 29]).toBeCloseTo(expected, 6);
    }
    expect(expected).toBeGreaterThan(0);
  });
});

describe('nrAccessesMvsum', () => {
  it('a last count of 1 reads 0 after the first sample without a hit, in both kernels', () => {
    for (const kernel of ['7.3', '6.12'] as const) {
      const ctx = new DamonContext({ attrs: attrsOf(), profile: kernelProfile(kernel), targets: 1, minRegionSz: 4096 });
      const { regions } = ctx.targets[0];
      regions.append(0, 4096);
      regions.nrAccesses[0] = 1;
      regions.nrAccessesBp[0] = 10_000;
      resetAggregated(regions);
      expect(nrAccessesMvsum(ctx, regions, 0)).toBe(1);
      const moving = new MovingSum();
      moving.capture(regions);
      moving.slide(regions, 20);
      ctx.passedSampleIntervals = 1;
      expect(nrAccessesMvsum(ctx, regions, 0)).toBe(0);
    }
  });

  it('is exact for large counts', () => {
    expect(mvsum(1, 0xffff_ffff, 9_999)).toBe(1 + 4_294_537_798);
  });
});
