import { PAGE_BYTES, Prng } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAddressSpace, vmaOfEntry } from './address-space.js';
import { Demotion } from './demotion.js';
import { Memory } from './memory.js';
import { Pte } from './pte.js';
import { Reclaim } from './reclaim.js';
import { imageFor, requests, topologyOf } from './testing/spaces.js';
import type { Topology } from './topology.js';
import { VmaIndex } from './vma-index.js';

const COST = { scanNs: 10, outNs: 1_000, inNs: 50_000, demoteNs: 2_000 };
const ZERO = { min: 0, low: 0, high: 0, promo: 0 };

/** Nodes of so many pages, the first one with CPUs, and a process with `data` pages. */
function lab({ pages, data, swapPages, distance }: { pages: number[]; data: number; swapPages: number; distance?: number[][] }) {
  const plain = topologyOf(...pages);
  const topology: Topology = {
    ...plain,
    nodes: pages.map((count, nid) => ({ cpus: nid === 0 ? 1 : 0, memoryBytes: count * PAGE_BYTES })),
    ...(distance === undefined ? {} : { distance }),
  };
  const space = buildAddressSpace(0, requests([data]), 0, Prng.stream(1, 'layout'));
  const memory = new Memory(topology, imageFor(space, topology), 'never');
  const gone = new Set<number>();
  const demotion = new Demotion(memory, topology, Prng.stream(1, 'demotion'));
  const reclaim = new Reclaim({
    memory,
    vmas: new VmaIndex([space]),
    swapPages,
    cost: COST,
    demotion,
    unmapped: (first) => gone.add(first),
  });
  memory.reclaim = reclaim;
  const first = space.regions.find(({ role }) => role === 'data')?.firstPte ?? -1;
  const vma = vmaOfEntry(space, first);
  const touch = (page: number, nid = 0) => {
    memory.listNew(vma, first + page, memory.handleFault(space, vma, first + page, nid), -1);
    return reclaim.takeStallNs();
  };
  const nidOf = (page: number) => {
    const flags = memory.image.pteFlags[first + page];
    return (flags & Pte.present) === 0 ? -1 : flags & Pte.nidMask;
  };
  const fill = (free: number) => {
    let page = 0;
    while (memory.frames.freeFrames(0) > free) touch(page++);
    return page;
  };
  const free = () => pages.map((_, nid) => memory.frames.freeFrames(nid));
  const pagesOn = (nid: number) => Array.from({ length: data }, (_, page) => nidOf(page)).filter((at) => at === nid).length;
  return { memory, reclaim, demotion, first, touch, nidOf, fill, free, pagesOn, gone };
}

describe('demotion', () => {
  it('kswapd moves the oldest pages down a tier instead of swapping them out, and drops their translations', () => {
    const it = lab({ pages: [1024, 2048], data: 2000, swapPages: 100 });
    const { low, high } = it.memory.watermarks[0] ?? ZERO;
    it.fill(low);
    it.memory.reclaim?.taken(0);
    it.touch(1999);
    // The last page found node 0 at its low watermark and lies below: kswapd is told by whoever goes on.
    expect(it.nidOf(1999)).toBe(1);
    it.reclaim.tiering = true;
    expect(it.memory.migrate(it.first + 1999, 0)).toBe('refused');
    it.reclaim.kswapd(0, 1e9);
    expect(it.memory.frames.freeFrames(0)).toBeGreaterThanOrEqual(high);
    const { pgdemote_kswapd, pgdemote_direct, pgsteal_kswapd, pswpout } = it.reclaim.counters;
    expect({ pgdemote_direct, pswpout, pgsteal_kswapd }).toEqual({ pgdemote_direct: 0, pswpout: 0, pgsteal_kswapd: pgdemote_kswapd });
    expect(pgdemote_kswapd).toBe(it.pagesOn(1) - 1);
    expect([it.nidOf(0), it.nidOf(500)]).toEqual([1, 0]);
    expect(it.gone.size).toBe(pgdemote_kswapd);
    expect(it.reclaim.byProcess.of(0).pgsteal_kswapd).toBe(pgsteal_kswapd);
    // There is room below, and yet what a scheme takes out goes to swap space.
    expect([it.reclaim.reclaimPages(Uint32Array.of(it.first + 500), 1), it.nidOf(500)]).toEqual([1, -1]);
  });

  it('makes room up to the high watermark, and up to the promo one while NUMA balancing promotes', () => {
    const freed = (tiering: boolean) => {
      const it = lab({ pages: [4096, 4096], data: 6000, swapPages: 0 });
      const { low, high, promo } = it.memory.watermarks[0] ?? ZERO;
      const pages = it.fill(low);
      it.reclaim.tiering = tiering;
      it.memory.migrateFolio(it.first + pages - 1, 1);
      it.memory.migrateFolio(it.first + pages - 1, 0);
      it.memory.frames.allocateOn(0);
      it.reclaim.taken(0);
      it.reclaim.kswapd(0, 1e9);
      return [it.memory.frames.freeFrames(0), tiering ? promo : high] as const;
    };
    for (const tiering of [false, true]) {
      const [free, mark] = freed(tiering);
      expect(free).toBeGreaterThanOrEqual(mark);
      expect(free).toBeLessThan(mark + 32);
    }
  });

  it('a refused promotion wakes kswapd in tiering mode only; it makes room while others fault', () => {
    const it = lab({ pages: [1024, 2048], data: 2000, swapPages: 0 });
    it.fill(it.memory.watermarks[0]?.low ?? 0);
    it.touch(1999);
    const promote = (nowNs: number) => {
      it.reclaim.nowNs = nowNs;
      return it.memory.migrate(it.first + 1999, 0);
    };
    expect([promote(0), promote(1e6), promote(2e6)]).toEqual(['refused', 'refused', 'refused']);
    it.reclaim.kswapd(3e6, 3e6);
    expect(it.reclaim.counters.pgdemote_kswapd).toBe(0);
    it.reclaim.tiering = true;
    expect([promote(4e6), promote(5e6), promote(6e6)]).toEqual(['refused', 'refused', 'migrated']);
    expect(it.reclaim.counters.pgdemote_kswapd).toBeGreaterThan(0);
  });

  it('goes to the nearest nodes below, any of several, then where else there is room', () => {
    const distance = [
      [10, 20, 20, 30],
      [20, 10, 30, 40],
      [20, 30, 10, 40],
      [30, 40, 40, 10],
    ];
    const it = lab({ pages: [1024, 300, 300, 300], data: 1100, swapPages: 2000, distance });
    expect(it.fill(it.memory.watermarks[0]?.low ?? 0)).toBeGreaterThan(800);
    for (let page = 0; page < 100; page++) it.demotion.demote(it.first + page, 0);
    const [, one, two, three] = [0, 1, 2, 3].map(it.pagesOn);
    expect(one).toBeGreaterThan(20);
    expect(two).toBeGreaterThan(20);
    expect([one + two, three]).toEqual([100, 0]);
    for (let page = 100; page < 800; page++) it.demotion.demote(it.first + page, 0);
    expect(it.pagesOn(3)).toBeGreaterThan(0);
    expect([1, 2].map((nid) => it.free()[nid])).toEqual([1, 2].map((nid) => it.memory.watermarks[nid]?.min));
    expect(it.demotion.can(1)).toBe(false);
  });

  it('what finds no room below is swapped out', () => {
    const it = lab({ pages: [1024, 64], data: 1200, swapPages: 1000 });
    const last = it.fill(it.memory.watermarks[0]?.low ?? 0) - 1;
    for (let round = 0; it.reclaim.counters.pswpout === 0; round++) {
      expect(round).toBeLessThan(1_000);
      // Somebody else takes a page of node 0.
      it.memory.frames.allocateOn(0);
      it.reclaim.taken(0);
      it.reclaim.kswapd(round, 1e9);
    }
    const { pgdemote_kswapd } = it.reclaim.counters;
    expect(pgdemote_kswapd).toBeGreaterThan(0);
    expect(it.free()[1]).toBe(it.memory.watermarks[1]?.min);
    expect(it.nidOf(last)).toBe(0);
  });

  it('neither loses pages nor makes any, and no page goes up (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1100), { minLength: 1, maxLength: 2_000 }), fc.boolean(), fc.nat(400), (touches, tiering, swapPages) => {
        const it = lab({ pages: [512, 512], data: 1101, swapPages });
        it.reclaim.tiering = tiering;
        const touched = new Set<number>();
        touches.forEach((page, i) => {
          const before = it.nidOf(page);
          touched.add(page);
          it.touch(page);
          if (before >= 0) expect(it.nidOf(page)).toBe(before);
          if (i % 16 === 0) it.reclaim.kswapd(i, 1e6);
        });
        const out = swapPages - it.reclaim.freeSwap;
        expect(it.pagesOn(0) + it.pagesOn(1) + out).toBe(touched.size);
        expect(it.free()).toEqual([512 - it.pagesOn(0), 512 - it.pagesOn(1)]);
        expect(it.memory.moved[1]?.[0]).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
