import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TlbConfig } from './config.js';
import { tlbs } from './testing/arbitraries.js';
import { Rig, type Run } from './testing/rig.js';

const PAGE = 4096;
const EVERY_PAGE = { every: 1, nid: 0 };

/** The rig, and how many sweeps its access loop has skipped so far. */
function watchedRig(tlb: TlbConfig, pages: number, lists: readonly (readonly number[])[] = [[0]]) {
  const rig = new Rig({ tlb, thp: 'never', spaces: [[{ pages, headerBytes: 0 }]], lists });
  const { watch } = rig.core;
  const sweepStarts = watch.sweepStarts.bind(watch);
  const seen = { skipped: 0 };
  watch.sweepStarts = (...args) => {
    const skip = sweepStarts(...args);
    seen.skipped += skip;
    return skip;
  };
  return { rig, seen };
}

const finite = (entries: number, ways: number): TlbConfig => ({ kind: 'finite', entries, ways, hugeEntries: 1, hugeWays: 1, asids: 6 });
const base: Omit<Run, 'access' | 'accesses'> = { space: 0, region: 0, write: false, computePs: 0, limits: [1e9], between: null };
const sequence = (bytes: number, stride: number) => ({ kind: 'sequence', bytes, stride, offset: 0 }) as const;
const wholeList = { kind: 'pages', list: 0, begin: 0, length: 2 ** 20, cursor: 0 } as const;

describe('closed form: what skipped sweeps leave is what their single accesses leave (SweepWatch)', () => {
  const sizes = fc.record({ pages: fc.integer({ min: 1, max: 60 }), sweeps: fc.integer({ min: 0, max: 40 }), rest: fc.nat({ max: 70 }) });
  const strides = fc.constantFrom(512, 1000, 4095, 4096, 4097, 5000, 8192, 12_288);
  const before = fc.record({ stride: strides, write: fc.boolean(), accesses: fc.nat({ max: 200 }) });

  it('regular strides, in TLBs that the region fits in and in TLBs that it does not', () => {
    let skipped = 0;
    const property = fc.property(tlbs, sizes, strides, fc.boolean(), before, fc.nat(), (tlb, size, stride, write, first, cut) => {
      const { rig, seen } = watchedRig(tlb, size.pages);
      rig.premap(1 + (cut % 3), cut % 2);
      const accesses = size.sweeps * Math.ceil((size.pages * PAGE) / stride) + size.rest;
      // What is in the TLB from before: other pages, or the same ones without being known as dirty.
      rig.run({ ...base, write: first.write, accesses: first.accesses, access: sequence(size.pages * PAGE, first.stride) });
      rig.run({ ...base, write, accesses, limits: [cut % (2 * accesses + 1), 1e9], access: sequence(size.pages * PAGE, stride) });
      skipped += seen.skipped;
    });
    fc.assert(property, { numRuns: 300 });
    expect(skipped).toBeGreaterThan(100);
  });

  it('lists that wrap around', () => {
    let skipped = 0;
    const lists = fc.array(fc.nat({ max: 59 }), { minLength: 64, maxLength: 150 });
    const shapes = fc.oneof(
      lists,
      fc.integer({ min: 64, max: 90 }).map((n) => Array.from({ length: n }, (_, i) => i)),
    );
    const property = fc.property(tlbs, sizes, shapes, fc.boolean(), before, fc.nat(), (tlb, size, list, write, first, cut) => {
      const { rig, seen } = watchedRig(tlb, 100, [list]);
      rig.premap(1 + (cut % 3), cut % 2);
      const accesses = size.sweeps * list.length + size.rest;
      rig.run({ ...base, write: first.write, accesses: first.accesses, access: sequence(100 * PAGE, first.stride) });
      rig.run({ ...base, write, accesses, limits: [cut % (2 * accesses + 1), 1e9], access: wholeList });
      skipped += seen.skipped;
    });
    fc.assert(property, { numRuns: 200 });
    expect(skipped).toBeGreaterThan(50);
  });
});

describe('sweeps are skipped where that is possible, and only there', () => {
  const pages = 32;
  /** A hundred sweeps over 32 pages: how many were skipped, how many accesses missed. */
  function hundredSweeps(tlb: TlbConfig, write: boolean) {
    const { rig, seen } = watchedRig(tlb, pages);
    rig.premap(EVERY_PAGE.every, EVERY_PAGE.nid);
    rig.run({ ...base, write, accesses: 100 * pages, access: sequence(pages * PAGE, PAGE) });
    return { skipped: seen.skipped, misses: rig.core.tlbMisses };
  }

  // The first batch of a region begins at its second page: the first whole sweep starts one access before the end of a sweep.
  it.each([
    ['off: nothing to miss', { kind: 'off' }, 98, 0],
    ['infinite: misses once', { kind: 'infinite', asids: 6 }, 97, pages],
    ['32 entries hold 32 pages', finite(32, 4), 97, pages],
    ['16 entries: every access misses for ever', finite(16, 4), 97, 100 * pages],
    // Pages p and p + 32 share a set; there are none of the latter, so one way is enough.
    ['32 sets of one way', finite(32, 1), 97, pages],
  ] as const)('%s', (_, tlb, skipped, misses) => {
    for (const write of [false, true]) {
      const result = hundredSweeps(tlb, write);
      expect(result.misses).toBe(misses);
      expect(result.skipped).toBeGreaterThanOrEqual(skipped - 1);
    }
  });

  it('some hit and some miss: no sweep is skipped', () => {
    // 33 pages in 32 sets of one way: pages 0 and 32 push each other out.
    const { rig, seen } = watchedRig(finite(32, 1), 33);
    rig.premap(1, 0);
    rig.run({ ...base, accesses: 100 * 33, access: sequence(33 * PAGE, PAGE) });
    expect(seen.skipped).toBe(0);
    expect(rig.core.tlbMisses).toBe(33 + 99 * 2);
  });
});
