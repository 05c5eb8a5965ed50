import { type AddrRange, PAGE_BYTES, Prng, PTES_PER_PMD } from '@damonlab/base';
import type { KernelVersion } from '@damonlab/damon';
import { type CoreVerdict, damosProfile, Scheme, type SchemeConfig, STAT_EVERYTHING } from '@damonlab/damos';
import {
  type AddressSpace,
  allocateImage,
  buildAddressSpace,
  LruAddBatches,
  Mark,
  Memory,
  openImage,
  Pte,
  Reclaim,
  type ThpMode,
  type Topology,
  VmaIndex,
  vmaOfEntry,
} from '@damonlab/mm';
import type { ActionParts } from '../action-parts.js';
import { Madvise } from '../madvise.js';
import { PaddrActions } from '../paddr-actions.js';
import { VaddrActions } from '../vaddr-actions.js';

export interface LabOptions {
  /** Pages of each node. */
  readonly nodes?: readonly number[];
  readonly thp?: ThpMode;
  /** Pages of the data region of each process; each starts 2 MiB aligned if they are whole 2 MiB. */
  readonly data?: readonly number[];
  readonly memcgs?: readonly string[];
  /** Pages of swap space; left out: there is no reclaim. */
  readonly swap?: number;
  readonly kernel?: KernelVersion;
}

const COST = { lookNs: 10, migrateNs: 1_000, pageoutNs: 2_000 };

/** Memory of some nodes with some processes in it, and both kinds of actions on it. */
export class ActionLab {
  readonly memory: Memory;
  readonly spaces: readonly AddressSpace[];
  readonly vaddr: VaddrActions;
  readonly paddr: PaddrActions;
  /** What a process itself does. */
  readonly madvise: Madvise;
  readonly dropped: [number, number][] = [];
  spentNs = 0;
  readonly #nodes: readonly number[];

  constructor({ nodes = [4096, 4096], thp = 'never', data = [64], memcgs = [], swap, kernel = '7.3' }: LabOptions = {}) {
    const spaces: AddressSpace[] = [];
    for (const [id, pages] of data.entries()) {
      const requests = (['text', 'heap', 'stack', 'vdso', 'data'] as const).map((role) => {
        return { name: role, role, bytes: (role === 'data' ? pages : 4) * PAGE_BYTES, headerBytes: 0 };
      });
      spaces.push(buildAddressSpace(id, requests, spaces.at(-1)?.endPte ?? 0, Prng.stream(id, 'layout')));
    }
    this.#nodes = nodes;
    this.spaces = spaces;
    const topology = topologyOf(nodes);
    const sizes = { nrPtes: spaces[spaces.length - 1].endPte, nrFrames: nodes.reduce((sum, pages) => sum + pages, 0) };
    this.memory = new Memory(topology, openImage(allocateImage(sizes), sizes), thp, new LruAddBatches([0]));
    this.memory.keepLru();
    const vmas = new VmaIndex(spaces);
    const unmapped = (first: number, end: number) => this.dropped.push([first, end]);
    if (swap !== undefined) {
      const cost = { scanNs: 1, outNs: 100, inNs: 10_000, demoteNs: 0 };
      this.memory.reclaim = new Reclaim({ memory: this.memory, vmas, swapPages: swap, cost, unmapped });
    }
    const parts: ActionParts = {
      memory: this.memory,
      vmas,
      memcgs: data.map((_, id) => memcgs[id] ?? '/'),
      drop: (first, end) => this.dropped.push([first, end]),
      split: (first, end) => this.dropped.push([first, end]),
      cost: COST,
      spend: (ns) => {
        this.spentNs += ns;
      },
    };
    const targets = spaces.map((space) => ({ space, alive: () => true, hasMemory: () => true }));
    this.vaddr = new VaddrActions('vaddr', parts, targets);
    this.madvise = new Madvise(parts);
    this.paddr = new PaddrActions(parts, () => true, damosProfile(kernel));
  }

  /** Where the data of process `id` lies. */
  data(id = 0): AddrRange & { readonly firstPte: number; readonly pages: number } {
    const region = this.spaces[id].regions.find(({ name }) => name === 'data');
    if (region === undefined) throw new Error('no data region');
    return { ...region, pages: (region.end - region.start) / PAGE_BYTES };
  }

  /** First touch of pages [from, to) of the data of process `id`, from node `nid`. */
  touch(from: number, to: number, { id = 0, nid = 0 } = {}): void {
    const space = this.spaces[id];
    const { firstPte } = this.data(id);
    for (let pte = firstPte + from; pte < firstPte + to; pte++) {
      const vma = vmaOfEntry(space, pte);
      this.memory.listNew(vma, pte, this.memory.handleFault(space, vma, pte, nid), -1);
    }
  }

  /** Set the Accessed and Dirty bytes and the folio flags of page `page` of process `id`. */
  mark(page: number, { accessed = 0, flags = 0, dirty = 0 }, id = 0): void {
    const at = 4 * (this.data(id).firstPte + page);
    const { marks8 } = this.memory.image;
    marks8[at + Mark.accessed] = accessed;
    marks8[at + Mark.folio] = flags;
    marks8[at + Mark.dirty] = dirty;
  }

  /** A page that is there is written, as a CPU does that walks the page table. */
  write(page: number, id = 0): void {
    const pte = this.data(id).firstPte + page;
    const { pteFlags, marks8, pmdDirty } = this.memory.image;
    if ((pteFlags[pte] & Pte.huge) === 0) marks8[4 * pte + Mark.dirty] = 1;
    else pmdDirty[Math.floor(pte / PTES_PER_PMD)] = 1;
  }

  /** Node of each data page of process `id`, -1 where none is mapped. */
  nids(id = 0): number[] {
    const { firstPte, pages } = this.data(id);
    const { pteFlags } = this.memory.image;
    return Array.from({ length: pages }, (_, i) => {
      const flags = pteFlags[firstPte + i];
      return (flags & Pte.present) === 0 ? -1 : flags & Pte.nidMask;
    });
  }

  /** Pages in use on each node. */
  used(): number[] {
    return this.#nodes.map((pages, nid) => pages - this.memory.frames.freeFrames(nid));
  }
}

/** A scheme as it stands when the core filters have said `verdict`. */
export function schemeOf(changes: Partial<SchemeConfig>, verdict: CoreVerdict = 'accept'): Scheme {
  const scheme = new Scheme({ ...STAT_EVERYTHING, ...changes });
  scheme.coreVerdict = verdict;
  return scheme;
}

function topologyOf(nodes: readonly number[]): Topology {
  const square = (near: number, far: number) => nodes.map((_, i) => nodes.map((__, j) => (i === j ? near : far)));
  return {
    name: 'lab',
    nodes: nodes.map((pages, nid) => ({ cpus: nid === 0 ? 1 : 0, memoryBytes: pages * PAGE_BYTES })),
    distance: square(10, 20),
    latencyNs: square(1, 2),
  };
}
