import { PAGE_BYTES, Prng } from '@damonlab/base';
import { type KernelVersion, kernelProfile, RegionList } from '@damonlab/damon';
import { allocateImage, buildAddressSpace, LRU_ADD_BATCH, LruAddBatches, MARK_READ, Memory, openImage, vmaAt } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { AccessedBit } from './accessed-bit.js';
import { VaddrOperations } from './vaddr.js';

const PAGES = 40;
const TOPOLOGY = { name: 'one', nodes: [{ cpus: 1, memoryBytes: 1024 * PAGE_BYTES }], distance: [[10]], latencyNs: [[1]] };

/** A process that has touched all pages of its data in order, and DAMON with one region for each of them. */
function pageByPage(kernel: KernelVersion) {
  const requests = (['text', 'heap', 'stack', 'vdso', 'data'] as const).map((role) => {
    return { name: role, role, bytes: PAGES * PAGE_BYTES, headerBytes: 0 };
  });
  const space = buildAddressSpace(0, requests, 0, Prng.stream(1, 'layout'));
  const data = space.regions[4];
  const vma = vmaAt(space, data.start);
  if (vma === undefined) throw new Error('data lies in no VMA');
  const sizes = { nrPtes: space.endPte, nrFrames: 1024 };
  const image = openImage(allocateImage(sizes), sizes);
  const memory = new Memory(TOPOLOGY, image, 'never', new LruAddBatches([0]));
  const regions = new RegionList();
  for (let page = 0; page < PAGES; page++) {
    const pte = data.firstPte + page;
    memory.handleFault(space, vma, pte, 0);
    memory.lruAdd.add(0, pte);
    image.pteMarks[pte] = MARK_READ;
    regions.append(data.start + page * PAGE_BYTES, data.start + (page + 1) * PAGE_BYTES);
  }
  const target = { space, alive: () => true, hasMemory: () => true };
  const profile = kernelProfile(kernel);
  const ops = new VaddrOperations('vaddr', new AccessedBit(memory, profile), [target], Prng.stream(1, 'kdamond'), profile);
  const touch = () => image.pteMarks.fill(MARK_READ, data.firstPte, data.firstPte + PAGES);
  const sample = (whileAsleep: () => void) => {
    regions.nrAccesses.fill(0);
    ops.prepareAccessChecks(0, regions);
    whileAsleep();
    ops.checkAccesses(0, regions);
    return Array.from(regions.nrAccesses.subarray(0, PAGES));
  };
  return { sample, touch, memory };
}

/** What is read of the pages on the list, and of those that wait. */
function reads(listed: number, waiting: number): number[] {
  return Array.from({ length: PAGES }, (_, page) => (page < LRU_ADD_BATCH ? listed : waiting));
}

describe('pages that are on no LRU list yet', () => {
  it('read idle in 6.12, however much they are touched', () => {
    const { sample, touch } = pageByPage('6.12');
    expect(sample(touch)).toEqual(reads(1, 0));
    expect(sample(() => {})).toEqual(reads(0, 0));
  });

  it('read accessed in 7.3 for ever, because nothing clears their Accessed bits', () => {
    const { sample } = pageByPage('7.3');
    expect(sample(() => {})).toEqual(reads(0, 1));
  });

  it.each(['6.12', '7.3'] as const)('are like all others in %s once the batch was drained', (kernel) => {
    const { sample, touch, memory } = pageByPage(kernel);
    memory.lruAdd.drain(0);
    expect(sample(() => {})).toEqual(reads(0, 0));
    expect(sample(touch)).toEqual(reads(1, 1));
  });
});
