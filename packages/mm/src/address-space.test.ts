import { PAGE_BYTES, PMD_BYTES, Prng, PTES_PER_PMD } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildAddressSpace, mappedBytes, pteToAddr, vmaAt } from './address-space.js';
import { layOut, requests } from './testing/spaces.js';

const seeds = fc.nat();
const dataPages = fc.array(fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.constantFrom(512, 1024, 5120)), { minLength: 1, maxLength: 6 });
const pagesOf = (range: { start: number; end: number }) => (range.end - range.start) / PAGE_BYTES;

describe('buildAddressSpace', () => {
  it('leaves its two biggest gaps below and above the mmap area: the three areas that DAMON looks for', () => {
    // The gap between text and heap can come near to the one below the stack, but only once in many thousand layouts.
    for (let seed = 0; seed < 2_000; seed++) {
      const { vmas } = layOut(seed, [2_560, 2_560, 700]);
      const gaps = vmas.slice(1).map((vma, i) => ({ bytes: vma.start - vmas[i].end, below: vmas[i].role, above: vma.role }));
      const widest = gaps.sort((a, b) => b.bytes - a.bytes).slice(0, 2);
      expect(widest.map(({ below, above }) => `${below}-${above}`).sort()).toEqual(['heap-data', 'vdso-stack']);
    }
  });

  it('keeps VMAs sorted and disjoint, and in the address space of a Linux process', () => {
    fc.assert(
      fc.property(seeds, dataPages, (seed, data) => {
        const { vmas } = layOut(seed, data);
        vmas.forEach((vma, i) => {
          expect(vma.start % PAGE_BYTES).toBe(0);
          expect(vma.end).toBeGreaterThan(vma.start);
          if (i > 0) expect(vma.start).toBeGreaterThanOrEqual(vmas[i - 1].end);
        });
        expect(vmas[0].start).toBe(0x40_0000);
        expect(vmas[vmas.length - 1].end).toBeLessThanOrEqual(0x7fff_ffff_f000);
        expect(vmas.map((vma) => vma.role).filter((role, i, all) => role !== all[i - 1])).toEqual([
          'text',
          'heap',
          'data',
          'vdso',
          'stack',
        ]);
      }),
    );
  });

  it('puts data regions back to back in one VMA, the first one highest', () => {
    fc.assert(
      fc.property(
        seeds,
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(0, 16),
        (seed, data, header) => {
          const { vmas, regions } = layOut(seed, data, 0, header);
          const placed = regions.filter((region) => region.role === 'data');
          expect(vmas.filter((vma) => vma.role === 'data')).toHaveLength(1);
          placed.slice(1).forEach((region, i) => {
            expect(region.end).toBe(placed[i].start);
          });
          expect(placed.map(pagesOf)).toEqual(data);
        },
      ),
    );
  });

  it('aligns whole huge pages, and nothing else', () => {
    fc.assert(
      fc.property(seeds, dataPages, (seed, data) => {
        const placed = layOut(seed, data).regions.filter((region) => region.role === 'data');
        placed.forEach((region, i) => {
          expect(pagesOf(region)).toBe(data[i]);
          const gap = (i === 0 ? region.end : placed[i - 1].start) - region.end;
          if (data[i] % PTES_PER_PMD === 0) {
            expect(region.start % PMD_BYTES).toBe(0);
            expect(gap).toBeLessThan(PMD_BYTES);
          } else expect(gap).toBe(0);
        });
      }),
    );
  });

  it('maps header and data in whole pages', () => {
    const region = { name: 'd', role: 'data' as const, headerBytes: 16 };
    expect([1, 4080, 4081, 10 * PMD_BYTES].map((bytes) => mappedBytes({ ...region, bytes }))).toEqual([
      PAGE_BYTES,
      PAGE_BYTES,
      2 * PAGE_BYTES,
      10 * PMD_BYTES + PAGE_BYTES,
    ]);
  });

  it('gives every VMA its entries: disjoint, in order, in step with its addresses modulo 2 MiB', () => {
    fc.assert(
      fc.property(seeds, dataPages, fc.nat({ max: 10_000 }), (seed, data, firstPte) => {
        const space = layOut(seed, data, firstPte);
        let next = firstPte;
        for (const vma of space.vmas) {
          expect(vma.firstPte).toBeGreaterThanOrEqual(next);
          expect(vma.firstPte % PTES_PER_PMD).toBe((vma.start / PAGE_BYTES) % PTES_PER_PMD);
          // Two VMAs never share a 2 MiB window of entries, so an entry's huge page is its own.
          if (next > firstPte) expect(Math.floor(vma.firstPte / PTES_PER_PMD)).toBeGreaterThan(Math.floor((next - 1) / PTES_PER_PMD));
          next = vma.firstPte + pagesOf(vma);
        }
        expect(space.endPte).toBeGreaterThanOrEqual(next);
        expect(space.endPte % PTES_PER_PMD).toBe(0);
        for (const region of space.regions) expect(pteToAddr(space, region.firstPte)).toBe(region.start);
      }),
    );
  });

  it('is the same for the same stream and another for another', () => {
    expect(layOut(1, [10])).toEqual(layOut(1, [10]));
    expect(layOut(1, [10]).vmas.map((vma) => vma.start)).not.toEqual(layOut(2, [10]).vmas.map((vma) => vma.start));
  });

  it('several stacks and heaps lie side by side', () => {
    const list = [...requests([5]), { name: 'stack2', role: 'stack' as const, bytes: 8 * PAGE_BYTES, headerBytes: 0 }];
    const { regions, vmas } = buildAddressSpace(0, list, 0, Prng.stream(1, 'layout'));
    const [first, second] = regions.filter((region) => region.role === 'stack');
    expect(second.start).toBe(first.end);
    expect(vmas.filter((vma) => vma.role === 'stack')).toHaveLength(1);
  });
});

describe('vmaAt and pteToAddr', () => {
  it('find what a search through all VMAs finds', () => {
    fc.assert(
      fc.property(seeds, dataPages, fc.nat({ max: 40 }), fc.integer({ min: -2, max: 2 }), (seed, data, pick, delta) => {
        const space = layOut(seed, data);
        const edges = space.vmas.flatMap((vma) => [vma.start, vma.end]);
        const addr = edges[pick % edges.length] + delta;
        expect(vmaAt(space, addr)).toEqual(space.vmas.find((vma) => vma.start <= addr && addr < vma.end));
      }),
    );
    expect(vmaAt(layOut(1, [5]), 0)).toBeUndefined();
    expect(vmaAt(layOut(1, [5]), 2 ** 47)).toBeUndefined();
  });

  it('go there and back', () => {
    const space = layOut(3, [100, 512, 7]);
    for (const vma of space.vmas) {
      for (let page = 0; page < pagesOf(vma); page++) {
        const addr = pteToAddr(space, vma.firstPte + page);
        expect(addr).toBe(vma.start + page * PAGE_BYTES);
        expect(vmaAt(space, addr)).toBe(vma);
      }
    }
  });

  it('an entry of no VMA has no address', () => {
    const space = layOut(1, [5], 512);
    expect(() => pteToAddr(space, 0)).toThrow(/belongs to no VMA/);
    expect(() => pteToAddr(space, space.endPte)).toThrow(/belongs to no VMA/);
  });
});

describe('regions that know their addresses', () => {
  it('lie there, in VMAs of their own unless they touch', () => {
    const at = (name: string, start: number, pages: number) => ({
      name,
      role: 'data' as const,
      bytes: pages * 4096,
      headerBytes: 0,
      at: start,
    });
    const space = buildAddressSpace(
      0,
      [at('a', 0x40_0000, 3), at('c', 0x7fff_0000_0000, 2), at('b', 0x40_3000, 1)],
      512,
      Prng.stream(1, 'x'),
    );
    expect(space.vmas.map(({ start, end }) => [start, end])).toEqual([
      [0x40_0000, 0x40_4000],
      [0x7fff_0000_0000, 0x7fff_0000_2000],
    ]);
    expect(space.regions.map(({ name, start }) => [name, start])).toEqual([
      ['a', 0x40_0000],
      ['c', 0x7fff_0000_0000],
      ['b', 0x40_3000],
    ]);
    for (const region of space.regions) expect(region.firstPte % 512).toBe((region.start / 4096) % 512);
  });
});
