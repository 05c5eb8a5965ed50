import { PAGE_BYTES, PTES_PER_PMD, RunError } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AddressSpace, pteToAddr, type Vma, vmaAt } from './address-space.js';
import { Memory } from './memory.js';
import { Pte } from './pte.js';
import { imageFor, layOut, topologyOf } from './testing/spaces.js';
import type { Topology } from './topology.js';

/** The data VMA of a process with data regions of so many pages. */
function machine(topology: Topology, thp: 'never' | 'always', data: readonly number[]) {
  const space = layOut(1, data);
  const memory = new Memory(topology, imageFor(space, topology), thp);
  const vma = roleOf(space, 'data');
  const { pteFlags } = memory.image;
  const nodeOf = (pte: number) => ((pteFlags[pte] & Pte.present) === 0 ? -1 : pteFlags[pte] & Pte.nidMask);
  return { space, memory, vma, nodeOf, huge: (pte: number) => (pteFlags[pte] & Pte.huge) !== 0 };
}

function roleOf(space: AddressSpace, role: Vma['role']): Vma {
  const vma = space.vmas.find((v) => v.role === role);
  if (vma === undefined) throw new Error(`no ${role}`);
  return vma;
}

describe('Memory.handleFault: first touch', () => {
  it('places the page on the node of the CPU that faults', () => {
    const { space, memory, vma, nodeOf } = machine(topologyOf(100, 100), 'never', [10]);
    memory.handleFault(space, vma, vma.firstPte, 1);
    memory.handleFault(space, vma, vma.firstPte + 1, 0);
    expect([0, 1, 2].map((i) => nodeOf(vma.firstPte + i))).toEqual([1, 0, -1]);
    expect(memory.frames.nidOf(memory.image.ptePfn[vma.firstPte])).toBe(1);
    expect(memory.image.frameLink[memory.image.ptePfn[vma.firstPte]]).toBe(vma.firstPte);
    expect(memory.counters).toMatchObject({ pgfault: 2, thp_fault_alloc: 0, thp_fault_fallback: 0 });
  });

  it('the second CPU that faults on the same page changes nothing', () => {
    const { space, memory, vma, nodeOf } = machine(topologyOf(100, 100), 'never', [10]);
    memory.handleFault(space, vma, vma.firstPte, 1);
    const { generation } = memory;
    memory.handleFault(space, vma, vma.firstPte, 0);
    expect(nodeOf(vma.firstPte)).toBe(1);
    expect(memory.counters.pgfault).toBe(1);
    expect(memory.generation).toBe(generation);
  });

  it('goes to the nearest node with room, and to nobody when the machine is full', () => {
    const { space, memory, vma, nodeOf } = machine(topologyOf(2, 1, 2), 'never', [10]);
    for (let i = 0; i < 5; i++) memory.handleFault(space, vma, vma.firstPte + i, 2);
    expect([0, 1, 2, 3, 4].map((i) => nodeOf(vma.firstPte + i))).toEqual([2, 2, 1, 0, 0]);
    expect(() => memory.handleFault(space, vma, vma.firstPte + 5, 0)).toThrow(RunError);
    expect(() => memory.handleFault(space, vma, vma.firstPte + 5, 0)).toThrow(
      /out of memory: no free frame for entry \d+ of address space 0/,
    );
  });
});

describe('Memory.handleFault: huge pages', () => {
  // The data VMA: 100 pages on top of 1024 aligned ones, of which the upper 512 are the first region.
  const build = (thp: 'never' | 'always', ...pages: number[]) => {
    const m = machine(topologyOf(...pages), thp, [1024]);
    return { ...m, first: m.vma.firstPte };
  };

  it('map the whole aligned 2 MiB, all of it on one node', () => {
    const { space, memory, vma, first, nodeOf, huge } = build('always', 1024, 1024);
    memory.handleFault(space, vma, first + 700, 1);
    const entries = Array.from({ length: 1024 }, (_, i) => first + i);
    expect(entries.map(nodeOf)).toEqual([...Array(512).fill(-1), ...Array(512).fill(1)]);
    expect(entries.slice(512).every(huge)).toBe(true);
    const pfns = entries.slice(512).map((pte) => memory.image.ptePfn[pte]);
    expect(pfns).toEqual(pfns.map((_, i) => pfns[0] + i));
    expect(pfns[0] % PTES_PER_PMD).toBe(0);
    expect(memory.counters).toMatchObject({ pgfault: 1, thp_fault_alloc: 1, thp_fault_fallback: 0 });
  });

  it('are not for `never`', () => {
    const { space, memory, vma, first, nodeOf } = build('never', 1024);
    memory.handleFault(space, vma, first + 700, 0);
    expect([699, 700, 701].map((i) => nodeOf(first + i))).toEqual([-1, 0, -1]);
  });

  it('do not replace pages that are there', () => {
    const { space, memory, vma, first, huge } = build('always', 4096);
    memory.image.pteFlags[first + 1] = Pte.present | Pte.write;
    memory.handleFault(space, vma, first + 5, 0);
    memory.handleFault(space, vma, first + 512, 0);
    expect([5, 512].map((i) => huge(first + i))).toEqual([false, true]);
  });

  it('are not for text and vdso, and not for windows that reach over an end of the VMA', () => {
    const { space, memory, nodeOf } = machine(topologyOf(8192), 'always', [3_000]);
    const roles = ['text', 'vdso', 'heap', 'stack', 'data'] as const;
    for (const role of roles) {
      const vma = roleOf(space, role);
      const pages = (vma.end - vma.start) / PAGE_BYTES;
      for (const pte of [vma.firstPte, vma.firstPte + pages - 1]) {
        memory.handleFault(space, vma, pte, 0);
        const window = pte - (pte % PTES_PER_PMD);
        const inside = window >= vma.firstPte && window + PTES_PER_PMD <= vma.firstPte + pages;
        const mapped = Array.from({ length: PTES_PER_PMD }, (_, i) => nodeOf(window + i)).filter((nid) => nid >= 0).length;
        if (inside && role === 'data') expect(mapped).toBe(PTES_PER_PMD);
        else expect(mapped).toBeLessThanOrEqual(2);
      }
    }
  });

  it('fall back to a base page when the node has no whole block, though another node has', () => {
    const { space, memory, vma, first, nodeOf, huge } = build('always', 300, 2048);
    memory.handleFault(space, vma, first, 0);
    expect([nodeOf(first), huge(first), nodeOf(first + 1)]).toEqual([0, false, -1]);
    expect(memory.counters).toMatchObject({ pgfault: 1, thp_fault_alloc: 0, thp_fault_fallback: 1 });
  });
});

describe('Memory.exit', () => {
  const touches = fc.array(fc.record({ page: fc.nat({ max: 2_500 }), nid: fc.nat({ max: 1 }) }), { maxLength: 200 });

  it('gives every frame back, base or huge, and leaves an empty page table', () => {
    fc.assert(
      fc.property(touches, fc.constantFrom('never', 'always'), fc.constantFrom([2048, 2048], [700, 4096]), (list, thp, pages) => {
        const topology = topologyOf(...pages);
        const { space, memory } = machine(topology, thp, [1024, 700, 512]);
        const entries = space.vmas.flatMap((vma) => Array.from({ length: (vma.end - vma.start) / PAGE_BYTES }, (_, i) => vma.firstPte + i));
        for (const { page, nid } of list) {
          const pte = entries[page % entries.length];
          const vma = vmaAt(space, pteToAddr(space, pte));
          if (vma !== undefined) memory.handleFault(space, vma, pte, nid);
        }
        const present = entries.filter((pte) => memory.image.pteFlags[pte] !== 0);
        const frames = new Set(present.map((pte) => memory.image.ptePfn[pte]));
        expect(frames.size).toBe(present.length);
        const free = topology.nodes.map((_, nid) => memory.frames.freeFrames(nid));
        expect(free[0] + free[1] + present.length).toBe(pages[0] + pages[1]);
        memory.exit(space);
        expect(topology.nodes.map((_, nid) => memory.frames.freeFrames(nid))).toEqual(pages);
        expect(memory.image.pteFlags.every((flags) => flags === 0)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});
