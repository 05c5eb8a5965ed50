import { RunError } from '@damonlab/base';
import { FrameAllocator, type NodeFrames } from './frame-allocator.js';
import type { Topology } from './topology.js';

/** i32 words of one node. Writers and readers: who owns the lock; the lock itself: all, atomic. */
const NODE_WORDS = 4;
const Slot = { next: 0, freeBase: 1, freeHuge: 2, free: 3 } as const;
/** The lock, before the nodes. */
const LOCK = 0;
const Lock = { free: 0, owned: 1, /** Somebody sleeps until it is given back. */ wanted: 2 } as const;
const FIRST_NODE = 16;
/** Looks before the thread sleeps: what is done under the lock takes less. A wake-up takes a hundred times as long. */
const SPINS = 1000;
/** A sleep, ms; so many of them, and the owner is gone: thirty seconds. */
const WAIT_MS = 10;
const MOST_WAITS = 3000;

/** i32 words that the frames of a machine with so many nodes need. */
export function lockedFramesWords(nodes: number): number {
  return FIRST_NODE + nodes * NODE_WORDS;
}

/** The frame allocator for several threads: its state is shared, and guarded by one lock. @kernel zone->lock */
export class LockedFrames extends FrameAllocator {
  readonly #words: Int32Array;

  /** `fresh`: nothing is allocated yet; the other threads open what is there. */
  constructor(topology: Topology, link: Uint32Array, words: Int32Array, fresh: boolean) {
    super(topology, link, (nid, start) => {
      const kept = new SharedNode(start, words.subarray(FIRST_NODE + nid * NODE_WORDS, FIRST_NODE + (nid + 1) * NODE_WORDS));
      if (fresh) Object.assign(kept, { next: start.next, freeBase: start.freeBase, freeHuge: start.freeHuge, free: start.free });
      return kept;
    });
    this.#words = words;
  }

  override allocate(nids: readonly number[]): number {
    return this.#locked(() => super.allocate(nids));
  }

  override allocateOn(nid: number): number {
    return this.#locked(() => super.allocateOn(nid));
  }

  override allocateHuge(nid: number): number {
    return this.#locked(() => super.allocateHuge(nid));
  }

  override release(pfn: number): void {
    this.#locked(() => super.release(pfn));
  }

  override releaseHuge(pfn: number): void {
    this.#locked(() => super.releaseHuge(pfn));
  }

  #locked<T>(use: () => T): T {
    const words = this.#words;
    this.#lock();
    try {
      return use();
    } finally {
      if (Atomics.exchange(words, LOCK, Lock.free) === Lock.wanted) Atomics.notify(words, LOCK, 1);
    }
  }

  #lock(): void {
    const words = this.#words;
    for (let spins = 0; spins < SPINS; spins++) {
      if (Atomics.compareExchange(words, LOCK, Lock.free, Lock.owned) === Lock.free) return;
    }
    for (let waits = 0; Atomics.exchange(words, LOCK, Lock.wanted) !== Lock.free; waits++) {
      if (waits > MOST_WAITS) throw new RunError('the free lists stay locked: the thread that owns them is gone');
      Atomics.wait(words, LOCK, Lock.wanted, WAIT_MS);
    }
  }
}

/** What is known of a node, in shared words. */
class SharedNode implements NodeFrames {
  readonly first: number;
  readonly end: number;
  readonly #words: Int32Array;

  constructor({ first, end }: NodeFrames, words: Int32Array) {
    this.first = first;
    this.end = end;
    this.#words = words;
  }

  get next(): number {
    return this.#words[Slot.next];
  }
  set next(pfn: number) {
    this.#words[Slot.next] = pfn;
  }

  get freeBase(): number {
    return this.#words[Slot.freeBase];
  }
  set freeBase(link: number) {
    this.#words[Slot.freeBase] = link;
  }

  get freeHuge(): number {
    return this.#words[Slot.freeHuge];
  }
  set freeHuge(link: number) {
    this.#words[Slot.freeHuge] = link;
  }

  get free(): number {
    return this.#words[Slot.free];
  }
  set free(frames: number) {
    this.#words[Slot.free] = frames;
  }
}
