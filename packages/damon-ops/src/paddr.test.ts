import { PAGE_BYTES, Prng, PTES_PER_PMD } from '@damonlab/base';
import {
  DEFAULT_SAMPLE_CONTROL,
  Kdamond,
  type KernelVersion,
  kernelProfile,
  NO_INTERVALS_GOAL,
  RegionList,
  SplitMemory,
} from '@damonlab/damon';
import { HintFaults } from '@damonlab/hint-faults';
import {
  type AddressSpace,
  allocateImage,
  buildAddressSpace,
  LruAddBatches,
  MARK_READ,
  Mark,
  Memory,
  openImage,
  type PlacedRegion,
  Pte,
  pteToAddr,
  vmaAt,
} from '@damonlab/mm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccessedBit } from './accessed-bit.js';
import { HintFaultPrimitive } from './hint-fault.js';
import { PaddrOperations } from './paddr.js';

const GIB = 2 ** 30;
const KERNELS: readonly KernelVersion[] = ['7.3', '6.12'];

interface Options {
  readonly kernel?: KernelVersion;
  readonly thp?: 'never' | 'always';
  readonly bytes?: number;
  /** Pages of the data region of each of the two processes. */
  readonly pages?: number;
  readonly primitive?: 'bits' | 'faults';
}

/** Two processes on one node, and the ops over all of its memory. */
function machine({ kernel = '7.3', thp = 'never', bytes = 4096 * PAGE_BYTES, pages = 32, primitive = 'bits' }: Options = {}) {
  const spaces: AddressSpace[] = [];
  for (const id of [0, 1]) {
    const requests = (['text', 'heap', 'stack', 'vdso', 'data'] as const).map((role) => {
      return { name: role, role, bytes: (role === 'data' ? pages : 4) * PAGE_BYTES, headerBytes: 0 };
    });
    spaces.push(buildAddressSpace(id, requests, spaces.at(-1)?.endPte ?? 0, Prng.stream(id, 'layout')));
  }
  const topology = { name: 'one', nodes: [{ cpus: 1, memoryBytes: bytes }], distance: [[10]], latencyNs: [[1]] };
  const sizes = { nrPtes: spaces[1].endPte, nrFrames: bytes / PAGE_BYTES };
  const image = openImage(allocateImage(sizes), sizes);
  const memory = new Memory(topology, image, thp, new LruAddBatches([0]));
  const profile = kernelProfile(kernel);
  const rng = Prng.stream(1, 'kdamond');
  const state = { valid: true };
  const control = { ...DEFAULT_SAMPLE_CONTROL, primitive: 'page_fault' } as const;
  const hintFaults = new HintFaults(memory, { drop() {} }, 'build_exclusive');
  const faults = new HintFaultPrimitive({ hintFaults, control, nrCpus: 1, space: 'paddr', processes: [0] });
  hintFaults.acquire(faults.user);
  const bits = new AccessedBit(memory, profile);
  const ops = new PaddrOperations({
    memory,
    primitive: primitive === 'bits' ? bits : faults,
    spaces,
    rng,
    profile,
    valid: () => state.valid,
  });
  const region = (process: number, role: PlacedRegion['role']) => spaces[process].regions.filter((r) => r.role === role)[0];
  /** A touch of a page; returns its physical address. */
  const touch = (process: number, page: number, role: PlacedRegion['role'] = 'data'): number => {
    const pte = region(process, role).firstPte + page;
    const space = spaces[process];
    const vma = vmaAt(space, pteToAddr(space, pte));
    if (vma === undefined) throw new Error(`no VMA of ${role}`);
    memory.handleFault(space, vma, pte, 0);
    const pfn = image.ptePfn[pte];
    const addr = pteToAddr(space, pte);
    if (hintFaults.armed(pte)) {
      hintFaults.dispatch({ timeNs: 1, space, pte, addr, pfn, cpu: 0, nid: 0, thread: process, process, write: false });
    }
    if ((image.pteFlags[pte] & Pte.huge) !== 0) image.pmdAccessed[Math.floor(pte / PTES_PER_PMD)] = 1;
    image.pteMarks[pte] |= MARK_READ;
    return pfn * PAGE_BYTES;
  };
  const accessed = (process: number, page: number) => image.marks8[4 * (region(process, 'data').firstPte + page) + Mark.accessed];
  return { ops, memory, image, spaces, state, touch, accessed, faults, work: (primitive === 'bits' ? bits : faults).work, profile, rng };
}

/** One region for each of these pages of physical memory. */
function pagesAt(...addrs: readonly number[]): RegionList {
  const regions = new RegionList();
  for (const addr of [...addrs].sort((a, b) => a - b)) regions.append(addr, addr + PAGE_BYTES);
  return regions;
}

const counts = (regions: RegionList) => [...regions.nrAccesses.subarray(0, regions.length)];

describe('one sample of physical memory', () => {
  it('clears and reads the Accessed bits of the entries behind the frames, of whatever process', () => {
    const { ops, touch, accessed, work } = machine();
    const pages = [touch(0, 3), touch(1, 3), touch(0, 4), touch(1, 9)];
    const regions = pagesAt(...pages, 4_000 * PAGE_BYTES);
    ops.prepareAccessChecks(0, regions);
    expect([accessed(0, 3), accessed(1, 3), accessed(0, 4), accessed(1, 9)]).toEqual([0, 0, 0, 0]);
    expect(work).toMatchObject({ mapped: 4, hole: 1 });
    touch(1, 3);
    touch(1, 9);
    expect(ops.checkAccesses(0, regions)).toBe(1);
    const seen = [...regions.start].flatMap((addr, i) => (counts(regions)[i] === 1 ? [addr] : []));
    expect(seen).toEqual([pages[1], pages[3]].sort((a, b) => a - b));
  });

  it('a free frame is not accessed, also when it was mapped', () => {
    const { ops, memory, spaces, touch } = machine();
    const regions = pagesAt(touch(0, 0), touch(0, 1));
    memory.exit(spaces[0]);
    ops.prepareAccessChecks(0, regions);
    expect(ops.checkAccesses(0, regions)).toBe(0);
  });

  it('a frame that changes hands within the sample counts for who has it at the check', () => {
    const { ops, memory, spaces, touch } = machine();
    const frame = touch(0, 0);
    const regions = pagesAt(frame);
    ops.prepareAccessChecks(0, regions);
    memory.exit(spaces[0]);
    expect(touch(1, 5)).toBe(frame);
    expect(ops.checkAccesses(0, regions)).toBe(1);
    ops.prepareAccessChecks(0, regions);
    memory.exit(spaces[1]);
    expect(ops.checkAccesses(0, regions)).toBe(1);
  });

  it('the pages of vdso and vvar have no folio', () => {
    const { ops, touch, work } = machine();
    const regions = pagesAt(touch(0, 0, 'vdso'), touch(1, 1, 'vdso'), touch(1, 0, 'text'));
    ops.prepareAccessChecks(0, regions);
    expect(work).toMatchObject({ mapped: 1, hole: 2 });
    touch(0, 0, 'vdso');
    touch(1, 0, 'text');
    ops.checkAccesses(0, regions);
    expect(counts(regions).reduce((a, b) => a + b)).toBe(1);
  });

  it('addresses beyond the memory are holes', () => {
    const { ops, work } = machine();
    const regions = pagesAt(4_096 * PAGE_BYTES, 2 ** 40);
    ops.prepareAccessChecks(0, regions);
    expect([ops.checkAccesses(0, regions), work.hole]).toEqual([0, 2]);
  });

  it('what a PMD maps has one Accessed bit', () => {
    const { ops, touch } = machine({ thp: 'always', pages: 2 * PTES_PER_PMD });
    const [first, other] = [touch(0, 0), touch(0, PTES_PER_PMD)];
    const regions = pagesAt(first, first + 300 * PAGE_BYTES, other);
    ops.prepareAccessChecks(0, regions);
    touch(0, 300);
    ops.checkAccesses(0, regions);
    expect([...regions.start.subarray(0, 3)].filter((_, i) => counts(regions)[i] === 1)).toEqual([first, first + 300 * PAGE_BYTES]);
  });

  it.each(KERNELS)('%s: a page on no LRU list reads idle, as in 6.12 for vaddr, until its batch is drained', (kernel) => {
    const { ops, memory, image, spaces, touch } = machine({ kernel });
    const regions = pagesAt(touch(0, 2));
    const pte = spaces[0].regions[4].firstPte + 2;
    memory.lruAdd.add(0, pte);
    ops.prepareAccessChecks(0, regions);
    expect(image.marks8[4 * pte + Mark.accessed]).toBe(1);
    expect(ops.checkAccesses(0, regions)).toBe(0);
    memory.lruAdd.drain(0);
    ops.prepareAccessChecks(0, regions);
    touch(0, 2);
    expect(ops.checkAccesses(0, regions)).toBe(1);
  });

  it('sees exactly the touched pages, for any touches before and within the sample', () => {
    const pages = fc.array(fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 31 })), { maxLength: 40 });
    fc.assert(
      fc.property(pages, pages, (before, within) => {
        const { ops, touch } = machine();
        for (const [process, page] of before) touch(process, page);
        const regions = pagesAt(...Array.from({ length: 128 }, (_, pfn) => pfn * PAGE_BYTES));
        ops.prepareAccessChecks(0, regions);
        const touched = new Set(within.map(([process, page]) => touch(process, page) / PAGE_BYTES));
        ops.checkAccesses(0, regions);
        expect(counts(regions)).toEqual(Array.from({ length: 128 }, (_, pfn) => Number(touched.has(pfn))));
      }),
      { numRuns: 60 },
    );
  });
});

describe('hinting faults on physical memory', () => {
  it('credit the region of the physical address, and tell the thread', () => {
    const { ops, faults, touch } = machine({ primitive: 'faults' });
    const [a, b] = [touch(0, 0), touch(1, 0)];
    const regions = pagesAt(a, b);
    ops.prepareAccessChecks(0, regions);
    touch(1, 0);
    faults.wake(2, 5_000);
    expect(ops.checkAccesses(0, regions)).toBe(1);
    expect(counts(regions)).toEqual(a < b ? [0, 1] : [1, 0]);
    expect(faults.takeAttribution(0, regions)).toMatchObject([{ regionStart: b, tid: 1, reports: 1, credited: 1 }]);
  });

  it('arm nothing where nothing is mapped, or on no LRU list', () => {
    const { ops, memory, spaces, touch, work } = machine({ primitive: 'faults' });
    const regions = pagesAt(touch(0, 0), touch(0, 1), 4_000 * PAGE_BYTES);
    memory.lruAdd.add(0, spaces[0].regions[4].firstPte + 1);
    ops.prepareAccessChecks(0, regions);
    expect(work).toEqual({ mapped: 1, hole: 2, armed: 1 });
  });
});

describe('the target', () => {
  it('has no ranges of its own, and none that change', () => {
    const { ops } = machine();
    expect([ops.name, ops.initRanges(), ops.updateRanges()]).toEqual(['paddr', undefined, undefined]);
  });

  it('is valid as long as the machine says', () => {
    const { ops, state } = machine();
    expect(ops.targetValid()).toBe(true);
    state.valid = false;
    expect(ops.targetValid()).toBe(false);
  });
});

/** Numbers of regions after the merge of each window, all memory being one given range. */
function windows(kernel: KernelVersion, seed: number, bytes: number): number[] {
  const { ops, profile } = machine({ kernel, bytes });
  const nr: number[] = [];
  const kdamond = new Kdamond({
    attrs: { sampleUs: 1, aggrUs: 2, opsUpdateUs: 1_000, minNrRegions: 10, maxNrRegions: 1_000, intervalsGoal: NO_INTERVALS_GOAL },
    profile,
    ops,
    targets: 1,
    targetRanges: [[{ start: 0, end: bytes }]],
    rng: Prng.stream(seed, 'kdamond'),
    splitMemory: new SplitMemory(),
    hooks: { onAggregated: (_, regions) => nr.push(regions.length) },
  });
  kdamond.start();
  while (nr.length < 10) {
    kdamond.prepare();
    kdamond.afterSleep();
  }
  return nr;
}

describe('an idle GiB, at least ten regions', () => {
  it('6.12 does not split at the start: 1, 2, 3 or 4, ... regions', () => {
    const runs = Array.from({ length: 40 }, (_, seed) => windows('6.12', seed, GIB));
    [1, 2, 3, 4, 6, 9, 11, 13, 12, 12].forEach((measured, w) => {
      const seen = runs.map((nr) => nr[w]);
      expect(Math.min(...seen), `window ${w}`).toBeLessThanOrEqual(measured);
      expect(Math.max(...seen), `window ${w}`).toBeGreaterThanOrEqual(measured);
    });
    expect(new Set(runs.map((nr) => nr.slice(0, 2).join()))).toEqual(new Set(['1,2']));
  });

  it('7.3 has ten at once', () => {
    expect(new Set(windows('7.3', 1, GIB))).toEqual(new Set([10]));
  });
});

it.each<[KernelVersion, boolean]>([
  ['7.3', true],
  ['6.12', false],
])('%s: the end of a region of 6 GiB is sampled: %s', (kernel, sampled) => {
  const { ops } = machine({ kernel, bytes: 6 * GIB });
  const regions = new RegionList();
  regions.append(0, 6 * GIB);
  let highest = 0;
  for (let i = 0; i < 200; i++) {
    ops.prepareAccessChecks(0, regions);
    highest = Math.max(highest, regions.samplingAddr[0]);
  }
  expect(highest > 2 * GIB).toBe(sampled);
});
