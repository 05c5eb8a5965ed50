import { assert, PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { Topology } from './topology.js';

/** End of a free list. Links are frame number + 1. */
const NO_LINK = 0;

/** Free memory of one node: never used frames behind `next`, and lists of returned ones. */
export interface NodeFrames {
  readonly first: number;
  readonly end: number;
  next: number;
  freeBase: number;
  freeHuge: number;
  free: number;
}

/**
 * Physical frames, node by node, in frames of 4 KiB and blocks of 2 MiB. Frame numbers run through the nodes in order.
 * Only the coordinator allocates, in virtual-time order of the faults, so the result is the same on any executor.
 *
 * What was never used is handed out in the order of its addresses, what was given back is used first, the last first.
 */
export class FrameAllocator {
  protected readonly nodes: NodeFrames[] = [];
  readonly #link: Uint32Array;
  /** For each node the nodes by rising distance, itself first. @kernel build_zonelists */
  readonly #zonelists: readonly (readonly number[])[];

  /** `keep`: where what is known of a node is kept, for `start`, nothing allocated yet; by default in this object. */
  constructor(topology: Topology, link: Uint32Array, keep: (nid: number, start: NodeFrames) => NodeFrames = (_, start) => start) {
    this.#link = link;
    let first = 0;
    topology.nodes.forEach((node, nid) => {
      const frames = node.memoryBytes / PAGE_BYTES;
      const start = { first, end: first + frames, next: first, freeBase: NO_LINK, freeHuge: NO_LINK, free: frames };
      this.nodes.push(keep(nid, start));
      first += frames;
    });
    assert(first === link.length, `${link.length} frame links for ${first} frames`);
    this.#zonelists = topology.nodes.map((_, nid) => byDistance(topology, nid));
  }

  /** Free frames of node `nid`. @kernel node_page_state NR_FREE_PAGES */
  freeFrames(nid: number): number {
    return this.nodes[nid].free;
  }

  /** Node that frame `pfn` belongs to. @kernel pfn_to_nid */
  nidOf(pfn: number): number {
    return this.nodes.findIndex((node) => pfn >= node.first && pfn < node.end);
  }

  /** Node `nid` and the others, by rising distance. @kernel node_zonelist */
  zonelist(nid: number): readonly number[] {
    return this.#zonelists[nid];
  }

  /** Frames of node `nid` that are never handed out. */
  keptFrames(_nid: number): number {
    return 0;
  }

  /** One frame, from the first of the nodes that has one. Returns its number, -1 when none has. */
  allocate(nids: readonly number[]): number {
    for (const candidate of nids) {
      const pfn = this.#taken(candidate, this.takeBase(candidate), 1);
      if (pfn >= 0) return pfn;
    }
    return -1;
  }

  /** One frame of node `nid` itself, -1 when it has none. @kernel __GFP_THISNODE */
  allocateOn(nid: number): number {
    return this.#taken(nid, this.takeBase(nid), 1);
  }

  /** 512 aligned frames from node `nid` itself, -1 when it has none in one piece. @kernel __GFP_THISNODE of THP faults */
  allocateHuge(nid: number): number {
    return this.#taken(nid, this.takeHuge(nid), PTES_PER_PMD);
  }

  /** Give one frame back. */
  release(pfn: number): void {
    const nid = this.nidOf(pfn);
    this.giveBase(nid, pfn);
    this.nodes[nid].free++;
  }

  /** Give a 2 MiB block back. */
  releaseHuge(pfn: number): void {
    const nid = this.nidOf(pfn);
    this.giveHuge(nid, pfn);
    this.nodes[nid].free += PTES_PER_PMD;
  }

  #taken(nid: number, pfn: number, frames: number): number {
    if (pfn >= 0) this.nodes[nid].free -= frames;
    return pfn;
  }

  /** A frame of node `nid`, -1: there is none. */
  protected takeBase(nid: number): number {
    const node = this.nodes[nid];
    if (node.freeBase !== NO_LINK) {
      const pfn = node.freeBase - 1;
      node.freeBase = this.#link[pfn];
      return pfn;
    }
    if (node.next < node.end) return node.next++;
    if (node.freeHuge === NO_LINK) return -1;
    const block = node.freeHuge - 1;
    node.freeHuge = this.#link[block];
    for (let i = PTES_PER_PMD - 1; i > 0; i--) this.#pushBase(node, block + i);
    return block;
  }

  /** 2 MiB of node `nid`, -1: there are none. */
  protected takeHuge(nid: number): number {
    const node = this.nodes[nid];
    if (node.freeHuge !== NO_LINK) {
      const pfn = node.freeHuge - 1;
      node.freeHuge = this.#link[pfn];
      return pfn;
    }
    const aligned = Math.ceil(node.next / PTES_PER_PMD) * PTES_PER_PMD;
    if (aligned + PTES_PER_PMD > node.end) return -1;
    for (let pfn = node.next; pfn < aligned; pfn++) this.#pushBase(node, pfn);
    node.next = aligned + PTES_PER_PMD;
    return aligned;
  }

  protected giveBase(nid: number, pfn: number): void {
    this.#pushBase(this.nodes[nid], pfn);
  }

  protected giveHuge(nid: number, pfn: number): void {
    const node = this.nodes[nid];
    this.#link[pfn] = node.freeHuge;
    node.freeHuge = pfn + 1;
  }

  #pushBase(node: NodeFrames, pfn: number): void {
    this.#link[pfn] = node.freeBase;
    node.freeBase = pfn + 1;
  }
}

function byDistance(topology: Topology, from: number): number[] {
  const nids = topology.nodes.map((_, nid) => nid);
  return nids.sort((a, b) => topology.distance[from][a] - topology.distance[from][b] || a - b);
}
