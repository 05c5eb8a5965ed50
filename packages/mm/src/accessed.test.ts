import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findEntries, mkoldAll, NO_ENTRY, young } from './accessed.js';
import { type AddressSpace, vmaAt } from './address-space.js';
import { MARK_READ, MARK_WRITE, Mark } from './image.js';
import { Memory } from './memory.js';
import { imageFor, layOut, topologyOf } from './testing/spaces.js';
import { takeTruth } from './truth.js';

function machine(thp: 'never' | 'always', data: readonly number[]) {
  const topology = topologyOf(8192);
  const space = layOut(1, data);
  const image = imageFor(space, topology);
  const memory = new Memory(topology, image, thp);
  const at = (role: string, page: number) => {
    const vma = space.vmas.find((v) => v.role === role);
    if (vma === undefined) throw new Error(`no ${role}`);
    return { vma, pte: vma.firstPte + page, addr: vma.start + page * PAGE_BYTES };
  };
  const map = (role: string, page: number) => {
    const { vma, pte } = at(role, page);
    memory.handleFault(space, vma, pte, 0);
  };
  return { space, image, at, map };
}

const entriesOf = (space: AddressSpace, addrs: readonly number[]): Int32Array => {
  const entries = new Int32Array(addrs.length).fill(-7);
  findEntries(space, Float64Array.from(addrs), addrs.length, entries);
  return entries;
};

describe('findEntries', () => {
  it('finds what a walk for each address alone finds: no entry in gaps and special mappings', () => {
    const picks = fc.array(fc.record({ vma: fc.nat(), page: fc.integer({ min: -2, max: 200 }), byte: fc.nat({ max: 4095 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.nat(), picks, (seed, list) => {
        const { vmas } = layOut(seed, [100, 30]);
        const space = layOut(seed, [100, 30]);
        const addrs = list.map(({ vma, page, byte }) => vmas[vma % vmas.length].start + page * PAGE_BYTES + byte).sort((a, b) => a - b);
        const alone = addrs.map((addr) => {
          const vma = vmaAt(space, addr);
          if (vma === undefined || vma.role === 'vdso') return NO_ENTRY;
          return vma.firstPte + Math.floor((addr - vma.start) / PAGE_BYTES);
        });
        expect([...entriesOf(space, addrs)]).toEqual(alone);
      }),
    );
  });
});

describe('mkoldAll and young', () => {
  it('a page: the bit is found once, anywhere in the page, and its neighbours keep theirs', () => {
    const { space, image, at, map } = machine('never', [10]);
    for (const page of [2, 3, 4]) {
      map('data', page);
      image.pteMarks[at('data', page).pte] = MARK_WRITE;
    }
    const { addr, pte } = at('data', 3);
    const entries = entriesOf(space, [addr - 1, addr, addr + 4095, addr + 4096]);
    expect([...entries]).toEqual([pte - 1, pte, pte, pte + 1]);
    expect(young(image, pte)).toBe(true);
    expect(mkoldAll(image, entries.subarray(2), 1)).toBe(1);
    expect([pte - 1, pte, pte + 1].map((entry) => young(image, entry))).toEqual([true, false, true]);
    // Dirty and the truth are nobody's business here.
    expect([image.marks8[4 * pte + Mark.dirty], image.marks8[4 * pte + Mark.touched]]).toEqual([1, 1]);
  });

  it('a huge page: one bit for its 512 pages, whatever the small bits say', () => {
    const { image, at, map } = machine('always', [1024]);
    map('data', 0);
    map('data', 512);
    image.pmdAccessed[Math.floor(at('data', 0).pte / PTES_PER_PMD)] = 1;
    image.pteMarks[at('data', 600).pte] = MARK_READ;
    const youngPages = () => [0, 17, 511, 512, 600].filter((page) => young(image, at('data', page).pte));
    expect(youngPages()).toEqual([0, 17, 511]);
    expect(mkoldAll(image, Int32Array.of(at('data', 600).pte), 1)).toBe(1);
    expect(youngPages()).toEqual([0, 17, 511]);
    expect(mkoldAll(image, Int32Array.of(at('data', 300).pte), 1)).toBe(1);
    expect(youngPages()).toEqual([]);
    expect(image.marks8[4 * at('data', 600).pte + Mark.accessed]).toBe(1);
  });

  it('holes are neither young nor counted: gaps, the vdso, pages that nobody touched yet', () => {
    const { space, image, at, map } = machine('never', [10]);
    map('vdso', 0);
    map('heap', 0);
    image.pteMarks.fill(MARK_READ);
    const addrs = [0, at('text', 0).addr - 1, at('heap', 0).addr, at('data', 0).addr, at('vdso', 0).addr, at('stack', 33).addr];
    const entries = entriesOf(space, addrs);
    expect([...entries].map((pte) => young(image, pte))).toEqual([false, false, true, false, false, false]);
    expect(mkoldAll(image, entries, entries.length)).toBe(1);
    expect(young(image, at('heap', 0).pte)).toBe(false);
    expect(image.marks8[4 * at('vdso', 0).pte + Mark.accessed]).toBe(1);
  });

  it('looks at no more entries than it is told', () => {
    const { image, at, map } = machine('never', [2]);
    for (const page of [0, 1]) {
      map('data', page);
      image.pteMarks[at('data', page).pte] = MARK_READ;
    }
    expect(mkoldAll(image, Int32Array.of(at('data', 0).pte, at('data', 1).pte), 1)).toBe(1);
    expect(young(image, at('data', 1).pte)).toBe(true);
  });
});

describe('takeTruth', () => {
  const touched = fc.uniqueArray(fc.nat({ max: 1_000 }), { maxLength: 300 });

  /** Addresses of all pages, by entry. */
  const pagesOf = (space: AddressSpace) =>
    space.vmas.flatMap((vma) =>
      Array.from({ length: (vma.end - vma.start) / PAGE_BYTES }, (_, i) => ({ pte: vma.firstPte + i, addr: vma.start + i * PAGE_BYTES })),
    );

  it('is the set of touched pages as the fewest ranges, and is taken once', () => {
    fc.assert(
      fc.property(touched, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }), fc.nat(), (list, data, seed) => {
        const space = layOut(seed, data);
        const image = imageFor(space, topologyOf(1));
        const pages = pagesOf(space);
        const set = new Set(list.map((i) => pages[i % pages.length]));
        for (const { pte } of set) image.marks16[2 * pte] = MARK_READ;
        const { start, end } = takeTruth(image, space);
        const bytes = [...start].flatMap((from, i) =>
          Array.from({ length: (end[i] - from) / PAGE_BYTES }, (_, p) => from + p * PAGE_BYTES),
        );
        expect(bytes).toEqual([...set].map(({ addr }) => addr).sort((a, b) => a - b));
        // Ranges that touch each other would be one range.
        for (let i = 1; i < start.length; i++) expect(start[i]).toBeGreaterThan(end[i - 1]);
        expect(takeTruth(image, space).start).toHaveLength(0);
        for (const { pte } of pages) expect(image.marks8[4 * pte + Mark.accessed]).toBe([...set].some((page) => page.pte === pte) ? 1 : 0);
      }),
      { numRuns: 50 },
    );
  });

  it('joins ranges across neighbouring VMAs', () => {
    const { space, image, at } = machine('never', [10]);
    const top = at('data', 9);
    const vdso = at('vdso', 0);
    expect(vdso.addr).toBe(top.addr + PAGE_BYTES);
    for (const { pte } of [top, vdso]) image.pteMarks[pte] = MARK_READ;
    expect(takeTruth(image, space)).toEqual({ start: Float64Array.of(top.addr), end: Float64Array.of(vdso.addr + PAGE_BYTES) });
  });
});
