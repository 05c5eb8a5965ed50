import { FrameAllocator } from './frame-allocator.js';
import { Taken } from './other-memory.js';
import type { Topology } from './topology.js';

/** Largest free block: 2^10 frames, 4 MiB. @kernel include/linux/mmzone.h MAX_PAGE_ORDER (7.3, 6.12) */
const MAX_ORDER = 10;
const NR_ORDERS = MAX_ORDER + 1;
/** Order of the frames that a PMD maps. */
const PMD_ORDER = 9;
/** No free block begins at this frame. */
const NO_BLOCK = -1;

/**
 * The kernel's own allocator, for machines on which other memory was taken before: per node a list of free blocks of each order. The
 * smallest block that is large enough is split, so a program gets what is left between other memory first, in pieces. After boot the lists
 * are in the order of addresses; what is given back is joined with its neighbours and goes to the front. One migrate type, one zone a
 * node, no lists by CPU.
 *
 * @kernel mm/page_alloc.c __rmqueue_smallest, expand, __free_one_page (7.3, 6.12)
 */
export class BuddyAllocator extends FrameAllocator {
  /** Order of the free block that begins at a frame. */
  readonly #order: Int8Array;
  /** Rings of free blocks through a head for each node and order, numbered behind the frames. */
  readonly #next: Uint32Array;
  readonly #prev: Uint32Array;
  readonly #nrFrames: number;
  readonly #kept: readonly number[];

  /** `taken`: what each frame was taken for before (`Taken`). */
  constructor(topology: Topology, link: Uint32Array, taken: Uint8Array) {
    super(topology, link);
    const heads = topology.nodes.length * NR_ORDERS;
    this.#nrFrames = link.length;
    this.#order = new Int8Array(link.length).fill(NO_BLOCK);
    this.#next = Uint32Array.from({ length: link.length + heads }, (_, i) => i);
    this.#prev = this.#next.slice();
    this.#kept = this.nodes.map(({ first, end }) => taken.subarray(first, end).filter((by) => by === Taken.kernel).length);
    for (const [nid, { first, end }] of this.nodes.entries()) this.nodes[nid].free = this.#freeAfterBoot(nid, taken, first, end);
  }

  override keptFrames(nid: number): number {
    return this.#kept[nid];
  }

  protected override takeBase(nid: number): number {
    return this.#take(nid, 0);
  }

  protected override takeHuge(nid: number): number {
    return this.#take(nid, PMD_ORDER);
  }

  protected override giveBase(nid: number, pfn: number): void {
    this.#give(nid, pfn, 0);
  }

  protected override giveHuge(nid: number, pfn: number): void {
    this.#give(nid, pfn, PMD_ORDER);
  }

  /** Puts what of [first, end) is not taken on the lists, as large blocks as it goes. @kernel mm/memblock.c __free_pages_memory */
  #freeAfterBoot(nid: number, taken: Uint8Array, first: number, end: number): number {
    let free = 0;
    for (let pfn = first; pfn < end; ) {
      if (taken[pfn] !== Taken.nobody) {
        pfn++;
        continue;
      }
      let order = 0;
      while (order < MAX_ORDER && pfn % (2 << order) === 0 && isFree(taken, pfn + (1 << order), pfn + (2 << order), end)) order++;
      this.#add(nid, pfn, order, false);
      free += 1 << order;
      pfn += 1 << order;
    }
    return free;
  }

  #take(nid: number, wanted: number): number {
    let order = wanted;
    while (order <= MAX_ORDER && this.#next[this.#head(nid, order)] >= this.#nrFrames) order++;
    if (order > MAX_ORDER) return -1;
    const block = this.#next[this.#head(nid, order)];
    this.#remove(block);
    while (order > wanted) {
      order--;
      this.#add(nid, block + (1 << order), order, true);
    }
    return block;
  }

  #give(nid: number, pfn: number, given: number): void {
    let block = pfn;
    let order = given;
    while (order < MAX_ORDER && this.#isBlock(nid, buddyOf(block, order), order)) {
      const buddy = buddyOf(block, order);
      this.#remove(buddy);
      block = Math.min(block, buddy);
      order++;
    }
    this.#add(nid, block, order, !this.#mayJoinSoon(nid, block, order));
  }

  /** Whether the block would be joined twice if its buddy came: then it is better left alone. @kernel mm/page_alloc.c buddy_merge_likely */
  #mayJoinSoon(nid: number, block: number, order: number): boolean {
    if (order >= MAX_ORDER - 1) return false;
    const joined = Math.min(block, buddyOf(block, order));
    return this.#isBlock(nid, buddyOf(joined, order + 1), order + 1);
  }

  #isBlock(nid: number, pfn: number, order: number): boolean {
    const { first, end } = this.nodes[nid];
    return pfn >= first && pfn < end && this.#order[pfn] === order;
  }

  #head(nid: number, order: number): number {
    return this.#nrFrames + nid * NR_ORDERS + order;
  }

  #add(nid: number, pfn: number, order: number, front: boolean): void {
    const head = this.#head(nid, order);
    const after = front ? head : this.#prev[head];
    const before = this.#next[after];
    this.#next[pfn] = before;
    this.#prev[pfn] = after;
    this.#next[after] = pfn;
    this.#prev[before] = pfn;
    this.#order[pfn] = order;
  }

  #remove(pfn: number): void {
    const next = this.#next[pfn];
    const prev = this.#prev[pfn];
    this.#next[prev] = next;
    this.#prev[next] = prev;
    this.#order[pfn] = NO_BLOCK;
  }
}

/** @kernel mm/internal.h __find_buddy_pfn */
function buddyOf(pfn: number, order: number): number {
  return pfn % (2 << order) === 0 ? pfn + (1 << order) : pfn - (1 << order);
}

/** Whether [from, to) lies before `end` and nobody has any of it. */
function isFree(taken: Uint8Array, from: number, to: number, end: number): boolean {
  if (to > end) return false;
  for (let pfn = from; pfn < to; pfn++) if (taken[pfn] !== Taken.nobody) return false;
  return true;
}
