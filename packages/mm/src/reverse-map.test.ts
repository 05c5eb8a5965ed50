import { PAGE_BYTES } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_ENTRY } from './accessed.js';
import { type AddressSpace, type Vma, vmaOfEntry } from './address-space.js';
import { MARK_READ, type MemoryImage } from './image.js';
import { Memory } from './memory.js';
import { mappedEntry } from './reverse-map.js';
import { imageFor, layOut, topologyOf } from './testing/spaces.js';
import { takePhysicalTruth } from './truth.js';

/** Three processes on two nodes. */
function machine(thp: 'never' | 'always' = 'never') {
  const spaces: AddressSpace[] = [];
  for (let id = 0; id < 3; id++) spaces.push(layOut(id, [600, 700], spaces.at(-1)?.endPte ?? 0));
  const topology = topologyOf(2_500, 3_000);
  const image = imageFor(spaces[2], topology);
  return { spaces, image, memory: new Memory(topology, image, thp) };
}

const entriesOf = (space: AddressSpace) =>
  space.vmas.flatMap((vma: Vma) => Array.from({ length: (vma.end - vma.start) / PAGE_BYTES }, (_, i) => vma.firstPte + i));

/** What maps each frame, found the slow way: over all entries. */
function mappings(image: MemoryImage): number[] {
  const found = new Array<number>(image.frameLink.length).fill(NO_ENTRY);
  for (let pte = 0; pte < image.pteFlags.length; pte++) if (image.pteFlags[pte] !== 0) found[image.ptePfn[pte]] = pte;
  return found;
}

const process = fc.nat({ max: 2 });
const step = fc.oneof(
  { weight: 40, arbitrary: fc.record({ process, page: fc.nat({ max: 1_500 }), nid: fc.nat({ max: 1 }) }) },
  { weight: 1, arbitrary: fc.record({ exit: process }) },
);
const steps = fc.array(step, { maxLength: 300 });
const thps = fc.constantFrom<('never' | 'always')[]>('never', 'always');

describe('mappedEntry', () => {
  it('is the one entry that maps a frame, through any history of first touches and exits', () => {
    fc.assert(
      fc.property(steps, thps, (list, thp) => {
        const { spaces, image, memory } = machine(thp);
        for (const what of list) {
          if ('exit' in what) memory.exit(spaces[what.exit]);
          else {
            const entries = entriesOf(spaces[what.process]);
            const pte = entries[what.page % entries.length];
            memory.handleFault(spaces[what.process], vmaOfEntry(spaces[what.process], pte), pte, what.nid);
          }
        }
        const expected = mappings(image);
        expect(expected.map((_, pfn) => mappedEntry(image, pfn))).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });

  it('is not misled by the link of a free frame, which names an entry that another frame is mapped by', () => {
    const { spaces, image, memory } = machine();
    const [first, second] = entriesOf(spaces[0]);
    const vma = vmaOfEntry(spaces[0], first);
    memory.handleFault(spaces[0], vma, first, 0);
    memory.handleFault(spaces[0], vma, second, 0);
    image.frameLink[100] = second;
    expect([0, 1, 100].map((pfn) => mappedEntry(image, pfn))).toEqual([first, second, NO_ENTRY]);
  });

  it('is none outside of the memory, and for links that are no entry', () => {
    const { image } = machine();
    image.frameLink[7] = image.ptePfn.length;
    expect([-1, 7, 5_500, 2 ** 40].map((pfn) => mappedEntry(image, pfn))).toEqual(new Array(4).fill(NO_ENTRY));
  });
});

describe('takePhysicalTruth', () => {
  it('is the set of touched frames as the fewest ranges, and is taken once', () => {
    const touched = fc.uniqueArray(fc.nat({ max: 3_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(touched, fc.nat({ max: 1 }), thps, (list, nid, thp) => {
        const { spaces, image, memory } = machine(thp);
        const all = spaces.flatMap((space) => entriesOf(space).map((pte) => ({ space, pte })));
        const pages = list.map((i) => all[(i * 7) % all.length]);
        for (const { space, pte } of pages) {
          memory.handleFault(space, vmaOfEntry(space, pte), pte, nid);
          image.marks16[2 * pte] = MARK_READ;
        }
        const { start, end } = takePhysicalTruth(image, spaces);
        const frames = [...start].flatMap((from, i) =>
          Array.from({ length: (end[i] - from) / PAGE_BYTES }, (_, p) => from / PAGE_BYTES + p),
        );
        expect(frames).toEqual([...new Set(pages.map(({ pte }) => image.ptePfn[pte]))].sort((a, b) => a - b));
        for (let i = 1; i < start.length; i++) expect(start[i]).toBeGreaterThan(end[i - 1]);
        expect(takePhysicalTruth(image, spaces).start).toHaveLength(0);
      }),
      { numRuns: 40 },
    );
  });

  it('counts a frame once that two processes had, one after the other', () => {
    const { spaces, image, memory } = machine();
    for (const space of spaces.slice(0, 2)) {
      const [pte] = entriesOf(space);
      memory.handleFault(space, vmaOfEntry(space, pte), pte, 1);
      image.marks16[2 * pte] = MARK_READ;
      if (space === spaces[0]) memory.exit(space);
    }
    const at = 2_500 * PAGE_BYTES;
    expect(takePhysicalTruth(image, spaces)).toEqual({ start: Float64Array.of(at), end: Float64Array.of(at + PAGE_BYTES) });
  });
});
