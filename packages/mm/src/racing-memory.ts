import type { AddressSpace, Vma } from './address-space.js';
import type { Claims } from './claims.js';
import type { MemoryImage } from './image.js';
import type { LockedFrames } from './locked-frames.js';
import { LruAddBatches, type PendingPages } from './lru-add-batches.js';
import { Memory, type MigrateOutcome } from './memory.js';
import type { ThpMode } from './thp.js';
import type { Topology } from './topology.js';

export interface RacingMemoryParts {
  readonly topology: Topology;
  readonly image: MemoryImage;
  readonly thp: ThpMode;
  readonly claims: Claims;
  readonly frames: LockedFrames;
  /** `LruAddBatches.filled`, and one byte per entry: 1 while its page is in a batch. Writers: the CPU that maps it. Readers: all. */
  readonly filled: readonly number[];
  readonly pending: Uint8Array;
  /** Base pages that are mapped, by thread and address space. Writer: that thread. Readers: all, who sum up. */
  readonly rss: Float64Array;
  readonly nrSpaces: number;
  /** Which of the threads this is. */
  readonly thread: number;
}

/**
 * The memory as one of several threads sees and changes it while the others run. Each thread has its own object on the same shared words,
 * counts for itself, and owns the claim byte of what it changes. Arming is `RacingHintFaults`' business, which claims for itself.
 */
export class RacingMemory extends Memory {
  /** First touches of this thread that came second. */
  lostFirstTouches = 0;
  readonly claims: Claims;
  readonly #parts: RacingMemoryParts;
  readonly #gone = new Set<number>();

  constructor(parts: RacingMemoryParts) {
    const { topology, image, thp, frames, filled, pending } = parts;
    super(topology, image, thp, new LruAddBatches(filled, new SharedPending(pending)), frames);
    this.claims = parts.claims;
    this.#parts = parts;
  }

  override handleFault(space: AddressSpace, vma: Vma, pte: number, nid: number): number {
    const claim = this.claims.take(pte);
    try {
      const mapped = super.handleFault(space, vma, pte, nid);
      if (mapped === 0) this.lostFirstTouches++;
      return mapped;
    } finally {
      this.claims.give(claim);
    }
  }

  override migrate(pte: number, nid: number): MigrateOutcome {
    const claim = this.claims.take(pte);
    try {
      return super.migrate(pte, nid);
    } finally {
      this.claims.give(claim);
    }
  }

  override migrateFolio(pte: number, nid: number): boolean {
    const claim = this.claims.take(pte);
    try {
      return super.migrateFolio(pte, nid);
    } finally {
      this.claims.give(claim);
    }
  }

  override unmap(space: AddressSpace, pte: number): void {
    const claim = this.claims.take(pte);
    try {
      super.unmap(space, pte);
    } finally {
      this.claims.give(claim);
    }
  }

  override countRss(space: AddressSpace, pages: number): void {
    const { rss, thread, nrSpaces } = this.#parts;
    rss[thread * nrSpaces + space.id] += pages;
  }

  override rssPages(space: AddressSpace): number {
    if (this.#gone.has(space.id)) return 0;
    let pages = 0;
    for (let at = space.id; at < this.#parts.rss.length; at += this.#parts.nrSpaces) pages += this.#parts.rss[at];
    return pages;
  }

  /** No thread of the process runs any more. */
  override exit(space: AddressSpace): void {
    super.exit(space);
    this.#gone.add(space.id);
  }
}

/** Pages that are in a batch, where all threads see them. */
class SharedPending implements PendingPages {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** More than none: nobody counts them together. */
  get size(): number {
    return 1;
  }

  has(pte: number): boolean {
    return pte >= 0 && this.#bytes[pte] === 1;
  }

  add(pte: number): void {
    this.#bytes[pte] = 1;
  }

  delete(pte: number): void {
    this.#bytes[pte] = 0;
  }
}
