import { PAGE_BYTES, Prng } from '@damonlab/base';
import { type DamonRandom, damonRand, type KernelVersion, kernelProfile, RegionList } from '@damonlab/damon';
import {
  type AddressSpace,
  allocateImage,
  buildAddressSpace,
  MARK_READ,
  Mark,
  Memory,
  openImage,
  type Topology,
  vmaAt,
} from '@damonlab/mm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AccessedBit } from './accessed-bit.js';
import { VaddrOperations } from './vaddr.js';

const PAGES = 16;
const TOPOLOGY: Topology = {
  name: 'one',
  nodes: [{ cpus: 1, memoryBytes: 4096 * PAGE_BYTES }],
  distance: [[10]],
  latencyNs: [[1]],
};
const KERNELS: readonly KernelVersion[] = ['7.3', '6.12'];

/** Processes with one data region of 16 pages, of which the first `mapped` have been touched. */
function machine({ name = 'vaddr', mapped = PAGES, processes = 1, kernel = '7.3', rng = Prng.stream(1, 'kdamond') }: Options = {}) {
  const spaces: AddressSpace[] = [];
  for (let id = 0; id < processes; id++) {
    const requests = (['text', 'heap', 'stack', 'vdso', 'data'] as const).map((role) => ({
      name: role,
      role,
      bytes: (role === 'data' ? PAGES : 4) * PAGE_BYTES,
      headerBytes: 0,
    }));
    spaces.push(buildAddressSpace(id, requests, spaces.at(-1)?.endPte ?? 0, Prng.stream(id, 'layout')));
  }
  const sizes = { nrPtes: spaces.at(-1)?.endPte ?? 0, nrFrames: 4096 };
  const image = openImage(allocateImage(sizes), sizes);
  const memory = new Memory(TOPOLOGY, image, 'never');
  const state = spaces.map(() => ({ alive: true, hasMemory: true }));
  const targets = spaces.map((space, i) => ({ space, alive: () => state[i].alive, hasMemory: () => state[i].hasMemory }));
  const data = spaces.map((space) => space.regions.filter((region) => region.role === 'data')[0]);
  const touch = (process: number, page: number) => {
    const vma = vmaAt(spaces[process], data[process].start);
    if (vma === undefined) throw new Error('data lies in no VMA');
    memory.handleFault(spaces[process], vma, data[process].firstPte + page, 0);
    image.pteMarks[data[process].firstPte + page] = MARK_READ;
  };
  spaces.forEach((_, process) => {
    for (let page = 0; page < mapped; page++) touch(process, page);
  });
  const primitive = new AccessedBit(memory, kernelProfile(kernel));
  const ops = new VaddrOperations(name, primitive, targets, rng, kernelProfile(kernel));
  return { ops, work: primitive.work, image, spaces, state, data, touch };
}

interface Options {
  readonly name?: 'vaddr' | 'fvaddr';
  readonly mapped?: number;
  readonly processes?: number;
  readonly kernel?: KernelVersion;
  readonly rng?: DamonRandom;
}

/** One region for each page of `data`. */
function pageByPage(data: { readonly start: number }, pages = PAGES): RegionList {
  const regions = new RegionList();
  for (let page = 0; page < pages; page++) regions.append(data.start + page * PAGE_BYTES, data.start + (page + 1) * PAGE_BYTES);
  return regions;
}

const counts = (regions: RegionList) => [...regions.nrAccesses.subarray(0, regions.length)];
const bits = (marks8: Uint8Array, firstPte: number) =>
  Array.from({ length: PAGES }, (_, page) => marks8[4 * (firstPte + page) + Mark.accessed]);

describe('one sample', () => {
  it('clears the Accessed bits at the sampled addresses, and counts where they are set again', () => {
    const { ops, image, data, touch } = machine();
    const regions = pageByPage(data[0]);
    ops.prepareAccessChecks(0, regions);
    expect(bits(image.marks8, data[0].firstPte)).toEqual(new Array(PAGES).fill(0));
    for (const page of [0, 3, 15]) touch(0, page);
    expect(ops.checkAccesses(0, regions)).toBe(1);
    expect(counts(regions).flatMap((count, page) => (count === 1 ? [page] : []))).toEqual([0, 3, 15]);
    // Looking clears nothing.
    expect(bits(image.marks8, data[0].firstPte).filter((bit) => bit === 1)).toHaveLength(3);
    expect(ops.checkAccesses(0, regions)).toBe(2);
  });

  it.each(KERNELS)('%s: draws one address in each region, in order, and touches no other page', (kernel) => {
    const pages = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.nat(), pages, fc.uniqueArray(fc.nat({ max: PAGES - 1 })), (seed, sizes, touched) => {
        const { ops, image, data, touch } = machine({ kernel, rng: Prng.stream(seed, 'sample') });
        const regions = new RegionList();
        let at = data[0].start;
        for (const size of sizes.filter((_, i) => sizes.slice(0, i + 1).reduce((a, b) => a + b) <= PAGES)) {
          regions.append(at, at + size * PAGE_BYTES);
          at += size * PAGE_BYTES;
        }
        const rng = Prng.stream(seed, 'sample');
        ops.prepareAccessChecks(0, regions);
        const sampled = [...regions.samplingAddr.subarray(0, regions.length)];
        expect(sampled).toEqual(sampled.map((_, i) => damonRand(rng, regions.start[i], regions.end[i], kernelProfile(kernel))));
        const cleared = sampled.map((addr) => Math.floor((addr - data[0].start) / PAGE_BYTES));
        const after = bits(image.marks8, data[0].firstPte);
        expect(after).toEqual(after.map((_, page) => (cleared.includes(page) ? 0 : 1)));
        for (const page of touched) touch(0, page);
        ops.checkAccesses(0, regions);
        expect(counts(regions)).toEqual(cleared.map((page) => (touched.includes(page) ? 1 : 0)));
      }),
      { numRuns: 50 },
    );
  });

  it('returns the largest nr_accesses, also when this sample found nothing', () => {
    const { ops, data } = machine();
    const regions = pageByPage(data[0]);
    regions.nrAccesses[4] = 7;
    ops.prepareAccessChecks(0, regions);
    expect(ops.checkAccesses(0, regions)).toBe(7);
    expect(ops.checkAccesses(0, new RegionList())).toBe(0);
  });

  it('keeps targets apart, whatever their numbers of regions', () => {
    const { ops, data, touch } = machine({ processes: 2 });
    const [first, second] = [pageByPage(data[0], 3), pageByPage(data[1])];
    ops.prepareAccessChecks(0, first);
    ops.prepareAccessChecks(1, second);
    touch(0, 1);
    touch(1, 9);
    ops.checkAccesses(0, first);
    ops.checkAccesses(1, second);
    expect(counts(first)).toEqual([0, 1, 0]);
    expect(counts(second).indexOf(1)).toBe(9);
    expect(counts(second).reduce((a, b) => a + b)).toBe(1);
  });

  it('goes on with more regions than before', () => {
    const { ops, data, touch } = machine();
    for (const pages of [1, 5, PAGES, 2]) {
      const regions = pageByPage(data[0], pages);
      ops.prepareAccessChecks(0, regions);
      touch(0, pages - 1);
      ops.checkAccesses(0, regions);
      expect(counts(regions)).toEqual([...new Array(pages - 1).fill(0), 1]);
    }
  });
});

describe('work', () => {
  it('counts sampled addresses with a page, and without', () => {
    const { ops, work, data } = machine({ mapped: 5 });
    const regions = pageByPage(data[0]);
    ops.prepareAccessChecks(0, regions);
    expect(work).toEqual({ mapped: 5, hole: PAGES - 5, armed: 0 });
    ops.prepareAccessChecks(0, regions);
    expect(work).toEqual({ mapped: 10, hole: 2 * (PAGES - 5), armed: 0 });
    ops.checkAccesses(0, regions);
    expect(work.mapped).toBe(10);
  });
});

describe('ranges', () => {
  it('vaddr: three, from the first mapping to the last, without the two biggest gaps', () => {
    const { ops, spaces } = machine();
    const vmas = spaces[0].vmas;
    const of = (role: string) => vmas.filter((vma) => vma.role === role)[0];
    expect(ops.initRanges(0)).toEqual([
      { start: of('text').start, end: of('heap').end },
      { start: of('data').start, end: of('vdso').end },
      { start: of('stack').start, end: of('stack').end },
    ]);
    expect(ops.updateRanges(0)).toEqual(ops.initRanges(0));
  });

  it('fvaddr: none of its own, ever', () => {
    const { ops } = machine({ name: 'fvaddr' });
    expect([ops.name, ops.initRanges(0), ops.updateRanges(0)]).toEqual(['fvaddr', undefined, undefined]);
  });
});

describe('the end of a process', () => {
  it('a target is valid until its process is reaped', () => {
    const { ops, state } = machine({ processes: 2 });
    state[1].hasMemory = false;
    expect([0, 1].map((target) => ops.targetValid(target))).toEqual([true, true]);
    state[1].alive = false;
    expect([0, 1].map((target) => ops.targetValid(target))).toEqual([true, false]);
  });

  it('a zombie has no ranges, is not sampled and never accessed, but keeps what was counted', () => {
    const { ops, work, state, data } = machine();
    const regions = pageByPage(data[0]);
    regions.nrAccesses[2] = 4;
    ops.prepareAccessChecks(0, regions);
    const before = { ...work };
    const sampled = [...regions.samplingAddr];
    state[0].hasMemory = false;
    expect(ops.updateRanges(0)).toBeUndefined();
    ops.prepareAccessChecks(0, regions);
    expect([...regions.samplingAddr]).toEqual(sampled);
    expect(work).toEqual(before);
    expect(ops.checkAccesses(0, regions)).toBe(4);
  });

  it('a process that exits between the two halves of a sample is not accessed in it', () => {
    const { ops, state, data, touch } = machine();
    const regions = pageByPage(data[0]);
    ops.prepareAccessChecks(0, regions);
    touch(0, 3);
    state[0].hasMemory = false;
    expect(ops.checkAccesses(0, regions)).toBe(0);
  });
});
