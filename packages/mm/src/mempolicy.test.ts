import { PTES_PER_PMD } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { type Vma, vmaOfEntry } from './address-space.js';
import { Memory } from './memory.js';
import { interleaveWeights, type Mempolicy, Placement } from './mempolicy.js';
import { Pte } from './pte.js';
import { imageFor, layOut, topologyOf } from './testing/spaces.js';

/** Nodes of the first pages of a process with this policy, touched from node `nid`; and the number of its first page. */
function nidsUnder(policy: Mempolicy, { pages = [100, 100, 100], count = 12, nid = 0, thp = 'never' as 'never' | 'always' } = {}) {
  const topology = topologyOf(...pages);
  const space = layOut(1, [count]);
  const memory = new Memory(topology, imageFor(space, topology), thp);
  memory.placements[0] = new Placement(policy, pages.length, (node) => memory.frames.zonelist(node));
  const region = space.regions.find(({ name }) => name === 'd0');
  if (region === undefined) throw new Error('no data');
  const vma: Vma = vmaOfEntry(space, region.firstPte);
  const nids = Array.from({ length: count }, (_, i) => {
    memory.handleFault(space, vma, region.firstPte + i, nid);
    return (memory.image.pteFlags[region.firstPte + i] ?? 0) & Pte.nidMask;
  });
  return { nids, first: region.start / 4096 };
}

const policy = (mode: Mempolicy['mode'], nodes: readonly number[] = [], weights: readonly number[] = []): Mempolicy => ({
  mode,
  nodes,
  weights,
});

describe('a memory policy', () => {
  it('default: the node of the CPU', () => {
    expect(nidsUnder(policy('default'), { nid: 2, count: 3 }).nids).toEqual([2, 2, 2]);
  });

  it('preferred: that node, and the nearest to it when it is full', () => {
    expect(nidsUnder(policy('preferred', [2]), { pages: [100, 100, 2], count: 4 }).nids).toEqual([2, 2, 1, 1]);
  });

  it('bind: only these nodes, the nearest to the CPU first', () => {
    expect(nidsUnder(policy('bind', [1, 2]), { pages: [100, 2, 2], count: 4 }).nids).toEqual([1, 1, 2, 2]);
    expect(() => nidsUnder(policy('bind', [1, 2]), { pages: [100, 2, 2], count: 5 })).toThrow(
      /out of memory: .*\(full: node 1, node 2; its memory policy allows no other node\)/,
    );
  });

  it('interleave: by the number of the page, whoever touches it', () => {
    for (const nid of [0, 1]) {
      const { nids, first } = nidsUnder(policy('interleave', [0, 2]), { nid });
      expect(nids).toEqual(nids.map((_, i) => [0, 2][(first + i) % 2]));
    }
  });

  it('weighted_interleave: as many pages in turn as the weights say', () => {
    const { nids, first } = nidsUnder(policy('weighted_interleave', [0, 1], [3, 1]));
    expect(nids).toEqual(nids.map((_, i) => [0, 0, 0, 1][(first + i) % 4]));
  });

  it('interleaves huge pages by their own numbers', () => {
    const count = 2 * PTES_PER_PMD;
    const { nids, first } = nidsUnder(policy('interleave', [0, 1]), { pages: [2048, 2048], count, thp: 'always' });
    const number = first / PTES_PER_PMD;
    expect([nids[0], nids[PTES_PER_PMD]]).toEqual([number % 2, (number + 1) % 2]);
  });
});

describe('weights from bandwidths', () => {
  it.each([
    [
      [72, 26],
      [23, 8],
    ],
    [
      [100, 100],
      [1, 1],
    ],
    [
      [300, 100],
      [3, 1],
    ],
    [
      [1000, 1],
      [31, 1],
    ],
  ])('%j GB/s: %j', (bandwidths, weights) => {
    expect(interleaveWeights(bandwidths)).toEqual(weights);
  });
});
