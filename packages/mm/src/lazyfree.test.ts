import { Prng } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAddressSpace, vmaOfEntry } from './address-space.js';
import { FolioFlag, Mark } from './image.js';
import { Lru } from './lru-lists.js';
import { Memory } from './memory.js';
import { Pte } from './pte.js';
import { Reclaim } from './reclaim.js';
import { imageFor, requests, topologyOf } from './testing/spaces.js';
import { VmaIndex } from './vma-index.js';

const COST = { scanNs: 10, outNs: 1_000, inNs: 50_000, demoteNs: 0 };
const DATA = 64;

/** A process with `DATA` pages on a node with plenty of frames, or with so few that memory gets short. */
function lab(swapPages: number, frames = 1024) {
  const topology = topologyOf(frames);
  const space = buildAddressSpace(0, requests([DATA]), 0, Prng.stream(1, 'layout'));
  const memory = new Memory(topology, imageFor(space, topology), 'never');
  const reclaim = new Reclaim({ memory, vmas: new VmaIndex([space]), swapPages, cost: COST, unmapped: () => {} });
  memory.reclaim = reclaim;
  const region = space.regions.find(({ role }) => role === 'data');
  if (region === undefined) throw new Error('no data');
  const vma = vmaOfEntry(space, region.firstPte);
  const at = (page: number) => region.firstPte + page;
  const { marks8, pteFlags } = memory.image;
  return {
    memory,
    reclaim,
    space,
    at,
    /** As a CPU does that walks the page table. */
    access(page: number, write: boolean) {
      memory.listNew(vma, at(page), memory.handleFault(space, vma, at(page), 0), -1);
      marks8[4 * at(page) + Mark.accessed] = 1;
      if (write) marks8[4 * at(page) + Mark.dirty] = 1;
      return reclaim.takeStallNs();
    },
    out: (page: number) => reclaim.reclaimPages(Uint32Array.of(at(page)), 1),
    isIn: (page: number) => (pteFlags[at(page)] & Pte.present) !== 0,
    isLazy: (page: number) => memory.lru?.isFile(memory.headOf(at(page))) === true,
    fileLists: () => [Lru.inactiveFile, Lru.activeFile].reduce((sum: number, list) => sum + (memory.lru?.pages(0, list) ?? 0), 0),
  };
}

describe('a page whose contents were given up', () => {
  it('is dropped without swap space, and found empty by a minor fault', () => {
    const it = lab(0);
    it.access(3, true);
    expect(it.reclaim.free(it.at(3))).toBe(true);
    expect([it.isLazy(3), it.memory.isActive(it.at(3)), it.fileLists()]).toEqual([true, false, 1]);
    expect([it.out(3), it.isIn(3), it.reclaim.isOut(it.at(3))]).toEqual([1, false, false]);
    expect([it.access(3, false), it.isLazy(3)]).toEqual([0, false]);
    expect(it.reclaim.counters).toMatchObject({ pglazyfree: 1, pglazyfreed: 1, pswpout: 0, pgmajfault: 0, workingset_refault_anon: 0 });
    expect(it.reclaim.byProcess.of(0)).toMatchObject({ pglazyfree: 1, pglazyfreed: 1, pageout: 1, pswpout: 0 });
  });

  it('is an ordinary one again when it was written since, active at first, and swapped the next time', () => {
    const it = lab(8);
    it.access(3, true);
    it.reclaim.free(it.at(3));
    it.access(3, true);
    expect([it.out(3), it.isIn(3), it.isLazy(3), it.memory.isActive(it.at(3))]).toEqual([0, true, false, true]);
    expect([it.out(3), it.reclaim.isOut(it.at(3)), it.reclaim.freeSwap]).toEqual([1, true, 7]);
    expect(it.reclaim.counters).toMatchObject({ pglazyfreed: 0, pswpout: 1 });
  });

  it('keeps what DAMON knows of its accesses, and loses its place on the active list', () => {
    const it = lab(8);
    it.access(3, true);
    it.memory.lru?.move(it.memory.headOf(it.at(3)), 'active');
    it.memory.image.marks8[4 * it.at(3) + Mark.folio] = FolioFlag.young | FolioFlag.idle;
    it.reclaim.free(it.at(3));
    const at = 4 * it.at(3);
    expect(it.memory.image.marks8.slice(at, at + 4)).toEqual(Uint8Array.of(0, 0, 0, FolioFlag.young | FolioFlag.idle));
    expect(it.memory.isActive(it.at(3))).toBe(false);
    // Neither accessed nor written since: no translation of it can be stale.
    expect(it.reclaim.free(it.at(3))).toBe(false);
  });

  it('that is out already is forgotten, with its slot', () => {
    const it = lab(8);
    it.access(3, true);
    it.out(3);
    expect(it.reclaim.free(it.at(3))).toBe(false);
    expect([it.reclaim.isOut(it.at(3)), it.reclaim.freeSwap, it.reclaim.counters.pglazyfree]).toEqual([false, 8, 0]);
    expect([it.access(3, false), it.reclaim.counters.pgmajfault]).toEqual([0, 0]);
  });

  it('goes first when memory gets short, and costs no write; one that was read since has a second chance', () => {
    const it = lab(0, 90);
    for (let page = 0; page < 40; page++) it.access(page, true);
    for (let page = 0; page < 40; page++) it.reclaim.free(it.at(page));
    it.access(1, false);
    let stallNs = 0;
    for (let page = 40; page < DATA; page++) stallNs += it.access(page, true);
    it.reclaim.kswapd(0, 1e9);
    const { pgsteal_direct, pgsteal_kswapd, pgscan_direct, pglazyfreed, pswpout } = it.reclaim.counters;
    expect(pglazyfreed).toBeGreaterThan(0);
    expect([pglazyfreed, pswpout]).toEqual([pgsteal_direct + pgsteal_kswapd, 0]);
    expect(stallNs).toBeLessThanOrEqual(pgscan_direct * COST.scanNs + 8);
    expect([it.isIn(0), it.isIn(1), it.isIn(63)]).toEqual([false, true, true]);
  });
});

/** What a page is: never there or dropped, in memory, given up, or swapped; and whether it was written since it was given up. */
interface Model {
  state: 'none' | 'anon' | 'lazy' | 'out';
  dirty: boolean;
}

const step = fc.record({
  kind: fc.constantFrom('read', 'write', 'free', 'out'),
  from: fc.nat(15),
  pages: fc.integer({ min: 1, max: 8 }),
});

function apply(model: Model, kind: string): void {
  const written = kind === 'write' || (model.dirty && kind === 'read');
  if (kind === 'read' || kind === 'write') {
    if (model.state === 'none' || model.state === 'out') Object.assign(model, { state: 'anon', dirty: kind === 'write' });
    else model.dirty = written;
  } else if (kind === 'free') {
    if (model.state === 'out') model.state = 'none';
    else if (model.state !== 'none') Object.assign(model, { state: 'lazy', dirty: false });
  } else if (model.state === 'lazy') model.state = model.dirty ? 'anon' : 'none';
  else if (model.state === 'anon') model.state = 'out';
}

it('any sequence of accesses, MADV_FREE and pageout leaves each page as the reference has it', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }), (steps) => {
      const real = lab(DATA);
      const model = Array.from({ length: DATA }, (): Model => ({ state: 'none', dirty: false }));
      let freed = 0;
      let dropped = 0;
      for (const { kind, from, pages } of steps) {
        for (let page = from; page < Math.min(DATA, from + pages); page++) {
          const before = { ...model[page] };
          apply(model[page], kind);
          if (kind === 'free') real.reclaim.free(real.at(page));
          else if (kind !== 'out') real.access(page, kind === 'write');
          else if (real.isIn(page)) real.out(page);
          if (kind === 'free' && before.state === 'anon') freed++;
          if (kind === 'out' && before.state === 'lazy' && !before.dirty) dropped++;
        }
        const seen = model.map((_, page) =>
          real.isIn(page) ? (real.isLazy(page) ? 'lazy' : 'anon') : real.reclaim.isOut(real.at(page)) ? 'out' : 'none',
        );
        expect(seen).toEqual(model.map(({ state }) => state));
        expect(real.fileLists()).toBe(model.filter(({ state }) => state === 'lazy').length);
        expect(real.reclaim.freeSwap).toBe(DATA - model.filter(({ state }) => state === 'out').length);
        expect(real.reclaim.counters).toMatchObject({ pglazyfree: freed, pglazyfreed: dropped });
      }
    }),
    { numRuns: 200 },
  );
});
