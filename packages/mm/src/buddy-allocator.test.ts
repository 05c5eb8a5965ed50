import { PTES_PER_PMD } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BuddyAllocator } from './buddy-allocator.js';
import { Taken } from './other-memory.js';
import { topologyOf } from './testing/spaces.js';

/** A machine on whose nodes some frames are taken. */
function allocatorOf(pages: readonly number[], taken: readonly number[] = [], by: number = Taken.kernel): BuddyAllocator {
  const topology = topologyOf(...pages);
  const nrFrames = pages.reduce((sum, count) => sum + count, 0);
  const frames = new Uint8Array(nrFrames);
  for (const pfn of taken) frames[pfn] = by;
  return new BuddyAllocator(topology, new Uint32Array(nrFrames), frames);
}

function take(allocator: BuddyAllocator, times: number, nid = 0): number[] {
  return Array.from({ length: times }, () => allocator.allocateOn(nid));
}

describe('BuddyAllocator', () => {
  it('after boot hands out frames in the order of their addresses where nothing is taken', () => {
    expect(take(allocatorOf([3000]), 3000)).toEqual([...range(0, 3000)].sort(bySizeOfBlock(3000)));
  });

  it('what is left between other memory goes first, the smallest pieces before the others', () => {
    // Free: frame 1 (one), [4, 8) (four), [8, 10) (two), 11 (one), and whole blocks from 1024 on.
    const taken = [0, 2, 3, 10, ...range(12, 1024)];
    expect(take(allocatorOf([2048], taken), 9)).toEqual([1, 11, 8, 9, 4, 5, 6, 7, 1024]);
  });

  it('a block that one page breaks goes before all whole blocks, wherever it lies', () => {
    const pfns = take(allocatorOf([8192], [4096]), 1025);
    expect(pfns.slice(0, 1023).every((pfn) => pfn > 4096 && pfn < 5120)).toBe(true);
    expect(pfns.slice(1023)).toEqual([0, 1]);
  });

  it('what comes back is joined with its neighbours: all that was taken gives whole blocks again', () => {
    const allocator = allocatorOf([2048]);
    for (const pfn of take(allocator, 2048)) allocator.release(pfn);
    expect([0, 0, 0, 0, 0].map((nid) => allocator.allocateHuge(nid)).sort((a, b) => a - b)).toEqual([-1, 0, 512, 1024, 1536]);
  });

  it('never joins over the border of two nodes', () => {
    const allocator = allocatorOf([512, 512]);
    for (const nid of [0, 1]) for (const pfn of take(allocator, 512, nid)) allocator.release(pfn);
    expect([allocator.allocateHuge(0), allocator.allocateHuge(0), allocator.allocateHuge(1)]).toEqual([0, -1, 512]);
  });

  it('a page whose block is soon to be joined goes behind the others', () => {
    const allocator = allocatorOf(
      [64],
      [...range(0, 64)].filter((pfn) => ![0, 2, 3, 8].includes(pfn)),
    );
    expect(take(allocator, 2)).toEqual([0, 8]);
    allocator.release(8);
    // With frame 1 it would be joined to a block of four.
    allocator.release(0);
    expect(take(allocator, 2)).toEqual([8, 0]);
  });

  it('a page that comes back last is used first', () => {
    const allocator = allocatorOf(
      [64],
      [...range(1, 64)].filter((pfn) => ![8, 20, 21].includes(pfn)),
    );
    const [a, b] = take(allocator, 2);
    expect([a, b]).toEqual([0, 8]);
    allocator.release(a);
    allocator.release(b);
    expect(take(allocator, 2)).toEqual([8, 0]);
    // 20 and 21 together are a block of two.
    expect(take(allocator, 3)).toEqual([20, 21, -1]);
  });

  it("kept frames are the kernel's, and never handed out; the page cache can come back", () => {
    const allocator = allocatorOf([16], [3, 4], Taken.page_cache);
    expect([allocator.keptFrames(0), allocator.freeFrames(0)]).toEqual([0, 14]);
    allocator.release(3);
    expect(allocator.freeFrames(0)).toBe(15);
    const kernel = allocatorOf([16, 16], [3, 4, 20]);
    expect([kernel.keptFrames(0), kernel.keptFrames(1), kernel.freeFrames(0)]).toEqual([2, 1, 14]);
    expect(new Set(take(kernel, 15))).toEqual(new Set([...range(0, 16)].filter((pfn) => pfn !== 3 && pfn !== 4).concat(-1)));
  });

  it('does what a set of free frames does, and neither loses nor invents one', () => {
    const steps = fc.array(
      fc.record({
        what: fc.constantFrom('allocate', 'allocate', 'huge', 'release', 'releaseHuge'),
        nid: fc.nat({ max: 1 }),
        times: fc.integer({ min: 1, max: 600 }),
        pick: fc.nat(),
      }),
      { maxLength: 40 },
    );
    const taken = fc.uniqueArray(fc.nat({ max: 3699 }), { maxLength: 40 });
    fc.assert(
      fc.property(steps, taken, (list, others) => {
        const sizes = [1700, 2000];
        const allocator = allocatorOf(sizes, others);
        const free = new Set([...range(0, 3700)].filter((pfn) => !others.includes(pfn)));
        const base: number[] = [];
        const huge: number[] = [];
        const ofNode = (nid: number) => [...free].filter((pfn) => allocator.nidOf(pfn) === nid);
        for (const { what, nid, times, pick } of list) {
          for (let i = 0; i < times; i++) {
            if (what === 'allocate') {
              const pfn = allocator.allocateOn(nid);
              if (pfn < 0) expect(ofNode(nid)).toEqual([]);
              else {
                expect(free.delete(pfn) && allocator.nidOf(pfn) === nid).toBe(true);
                base.push(pfn);
              }
            } else if (what === 'huge') {
              const pfn = allocator.allocateHuge(nid);
              const whole = wholeBlock(free, nid === 0 ? 0 : 1700, nid === 0 ? 1700 : 3700);
              expect(pfn >= 0).toBe(whole >= 0);
              if (pfn < 0) break;
              for (const one of range(pfn, pfn + PTES_PER_PMD)) expect(free.delete(one)).toBe(true);
              expect(pfn % PTES_PER_PMD).toBe(0);
              huge.push(pfn);
            } else if (what === 'release' && base.length > 0) {
              const [pfn] = base.splice(pick % base.length, 1);
              allocator.release(pfn);
              free.add(pfn);
            } else if (what === 'releaseHuge' && huge.length > 0) {
              const [pfn] = huge.splice(pick % huge.length, 1);
              allocator.releaseHuge(pfn);
              for (const one of range(pfn, pfn + PTES_PER_PMD)) free.add(one);
            }
          }
          expect([0, 1].map((n) => allocator.freeFrames(n))).toEqual([0, 1].map((n) => ofNode(n).length));
        }
      }),
      { numRuns: 60 },
    );
  });
});

function* range(from: number, to: number): Generator<number> {
  for (let i = from; i < to; i++) yield i;
}

/** The first 2 MiB of [first, end) all of which is free, -1: none. Joining leaves none undiscovered. */
function wholeBlock(free: ReadonlySet<number>, first: number, end: number): number {
  for (let pfn = Math.ceil(first / PTES_PER_PMD) * PTES_PER_PMD; pfn + PTES_PER_PMD <= end; pfn += PTES_PER_PMD) {
    if ([...range(pfn, pfn + PTES_PER_PMD)].every((one) => free.has(one))) return pfn;
  }
  return -1;
}

/** The end of memory that is no whole 4 MiB goes first, from its smallest block on. */
function bySizeOfBlock(nrFrames: number): (a: number, b: number) => number {
  const orderOf = (pfn: number) => {
    let at = 0;
    for (let order = 10; order >= 0; order--) {
      if (at + (1 << order) > nrFrames) continue;
      while (at + (1 << order) <= nrFrames) {
        if (pfn < at + (1 << order)) return order;
        at += 1 << order;
      }
    }
    return 0;
  };
  return (a, b) => orderOf(a) - orderOf(b) || a - b;
}
