import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameAllocator } from './frame-allocator.js';
import { topologyOf } from './testing/spaces.js';
import type { Topology } from './topology.js';

/** Free frames of one node. What lies behind the last whole block of a node may be used at any time. */
interface ModelNode {
  readonly first: number;
  readonly end: number;
  readonly loose: Set<number>;
  readonly whole: Set<number>;
  readonly tail: Set<number>;
}

/** The allocator as sets: which frames it may hand out, and in what order of nodes. */
class Model {
  readonly nodes: ModelNode[] = [];
  readonly base: number[] = [];
  readonly huge: number[] = [];
  readonly #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
    let first = 0;
    for (const { memoryBytes } of topology.nodes) {
      const end = first + memoryBytes / PAGE_BYTES;
      const node: ModelNode = { first, end, loose: new Set(), whole: new Set(), tail: new Set() };
      for (let pfn = first; pfn < end; pfn++) {
        const block = pfn - (pfn % PTES_PER_PMD);
        if (block < first) node.loose.add(pfn);
        else if (block + PTES_PER_PMD > end) node.tail.add(pfn);
        else node.whole.add(block);
      }
      this.nodes.push(node);
      first = end;
    }
  }

  free(nid: number): number {
    const { loose, whole, tail } = this.nodes[nid];
    return loose.size + tail.size + PTES_PER_PMD * whole.size;
  }

  /** The node that a frame must come from: the nearest with room, the lower number among equals; -1: none. */
  nodeFor(nid: number): number {
    const distance = this.#topology.distance[nid];
    const withRoom = this.nodes.map((_, n) => n).filter((n) => this.free(n) > 0);
    return withRoom.reduce((best, n) => (best < 0 || distance[n] < distance[best] ? n : best), -1);
  }

  /** No block is broken while there are single frames. */
  take(pfn: number, nid: number): void {
    const { loose, whole, tail } = this.nodes[nid];
    const block = pfn - (pfn % PTES_PER_PMD);
    if (loose.size > 0) expect(loose).toContain(pfn);
    else if (!tail.has(pfn)) {
      expect(whole).toContain(block);
      whole.delete(block);
      for (let i = 0; i < PTES_PER_PMD; i++) loose.add(block + i);
    }
    loose.delete(pfn);
    tail.delete(pfn);
    this.base.push(pfn);
  }
}

const steps = fc.array(
  fc.record({
    what: fc.constantFrom('allocate', 'allocate', 'huge', 'release', 'releaseHuge'),
    nid: fc.nat({ max: 3 }),
    times: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 700 })),
    pick: fc.nat(),
  }),
  { maxLength: 40 },
);

/** Sizes in frames with blocks that begin and end in the middle of 2 MiB, and a node without memory. */
const machines = fc.constantFrom(topologyOf(2048), topologyOf(700, 1024, 0, 1500), topologyOf(1024, 1024), topologyOf(3, 1030, 512));

describe('FrameAllocator', () => {
  it('does what a machine of sets does, and neither loses nor invents a frame', () => {
    fc.assert(
      fc.property(machines, steps, (topology, list) => {
        const nrFrames = topology.nodes.reduce((sum, node) => sum + node.memoryBytes / PAGE_BYTES, 0);
        const allocator = new FrameAllocator(topology, new Uint32Array(nrFrames));
        const model = new Model(topology);
        for (const { what, nid, times, pick } of list) {
          for (let i = 0; i < times; i++) perform(allocator, model, what, nid % topology.nodes.length, pick);
          topology.nodes.forEach((_, n) => {
            expect(allocator.freeFrames(n)).toBe(model.free(n));
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('falls back by distance', () => {
    const allocator = new FrameAllocator(topologyOf(2, 1, 2), new Uint32Array(5));
    const nids = [1, 1, 1, 1, 1, 1].map((nid) => allocator.nidOf(allocator.allocate(allocator.zonelist(nid))));
    // Nodes 0 and 2 are equally far from node 1.
    expect(nids).toEqual([1, 0, 0, 2, 2, -1]);
  });

  it('takes huge pages from the node itself or not at all', () => {
    const allocator = new FrameAllocator(topologyOf(512, 1024), new Uint32Array(1536));
    expect([0, 0, 1, 1, 1].map((nid) => allocator.allocateHuge(nid))).toEqual([0, -1, 512, 1024, -1]);
    expect(allocator.allocate(allocator.zonelist(0))).toBe(-1);
  });

  it('breaks returned huge pages into every one of their frames', () => {
    const allocator = new FrameAllocator(topologyOf(1500), new Uint32Array(1500));
    const blocks = [0, 0].map((nid) => allocator.allocateHuge(nid));
    for (const block of blocks) allocator.releaseHuge(block);
    const pfns = Array.from({ length: 1500 }, () => allocator.allocate(allocator.zonelist(0))).sort((a, b) => a - b);
    expect(pfns).toEqual(Array.from({ length: 1500 }, (_, pfn) => pfn));
    expect([allocator.allocate(allocator.zonelist(0)), allocator.freeFrames(0)]).toEqual([-1, 0]);
  });

  it('refuses links of another machine', () => {
    expect(() => new FrameAllocator(topologyOf(4), new Uint32Array(5))).toThrow(/5 frame links for 4 frames/);
  });
});

function perform(allocator: FrameAllocator, model: Model, what: string, nid: number, pick: number): void {
  if (what === 'allocate') {
    const from = model.nodeFor(nid);
    const pfn = allocator.allocate(allocator.zonelist(nid));
    if (from < 0) expect(pfn).toBe(-1);
    else {
      expect(allocator.nidOf(pfn)).toBe(from);
      model.take(pfn, from);
    }
  } else if (what === 'huge') {
    const pfn = allocator.allocateHuge(nid);
    const { whole } = model.nodes[nid];
    if (whole.size === 0) expect(pfn).toBe(-1);
    else {
      expect(whole).toContain(pfn);
      whole.delete(pfn);
      model.huge.push(pfn);
    }
  } else if (what === 'release' && model.base.length > 0) {
    const [pfn] = model.base.splice(pick % model.base.length, 1);
    allocator.release(pfn);
    model.nodes[allocator.nidOf(pfn)].loose.add(pfn);
  } else if (what === 'releaseHuge' && model.huge.length > 0) {
    const [pfn] = model.huge.splice(pick % model.huge.length, 1);
    allocator.releaseHuge(pfn);
    model.nodes[allocator.nidOf(pfn)].whole.add(pfn);
  }
}
