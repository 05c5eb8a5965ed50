import { PTES_PER_PMD } from '@damonlab/base';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FrameAllocator } from './frame-allocator.js';
import { LockedFrames, lockedFramesWords } from './locked-frames.js';

const MIB = 1024 * 1024;
const TOPOLOGY = {
  name: 'two',
  nodes: [
    { cpus: 1, memoryBytes: 8 * MIB },
    { cpus: 1, memoryBytes: 4 * MIB },
  ],
  distance: [
    [10, 20],
    [20, 10],
  ],
  latencyNs: [
    [80, 140],
    [140, 80],
  ],
};
const FRAMES = 3 * 1024;

it('hands out the same frames as the plain allocator, whichever of two threads asks', () => {
  const act = fc.record({
    thread: fc.nat(1),
    what: fc.constantFrom('base', 'on', 'huge', 'give', 'giveHuge'),
    nid: fc.nat(1),
    which: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
      const plain = new FrameAllocator(TOPOLOGY, new Uint32Array(FRAMES));
      const link = new Uint32Array(new SharedArrayBuffer(4 * FRAMES));
      const words = new Int32Array(new SharedArrayBuffer(4 * lockedFramesWords(2)));
      const threads = [true, false].map((fresh) => new LockedFrames(TOPOLOGY, link, words, fresh));
      const base: number[] = [];
      const huge: number[] = [];
      for (const { thread, what, nid, which } of acts) {
        const use = (frames: FrameAllocator) => {
          if (what === 'base') return frames.allocate(frames.zonelist(nid));
          if (what === 'on') return frames.allocateOn(nid);
          if (what === 'huge') return frames.allocateHuge(nid);
          const list = what === 'give' ? base : huge;
          if (list.length === 0) return -1;
          const pfn = list[which % list.length];
          if (what === 'give') frames.release(pfn);
          else frames.releaseHuge(pfn);
          return pfn;
        };
        const pfn = use(plain);
        expect(use(threads[thread])).toBe(pfn);
        if (what === 'base' || what === 'on') base.push(...(pfn < 0 ? [] : [pfn]));
        else if (what === 'huge') huge.push(...(pfn < 0 ? [] : [pfn]));
        else if (pfn >= 0) (what === 'give' ? base : huge).splice((what === 'give' ? base : huge).indexOf(pfn), 1);
        for (const node of [0, 1]) expect(threads[1 - thread].freeFrames(node)).toBe(plain.freeFrames(node));
      }
      expect(base.length + PTES_PER_PMD * huge.length + plain.freeFrames(0) + plain.freeFrames(1)).toBe(FRAMES);
    }),
  );
});
