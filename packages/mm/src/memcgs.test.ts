import { Prng } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { type AddressSpace, buildAddressSpace, vmaOfEntry } from './address-space.js';
import { Mark } from './image.js';
import { isInMemcg, type MemcgLimits, Memcgs } from './memcgs.js';
import { Memory } from './memory.js';
import { Pte } from './pte.js';
import { Reclaim } from './reclaim.js';
import { imageFor, requests, topologyOf } from './testing/spaces.js';
import { VmaIndex } from './vma-index.js';

const COST = { scanNs: 10, outNs: 1_000, inNs: 50_000, demoteNs: 500 };
const JIFFY_NS = 4e6;

/** A node of 4096 frames with a process of 1000 data pages in each of `paths`. */
function lab(paths: readonly string[], limits: readonly MemcgLimits[], swapPages: number) {
  const topology = topologyOf(4096);
  const spaces: AddressSpace[] = [];
  for (const id of paths.keys())
    spaces.push(buildAddressSpace(id, requests([1000]), spaces.at(-1)?.endPte ?? 0, Prng.stream(id, 'layout')));
  const memory = new Memory(topology, imageFor(spaces[spaces.length - 1], topology), 'never');
  const vmas = new VmaIndex(spaces);
  const memcgs = new Memcgs(memory, limits, spaces, paths);
  memory.keepLru({ count: memcgs.nrGroups, of: (pfn) => memcgs.groupOf(vmas.spaceOf(memory.image.frameLink[pfn])?.id ?? 0) });
  const reclaim = new Reclaim({ memory, vmas, memcgs, swapPages, cost: COST, unmapped: () => {} });
  memory.reclaim = reclaim;
  const pteOf = (page: number, id: number) => (spaces[id].regions.find(({ role }) => role === 'data')?.firstPte ?? 0) + page;
  const touch = (from: number, to: number, id = 0) => {
    for (let page = from; page < to; page++) {
      const pte = pteOf(page, id);
      const vma = vmaOfEntry(spaces[id], pte);
      memory.listNew(vma, pte, memory.handleFault(spaces[id], vma, pte, 0), -1);
    }
    return reclaim.takeStallNs();
  };
  const accessed = (page: number, id = 0) => {
    memory.image.marks8[4 * pteOf(page, id) + Mark.accessed] = 1;
  };
  const isIn = (page: number, id = 0) => (memory.image.pteFlags[pteOf(page, id)] & Pte.present) !== 0;
  const usage = (i = 0) => memcgs.usage(memcgs.limited[i]);
  const events = (i = 0) => memcgs.limited[i].events;
  return { memory, memcgs, reclaim, spaces, touch, accessed, isIn, usage, events };
}

describe('memory.max', () => {
  it('room is made by the oldest pages of the cgroup itself, and what it uses never exceeds it', () => {
    const { touch, isIn, usage, events, reclaim, memory, spaces } = lab(['/a', '/b'], [{ path: '/a', maxPages: 200 }], 2048);
    touch(0, 500, 1);
    for (let page = 0; page < 300; page++) {
      touch(page, page + 1);
      expect(usage()).toBeLessThanOrEqual(200);
    }
    expect([isIn(0), isIn(299), isIn(0, 1)]).toEqual([false, true, true]);
    expect(memory.rssPages(spaces[1])).toBe(500);
    expect(reclaim.byProcess.of(0)).toMatchObject({ pgsteal_direct: reclaim.stolenForMemcgs, pswpout: reclaim.stolenForMemcgs });
    expect(events().max).toBeGreaterThan(2);
    expect(events()).toMatchObject({ high: 0, oom: 0 });
    // vmstat has none of it: the kernel counts it for the cgroup.
    expect(reclaim.counters).toMatchObject({ pgsteal_direct: 0, pgscan_direct: 0, allocstall: 0 });
  });

  it('what was accessed stays, and who needs room waits for it', () => {
    const { touch, accessed, isIn, reclaim } = lab(['/a'], [{ path: '/a', maxPages: 200 }], 2048);
    expect(touch(0, 200)).toBe(0);
    accessed(0);
    expect(touch(200, 201)).toBeGreaterThanOrEqual(32 * COST.outNs);
    expect([isIn(0), isIn(1)]).toEqual([true, false]);
    expect(reclaim.pressure.someNs).toBeGreaterThan(0);
  });

  it('holds for all cgroups below together, and events are told upwards', () => {
    const limits = [
      { path: '/a', maxPages: 300 },
      { path: '/a/y', maxPages: 100 },
    ];
    const { touch, usage, events } = lab(['/a/x', '/a/y'], limits, 2048);
    touch(0, 250);
    touch(0, 90, 1);
    expect(usage(0)).toBeLessThanOrEqual(300);
    const { max } = events(0);
    expect([max > 0, events(1).max]).toEqual([true, 0]);
    touch(90, 150, 1);
    expect(usage(1)).toBeLessThanOrEqual(100);
    expect(events(1).max).toBeGreaterThan(0);
    expect(events(0).max).toBeGreaterThanOrEqual(max + events(1).max);
  });

  it('without anything to take it is the end, under the name of the cgroup', () => {
    const { touch, events, memory } = lab(['/a/x', '/b'], [{ path: '/a', maxPages: 100 }], 0);
    expect(() => touch(0, 101)).toThrow(/out of memory: memory cgroup \/a has reached its memory.max of 409600 bytes/);
    // The first attempt and sixteen more.
    expect([events().oom, events().max]).toEqual([1, 17]);
    expect(memory.frames.freeFrames(0)).toBe(4096 - 100);
    touch(0, 1000, 1);
  });

  it('a process that is gone uses nothing', () => {
    const { touch, usage, memory, spaces } = lab(['/a', '/a'], [{ path: '/a', maxPages: 100 }], 0);
    touch(0, 80);
    memory.exit(spaces[0]);
    touch(0, 95, 1);
    expect(usage()).toBeLessThanOrEqual(100);
  });
});

describe('memory.high', () => {
  it('is kept by reclaim, 64 pages at a time, without a failure', () => {
    const { touch, usage, events } = lab(['/a'], [{ path: '/a', highPages: 200 }], 2048);
    for (let page = 0; page < 600; page++) {
      touch(page, page + 1);
      expect(usage()).toBeLessThanOrEqual(200 + 64);
    }
    // A charge of 64 pages each time, from the fourth on.
    expect(events().high).toBe(7);
    expect(events()).toMatchObject({ max: 0, oom: 0 });
  });

  it("what cannot be reclaimed is throttled, the more the further it is above: by the kernel's delay", () => {
    const { touch, events } = lab(['/a'], [{ path: '/a', highPages: 640 }], 0);
    expect(touch(0, 640)).toBe(0);
    const delays = [704, 768, 832].map((end) => touch(end - 64, end));
    // Overage 10, 20, 30 %: floor(floor(o * 2^20)^2 * 250 / 2^20 / 2^14) jiffies.
    const jiffies = [0.1, 0.2, 0.3].map((over) => Math.min(500, Math.floor((Math.floor(over * 2 ** 20) ** 2 * 250) / 2 ** 34)));
    // The kernel's own table (mm/memcontrol.c, above MEMCG_DELAY_SCALING_SHIFT): 639 ms at 10 %, two seconds from 18 % on,
    // of 1000 jiffies a second.
    expect(jiffies.map((count) => (count * JIFFY_NS) / 1e6)).toEqual([636, 2000, 2000]);
    const looks = delays.map((ns) => ns % JIFFY_NS);
    expect(delays.map((ns, i) => (ns - looks[i]) / JIFFY_NS)).toEqual(jiffies);
    expect(Math.max(...looks)).toBeLessThan(JIFFY_NS / 10);
    // Sixteen attempts before it sleeps.
    expect(events().high).toBe(3 * 17);
  });
});

describe('paths', () => {
  it.each([
    ['/a', '/a', true],
    ['/a/b', '/a', true],
    ['/ab', '/a', false],
    ['/', '/a', false],
    ['/a', '/', true],
  ])('%s in %s: %s', (memcg, path, is) => {
    expect(isInMemcg(memcg, path)).toBe(is);
  });
});
