import { PAGE_BYTES, Prng } from '@damonlab/base';
import { type AddressSpace, allocateImage, buildAddressSpace, Memory, openImage, type Topology, type Vma } from '@damonlab/mm';
import type { HintFault } from '../hint-faults.js';

const MEMORY_PAGES = 4_096;
const TOPOLOGY: Topology = {
  name: 'two',
  nodes: [
    { cpus: 1, memoryBytes: MEMORY_PAGES * PAGE_BYTES },
    { cpus: 1, memoryBytes: MEMORY_PAGES * PAGE_BYTES },
  ],
  distance: [
    [10, 20],
    [20, 10],
  ],
  latencyNs: [
    [1, 2],
    [2, 1],
  ],
};

/** What changes together: one page, or the 2 MiB of a PMD. */
export interface Unit {
  readonly first: number;
  readonly end: number;
  readonly mapped: boolean;
}

/** One process with four small pages, two pages that nobody has touched, and two PMD mappings. */
export interface SmallMemory {
  readonly memory: Memory;
  readonly space: AddressSpace;
  readonly units: readonly Unit[];
  /** A touch of entry `pte`. */
  fault(pte: number, changes?: Partial<HintFault>): HintFault;
}

export function smallMemory(): SmallMemory {
  const requests = (['text', 'heap', 'stack', 'vdso', 'data'] as const).map((role) => ({
    name: role,
    role,
    bytes: (role === 'data' ? 2_048 : 8) * PAGE_BYTES,
    headerBytes: 0,
  }));
  const space = buildAddressSpace(0, requests, 0, Prng.stream(1, 'layout'));
  const sizes = { nrPtes: space.endPte, nrFrames: 2 * MEMORY_PAGES };
  const memory = new Memory(TOPOLOGY, openImage(allocateImage(sizes), sizes), 'always');
  const vmaOf = (pte: number): Vma => {
    const vma = space.vmas.find((v) => pte >= v.firstPte && pte < v.firstPte + (v.end - v.start) / PAGE_BYTES);
    if (vma === undefined) throw new Error(`entry ${pte} belongs to no VMA`);
    return vma;
  };
  const text = space.regions[0].firstPte;
  const data = space.regions[4].firstPte;
  const huge = Math.ceil(data / 512) * 512;
  const small = [0, 1, 2, 5].map((page) => text + page);
  for (const pte of [...small, huge + 3, huge + 512]) memory.handleFault(space, vmaOf(pte), pte, 0);
  const one = (mapped: boolean) => (pte: number) => ({ first: pte, end: pte + 1, mapped });
  const units = [
    ...small.map(one(true)),
    ...[text + 3, huge + 1_024].map(one(false)),
    { first: huge, end: huge + 512, mapped: true },
    { first: huge + 512, end: huge + 1_024, mapped: true },
  ];
  const fault = (pte: number, changes: Partial<HintFault> = {}): HintFault => ({
    timeNs: 0,
    space,
    pte,
    addr: vmaOf(pte).start + (pte - vmaOf(pte).firstPte) * PAGE_BYTES,
    pfn: memory.image.ptePfn[pte],
    cpu: 0,
    nid: 0,
    thread: 0,
    process: space.id,
    write: false,
    ...changes,
  });
  return { memory, space, units, fault };
}
