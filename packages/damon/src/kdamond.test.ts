import { type AddrRange, Prng, UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import type { DamonAttrs } from './attrs.js';
import { checkRegions } from './check-regions.js';
import { Kdamond, type KdamondHooks } from './kdamond.js';
import { nrAccessesMvsum } from './mvsum.js';
import { type KernelVersion, kernelProfile } from './profile.js';
import type { KdamondSchemes } from './schemes.js';
import { SplitMemory } from './split.js';
import { FakeOperations } from './testing/fake-operations.js';
import { attrsOf, boundsOf, ranges, rowsOf } from './testing/regions.js';

const MIB = 2 ** 20;
const RANGES: AddrRange[] = [{ start: 0, end: 64 * MIB }];

interface Setup {
  kernel?: KernelVersion;
  attrs?: Partial<DamonAttrs>;
  hooks?: KdamondHooks;
  schemes?: Partial<KdamondSchemes>;
  isHot?: (addr: number) => boolean;
}

const NO_SCHEMES: KdamondSchemes = { waitUs: () => 0, apply: () => {}, resetSchedules: () => {}, cancelWalk: () => {}, end: () => {} };

function setup({ kernel = '7.3', attrs = {}, hooks = {}, schemes = {}, isHot = () => false }: Setup = {}) {
  const profile = kernelProfile(kernel);
  const ops = new FakeOperations({ profile, rng: Prng.stream(1, 'ops'), isHot, initRanges: RANGES });
  const kdamond = new Kdamond({
    attrs: attrsOf(attrs),
    profile,
    ops,
    targets: 1,
    targetRanges: [],
    rng: Prng.stream(1, 'kdamond'),
    splitMemory: new SplitMemory(),
    hooks,
    schemes: { ...NO_SCHEMES, ...schemes },
  });
  kdamond.start();
  return { kdamond, ops };
}

function iterate(kdamond: Kdamond, times: number): void {
  for (let i = 0; i < times; i++) {
    kdamond.prepare();
    kdamond.afterSleep();
  }
}

describe('the loop', () => {
  it('applies schemes each sample, reports after the merge and before reset and split, updates last', () => {
    const log: string[] = [];
    const { kdamond, ops } = setup({
      attrs: { sampleUs: 10, aggrUs: 30, opsUpdateUs: 60 },
      isHot: () => true,
      schemes: { apply: (ctx) => log.push(`schemes ${ctx.passedSampleIntervals}`) },
      hooks: {
        onAggregated: (t, regions) => log.push(`aggregated ${t} nr_accesses ${regions.nrAccesses[0]} last ${regions.lastNrAccesses[0]}`),
      },
    });
    const update = ops.updateRanges.bind(ops);
    ops.updateRanges = () => {
      log.push(`update, last ${kdamond.targets[0].regions.lastNrAccesses[0]}`);
      return update();
    };
    iterate(kdamond, 6);
    expect(log).toEqual([
      'schemes 1',
      'schemes 2',
      'schemes 3',
      'aggregated 0 nr_accesses 3 last 0',
      'schemes 4',
      'schemes 5',
      'schemes 6',
      'aggregated 0 nr_accesses 3 last 3',
      'update, last 3',
    ]);
  });

  it.each(['7.3', '6.12'] as const)('%s: regions stay sound and cover the ranges through many windows', (kernel) => {
    const { kdamond } = setup({ kernel, isHot: (addr) => addr < 5 * MIB, attrs: { maxNrRegions: 40 } });
    let most = 0;
    for (let i = 0; i < 2_000; i++) {
      iterate(kdamond, 1);
      checkRegions(kdamond.targets[0].regions, RANGES);
      most = Math.max(most, kdamond.nrRegions);
      expect(boundsOf(kdamond.targets[0].regions).every(([start, end]) => (end - start) % 4096 === 0)).toBe(true);
    }
    expect(most).toBeGreaterThan(20);
    expect(most).toBeLessThanOrEqual(40);
  });

  it('sees a hot part: regions inside it are hot, others cold', () => {
    let hotBytes = 0;
    const onAggregated: KdamondHooks['onAggregated'] = (_t, regions) => {
      hotBytes = rowsOf(regions).reduce((sum, [start, end, nr]) => sum + (nr > 0 ? end - start : 0), 0);
    };
    const { kdamond } = setup({ isHot: (addr) => addr >= 10 * MIB && addr < 15 * MIB, hooks: { onAggregated } });
    iterate(kdamond, 100 * 20);
    expect(hotBytes / MIB).toBeGreaterThan(4.8);
    expect(hotBytes / MIB).toBeLessThan(5.5);
  });

  it('is deterministic', () => {
    const runs = [1, 2].map(() => {
      const { kdamond } = setup({ isHot: (addr) => addr % MIB < 1_000 });
      iterate(kdamond, 500);
      return rowsOf(kdamond.targets[0].regions);
    });
    expect(runs[0]).toEqual(runs[1]);
  });

  it('stops when no target is valid, and refuses requests then', () => {
    const { kdamond, ops } = setup();
    iterate(kdamond, 3);
    ops.valid = false;
    kdamond.prepare();
    let ran = false;
    expect(kdamond.afterSleep()).toBe('stop');
    expect(
      kdamond.call(() => {
        ran = true;
      }),
    ).toBe(false);
    expect(ran).toBe(false);
    expect(() => kdamond.prepare()).toThrow(/invariant/);
  });

  it('refuses steps out of order and bad set-ups', () => {
    const { kdamond } = setup();
    expect(() => kdamond.afterSleep()).toThrow(/invariant/);
    expect(() => kdamond.start()).toThrow(/invariant/);
    expect(() => setup({ attrs: { sampleUs: 0 } })).toThrow(UserError);
    expect(() => setup({ attrs: { minNrRegions: 2 } })).toThrow(/nr_regions\.min: too few regions[\s\S]*EINVAL/);
    const config = { attrs: attrsOf(), profile: kernelProfile('7.3'), targets: 1, targetRanges: [], rng: Prng.stream(1, 'x') };
    const ops = new FakeOperations({ profile: config.profile, rng: config.rng, isHot: () => false });
    const make = (changes: object) => new Kdamond({ ...config, ops, splitMemory: new SplitMemory(), ...changes });
    expect(() => make({ minRegionSz: 4095 })).toThrow(/power of two/);
    expect(() => make({ targetRanges: [ranges('0-9 5-20')] })).toThrow(UserError);
    expect(() => make({ targetRanges: [[], []] })).toThrow(/more targets/);
  });
});

describe('schemes', () => {
  it.each([
    ['7.3', ['reset at 0', 'apply 1', 'apply 2', 'change 3', 'apply 3', 'reset at 4', 'apply 4']],
    ['6.12', ['reset at 0', 'apply 1', 'apply 2', 'change 3', 'reset at 3', 'apply 3', 'apply 4']],
  ] as const)('%s: are committed before they are applied, and restart with the attributes', (kernel, expected) => {
    const log: string[] = [];
    const { kdamond } = setup({
      kernel,
      attrs: { sampleUs: 10, aggrUs: 30 },
      schemes: {
        apply: (ctx) => log.push(`apply ${ctx.passedSampleIntervals}`),
        resetSchedules: (ctx) => log.push(`reset at ${ctx.passedSampleIntervals}`),
      },
    });
    iterate(kdamond, 2);
    kdamond.commit({ schemes: (ctx) => log.push(`change ${ctx.passedSampleIntervals}`) });
    iterate(kdamond, 1);
    if (kernel === '7.3') kdamond.commitAttrs(attrsOf({ sampleUs: 10, aggrUs: 50 }));
    iterate(kdamond, 1);
    expect(log).toEqual(expected);
  });

  it.each([
    ['7.3', ['cancel', 'call', 'commit', 'cancel', 'cancel', 'end']],
    // The commit waits for a merge.
    ['6.12', ['cancel', 'call', 'cancel', 'cancel', 'end']],
  ] as const)('%s: watermarks stop the sampling but not the requests', (kernel, expected) => {
    const log: string[] = [];
    let waitUs = 0;
    const { kdamond, ops } = setup({
      kernel,
      schemes: { waitUs: () => waitUs, cancelWalk: () => log.push('cancel'), end: () => log.push('end') },
    });
    iterate(kdamond, 5);
    waitUs = 777;
    kdamond.prepare();
    expect([kdamond.waiting, kdamond.sleepUs, kdamond.passedSampleIntervals]).toEqual([true, 777, 5]);
    expect(kdamond.afterSleep()).toBe('continue');
    kdamond.call(() => log.push('call'));
    kdamond.commit({ schemes: () => log.push('commit') });
    iterate(kdamond, 1);
    expect(kdamond.passedSampleIntervals).toBe(5);
    waitUs = 0;
    kdamond.prepare();
    expect([kdamond.waiting, kdamond.sleepUs]).toEqual([false, 5_000]);
    kdamond.afterSleep();
    expect(kdamond.passedSampleIntervals).toBe(6);
    waitUs = 777;
    kdamond.prepare();
    ops.valid = false;
    expect(kdamond.afterSleep()).toBe('stop');
    expect(log).toEqual(expected);
  });
});

describe('ops update', () => {
  it('applies new ranges each update interval, counters of common parts survive', () => {
    const { kdamond, ops } = setup({ isHot: (addr) => addr < 2 * MIB, attrs: { opsUpdateUs: 125_000 } });
    iterate(kdamond, 24);
    expect(ops.updates).toBe(0);
    const before = rowsOf(kdamond.targets[0].regions).find(([start]) => start === 0);
    ops.nextRanges = [{ start: 0, end: 100 * MIB }];
    iterate(kdamond, 1);
    expect(ops.updates).toBe(1);
    checkRegions(kdamond.targets[0].regions, ops.nextRanges);
    expect(rowsOf(kdamond.targets[0].regions)[0].slice(3)).toEqual(before?.slice(3));
    iterate(kdamond, 25);
    expect(ops.updates).toBe(2);
  });

  it('7.3 chops a region that has grown above the limit at the next aggregation, 6.12 only recomputes the limit', () => {
    for (const [kernel, largest] of [
      ['7.3', 64 * MIB],
      ['6.12', 1_000 * MIB],
    ] as const) {
      const sizes: number[] = [];
      const onAggregated: KdamondHooks['onAggregated'] = (_t, regions) => {
        sizes.push(Math.max(...boundsOf(regions).map(([start, end]) => end - start)));
      };
      const { kdamond, ops } = setup({ kernel, attrs: { opsUpdateUs: 100_000 }, hooks: { onAggregated } });
      ops.nextRanges = [RANGES[0], { start: 512 * MIB, end: 1_088 * MIB }];
      iterate(kdamond, 20);
      const limit = kdamond.ctx.szLimit;
      iterate(kdamond, 20);
      expect(sizes[1]).toBeLessThanOrEqual(largest);
      if (kernel === '7.3') expect([limit, kdamond.ctx.szLimit].map((l) => l < 8 * MIB)).toEqual([true, false]);
      else expect([limit, sizes[1]]).toEqual([64 * MIB, 576 * MIB]);
    }
  });
});

describe('the moving sum', () => {
  it.each(['7.3', '6.12'] as const)('%s: a steady region reads the same at every sample after its first window', (kernel) => {
    const { kdamond } = setup({ kernel, isHot: () => true });
    iterate(kdamond, 20);
    for (let i = 0; i < 65; i++) {
      iterate(kdamond, 1);
      const { regions } = kdamond.targets[0];
      for (let r = 0; r < regions.length; r++) expect(nrAccessesMvsum(kdamond.ctx, regions, r)).toBe(20);
    }
  });

  it('6.12 keeps it from sample to sample', () => {
    const { kdamond, ops } = setup({ kernel: '6.12', isHot: () => true });
    iterate(kdamond, 20);
    ops.isHot = () => false;
    iterate(kdamond, 5);
    expect(kdamond.targets[0].regions.nrAccessesBp[0]).toBe(150_000);
  });
});

describe('requests', () => {
  it('7.3 runs calls after the next sample, what they add after the one that follows', () => {
    const ran: number[] = [];
    const { kdamond } = setup();
    kdamond.call((ctx) => {
      ran.push(ctx.passedSampleIntervals);
      kdamond.call((later) => ran.push(later.passedSampleIntervals));
    });
    iterate(kdamond, 5);
    expect(ran).toEqual([1, 2]);
  });

  it('6.12 runs calls before the next sleep or after a merge', () => {
    const ran: string[] = [];
    const { kdamond } = setup({ kernel: '6.12' });
    const call = (name: string) => kdamond.call((ctx) => ran.push(`${name} ${ctx.passedSampleIntervals}`));
    call('before sample 1');
    kdamond.prepare();
    call('during sample 1');
    kdamond.afterSleep();
    iterate(kdamond, 18);
    kdamond.prepare();
    call('during sample 20');
    kdamond.afterSleep();
    expect(ran).toEqual(['before sample 1 0', 'during sample 1 1', 'during sample 20 20']);
  });

  it.each([
    ['7.3', 1],
    ['6.12', 20],
  ] as const)('%s commits attributes after sample %d', (kernel, expected) => {
    const { kdamond } = setup({ kernel });
    kdamond.commitAttrs(attrsOf({ maxNrRegions: 501 }));
    let sample = 0;
    while (kdamond.ctx.attrs.maxNrRegions !== 501) {
      iterate(kdamond, 1);
      sample++;
    }
    expect(sample).toBe(expected);
  });

  it('an unchanged commit leaves the 7.3 schedule alone and restarts the 6.12 one', () => {
    for (const [kernel, next, nextUpdate] of [
      ['7.3', 40, 200],
      ['6.12', 40, 220],
    ] as const) {
      const { kdamond } = setup({ kernel });
      kdamond.commitAttrs(attrsOf());
      iterate(kdamond, 20);
      expect([kdamond.ctx.nextAggregationSis, kdamond.ctx.nextOpsUpdateSis]).toEqual([next, nextUpdate]);
    }
  });

  it('7.3: new intervals inside a window drop its counts and start a new window', () => {
    const windows: [number, number][] = [];
    const { kdamond } = setup({
      isHot: () => true,
      hooks: { onAggregated: (_t, regions) => windows.push([kdamond.passedSampleIntervals, regions.nrAccesses[0]]) },
    });
    iterate(kdamond, 29);
    kdamond.commitAttrs(attrsOf({ sampleUs: 10_000 }));
    iterate(kdamond, 1);
    expect(kdamond.sleepUs).toBe(5_000);
    expect(rowsOf(kdamond.targets[0].regions)[0].slice(2)).toEqual([0, 10, 0]);
    iterate(kdamond, 10);
    expect(kdamond.sleepUs).toBe(10_000);
    expect(windows).toEqual([
      [20, 20],
      [40, 10],
    ]);
  });

  it('6.12: new intervals come after a merge and before the reset, so the next window compares counts of the new scale', () => {
    const ages: number[] = [];
    const { kdamond } = setup({
      kernel: '6.12',
      isHot: () => true,
      hooks: { onAggregated: (_t, regions) => ages.push(regions.age[0]) },
    });
    iterate(kdamond, 60);
    kdamond.commitAttrs(attrsOf({ sampleUs: 5_000, aggrUs: 50_000 }));
    iterate(kdamond, 20 + 10 + 10);
    // From no count to 20 is a change. Age 3 doubles with the half interval.
    expect(ages).toEqual([0, 1, 2, 6, 7, 8]);
  });

  it('bad commits throw at once and change nothing', () => {
    const { kdamond } = setup();
    const before = kdamond.ctx.attrs;
    expect(() => kdamond.commitAttrs(attrsOf({ maxNrRegions: 3 }))).toThrow(UserError);
    expect(() => kdamond.commit({ targetRanges: [ranges('5-5')] })).toThrow(UserError);
    expect(() => kdamond.commit({ targetRanges: [[], []] })).toThrow(UserError);
    iterate(kdamond, 1);
    expect(kdamond.ctx.attrs).toBe(before);
  });
});

describe('a pause', () => {
  const applied: number[] = [];
  const setupPaused = () =>
    setup({ isHot: () => true, schemes: { apply: (ctx) => applied.push(ctx.passedSampleIntervals), cancelWalk: () => applied.push(-1) } });

  it('begins after the sample of the commit and counts no time; walks are sent away, and the iteration goes on where it stopped', () => {
    applied.length = 0;
    const { kdamond } = setupPaused();
    iterate(kdamond, 5);
    kdamond.commit({ pause: true });
    iterate(kdamond, 4);
    expect([kdamond.passedSampleIntervals, kdamond.waiting, kdamond.sleepUs]).toEqual([6, true, 5_000]);
    expect(applied).toEqual([1, 2, 3, 4, 5, -1, -1, -1, -1]);
    kdamond.commit({ pause: false });
    iterate(kdamond, 2);
    expect([kdamond.passedSampleIntervals, kdamond.waiting]).toEqual([7, false]);
    expect(applied.slice(9)).toEqual([6, 7]);
  });

  it('at the end of a window shows the window after the pause', () => {
    const windows: number[] = [];
    const { kdamond } = setup({ hooks: { onAggregated: () => windows.push(kdamond.passedSampleIntervals) } });
    iterate(kdamond, 19);
    kdamond.commit({ pause: true });
    iterate(kdamond, 3);
    expect([kdamond.passedSampleIntervals, windows]).toEqual([20, []]);
    kdamond.commit({ pause: false });
    iterate(kdamond, 1);
    expect(windows).toEqual([20]);
  });

  it('6.12 has none', () => {
    const { kdamond } = setup({ kernel: '6.12' });
    expect(() => kdamond.commit({ pause: true })).toThrow(/pausing a context is not in this kernel/);
    kdamond.commit({ pause: false });
  });
});
