import { Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { buildAddressSpace, type Vma, vmaOfEntry } from './address-space.js';
import { FolioFlag, Mark } from './image.js';
import { Lru } from './lru-lists.js';
import { Memory } from './memory.js';
import { MemoryPressure } from './pressure.js';
import { Pte } from './pte.js';
import { Reclaim } from './reclaim.js';
import { imageFor, requests, topologyOf } from './testing/spaces.js';
import { VmaIndex } from './vma-index.js';

const COST = { scanNs: 10, outNs: 1_000, inNs: 50_000, demoteNs: 2_000 };

/** A node of `pages` frames, a process with `data` pages, and so much swap space. */
function lab(pages: number, data: number, swapPages: number) {
  const topology = topologyOf(pages);
  const space = buildAddressSpace(0, requests([data]), 0, Prng.stream(1, 'layout'));
  const memory = new Memory(topology, imageFor(space, topology), 'never');
  const gone: number[] = [];
  const unmapped = (first: number, end: number) => {
    for (let pte = first; pte < end; pte++) gone.push(pte);
  };
  const reclaim = new Reclaim({ memory, vmas: new VmaIndex([space]), swapPages, cost: COST, unmapped });
  memory.reclaim = reclaim;
  const region = space.regions.find(({ role }) => role === 'data');
  if (region === undefined) throw new Error('no data');
  const vma: Vma = vmaOfEntry(space, region.firstPte);
  const touch = (page: number) => {
    const pte = region.firstPte + page;
    memory.listNew(vma, pte, memory.handleFault(space, vma, pte, 0), -1);
    return reclaim.takeStallNs();
  };
  const accessed = (page: number) => {
    memory.image.marks8[4 * (region.firstPte + page) + Mark.accessed] = 1;
  };
  const isIn = (page: number) => (memory.image.pteFlags[region.firstPte + page] & Pte.present) !== 0;
  return { memory, reclaim, region, touch, accessed, isIn, gone, space };
}

const MARKS = { min: 0, low: 0, high: 0, promo: 0 };

describe('kswapd', () => {
  it('wakes up below the low watermark and frees memory up to the high one, the oldest first', () => {
    const { memory, reclaim, touch, isIn, gone, region } = lab(1024, 1100, 2048);
    const { low, high } = memory.watermarks[0] ?? MARKS;
    for (let page = 0; page < 1024 - low; page++) touch(page);
    reclaim.kswapd(0, 1e9);
    expect(memory.frames.freeFrames(0)).toBe(low);
    touch(1024 - low);
    reclaim.kswapd(0, 1e9);
    // Clusters of 32 are taken at a time.
    const free = memory.frames.freeFrames(0);
    expect(free).toBeGreaterThanOrEqual(high);
    expect(free).toBeLessThan(high + 32);
    expect(isIn(0)).toBe(false);
    expect(gone).toEqual(Array.from(gone, (_, i) => region.firstPte + i));
    expect(reclaim.counters).toMatchObject({ pswpout: gone.length, pgsteal_kswapd: gone.length, pgsteal_direct: 0 });
  });

  it('leaves what was accessed, though DAMON has cleared its bit; what is accessed twice becomes active', () => {
    const { memory, reclaim, touch, accessed, isIn, region } = lab(256, 300, 512);
    const { low } = memory.watermarks[0] ?? MARKS;
    for (let page = 0; page <= 256 - low; page++) touch(page);
    accessed(0);
    memory.image.marks8[4 * (region.firstPte + 1) + Mark.folio] = FolioFlag.idle | FolioFlag.young;
    reclaim.kswapd(0, 1e9);
    expect([0, 1, 2].map(isIn)).toEqual([true, true, false]);
    expect(memory.isActive(region.firstPte)).toBe(false);
    // Reclaim has cleared the bit: DAMON is to know that it was set.
    expect(memory.image.marks8[4 * region.firstPte + Mark.folio] & FolioFlag.idle).toBe(0);
    accessed(0);
    for (let page = 256 - low + 1; page < 300; page++) {
      touch(page);
      if (page % 8 === 0) reclaim.kswapd(0, 1e9);
    }
    for (let page = 2; page < 200; page++) touch(page);
    expect(memory.isActive(region.firstPte)).toBe(true);
  });

  it('gets only as far as its time goes', () => {
    const { memory, reclaim, touch } = lab(1024, 1100, 2048);
    const { low } = memory.watermarks[0] ?? MARKS;
    for (let page = 0; page <= 1024 - low; page++) touch(page);
    const free = memory.frames.freeFrames(0);
    reclaim.kswapd(0, 1);
    expect(memory.frames.freeFrames(0) - free).toBeGreaterThan(0);
    expect(memory.frames.freeFrames(0) - free).toBeLessThanOrEqual(32);
  });
});

describe('direct reclaim', () => {
  it('makes the faulting task wait below the least watermark, and counts as pressure', () => {
    const { memory, reclaim, touch } = lab(256, 400, 512);
    let stalledNs = 0;
    for (let page = 0; page < 400; page++) stalledNs += touch(page);
    expect(reclaim.counters.allocstall).toBeGreaterThan(0);
    expect(reclaim.counters.pgsteal_direct).toBe(reclaim.counters.pswpout);
    expect(stalledNs).toBe(reclaim.counters.pgscan_direct * COST.scanNs + reclaim.counters.pswpout * COST.outNs);
    expect(reclaim.pressure.someNs).toBeGreaterThan(0);
    expect(memory.frames.freeFrames(0)).toBeGreaterThanOrEqual(memory.watermarks[0]?.min ?? 0);
  });

  it('without swap space ends in an error that says so', () => {
    const { touch } = lab(256, 400, 0);
    expect(() => {
      for (let page = 0; page < 400; page++) touch(page);
    }).toThrow(/out of memory/);
  });
});

describe('a page that is wanted again', () => {
  it('is read in by a major fault, for the waiting task', () => {
    const { memory, reclaim, touch, isIn, region } = lab(1024, 16, 32);
    for (let page = 0; page < 16; page++) touch(page);
    expect(reclaim.reclaimPages(Uint32Array.of(region.firstPte + 3), 1)).toBe(1);
    expect([isIn(3), reclaim.freeSwap, memory.rssPages({ id: 0 } as never)]).toEqual([false, 31, 15]);
    expect(touch(3)).toBe(COST.inNs);
    expect([isIn(3), reclaim.freeSwap, memory.rssPages({ id: 0 } as never)]).toEqual([true, 32, 16]);
    expect(reclaim.counters).toMatchObject({ pgmajfault: 1, pswpin: 1, pswpout: 1, workingset_refault_anon: 1 });
  });

  it('is active at once if it was in use when it left, which is pressure', () => {
    const { memory, reclaim, touch, region } = lab(1024, 64, 128);
    for (let page = 0; page < 64; page++) touch(page);
    for (let page = 32; page < 64; page++) memory.lru?.move(memory.headOf(region.firstPte + page), 'active');
    const out = (page: number) => reclaim.reclaimPages(Uint32Array.of(region.firstPte + page), 1);
    out(0);
    touch(0);
    expect([memory.isActive(region.firstPte), reclaim.pressure.someNs]).toEqual([true, COST.inNs]);
    // As many have left in between as are active: too long ago.
    for (const active of [Lru.activeAnon]) expect(memory.lru?.pages(0, active)).toBe(33);
    out(1);
    for (let page = 2; page < 32; page++) out(page);
    for (let page = 32; page < 36; page++) out(page);
    touch(1);
    expect(memory.isActive(region.firstPte + 1)).toBe(false);
  });

  it('is forgotten when its process ends', () => {
    const { memory, reclaim, touch, region, space } = lab(1024, 16, 32);
    for (let page = 0; page < 16; page++) touch(page);
    reclaim.reclaimPages(Uint32Array.of(region.firstPte, region.firstPte + 1), 2);
    memory.exit(space);
    expect([reclaim.freeSwap, memory.frames.freeFrames(0)]).toEqual([32, 1024]);
    expect(Object.values(Lru).map((list) => memory.lru?.pages(0, list))).toEqual([0, 0, 0, 0]);
  });
});

it('stalls that overlap are one', () => {
  const pressure = new MemoryPressure();
  pressure.stall(100, 50);
  pressure.stall(120, 10);
  pressure.stall(140, 30);
  pressure.stall(200, 5);
  expect(pressure.someNs).toBe(75);
});
