import { PAGE_BYTES, PTES_PER_PMD, RunError } from '@damonlab/base';
import type { AddressSpace, Vma } from './address-space.js';
import { FrameAllocator } from './frame-allocator.js';
import type { MemoryImage } from './image.js';
import { LruAddBatches } from './lru-add-batches.js';
import { Pte, ptePlain } from './pte.js';
import { thpSuitable } from './thp.js';
import type { Topology } from './topology.js';
import { type Watermarks, watermarksOf } from './watermarks.js';

/** Event counters with the names of /proc/vmstat. */
export interface VmCounters {
  pgfault: number;
  thp_fault_alloc: number;
  thp_fault_fallback: number;
}

/**
 * What became of a wish to move a page. `refused`: nothing was tried (nothing mapped there, watermark of the target node, page on no LRU
 * list yet); `failed`: the target node had no frame after all.
 */
export type MigrateOutcome = 'migrated' | 'refused' | 'failed';

/**
 * The memory of the machine as the coordinator sees and changes it. CPUs read the same image while a round runs and
 * report faults; between rounds, `handleFault` resolves them one after the other.
 */
export class Memory {
  readonly image: MemoryImage;
  readonly frames: FrameAllocator;
  readonly counters: VmCounters = { pgfault: 0, thp_fault_alloc: 0, thp_fault_fallback: 0 };
  /** Changes whenever a page-table entry does, but for arming and disarming. */
  generation = 0;
  /** Pages that are on no LRU list yet. */
  readonly lruAdd: LruAddBatches;
  /** By node. */
  readonly watermarks: readonly Watermarks[];
  readonly #thp: boolean;
  readonly #rss: number[] = [];

  constructor(
    topology: Topology,
    image: MemoryImage,
    thp: 'never' | 'always',
    lruAdd = new LruAddBatches([]),
    frames = new FrameAllocator(topology, image.frameLink),
  ) {
    this.image = image;
    this.lruAdd = lruAdd;
    this.frames = frames;
    this.watermarks = watermarksOf(topology);
    this.#thp = thp === 'always';
  }

  /**
   * First touch of an entry: place the page on `nid` (the faulting CPU's node) or the nearest node with room, mapped by a
   * PMD where huge pages are on and the aligned 2 MiB around it is still empty. Nothing happens when another CPU was first.
   *
   * @kernel mm/memory.c do_anonymous_page, mm/huge_memory.c do_huge_pmd_anonymous_page (7.3, 6.12)
   * @returns how many pages it mapped.
   * @throws RunError when no node has a free frame.
   */
  handleFault(space: AddressSpace, vma: Vma, pte: number, nid: number): number {
    if ((this.image.pteFlags[pte] & Pte.present) !== 0) return 0;
    this.counters.pgfault++;
    if (this.#thp && thpSuitable(this.image, vma, pte) && this.#mapHuge(pte, nid)) {
      this.#rss[space.id] = this.rssPages(space) + PTES_PER_PMD;
      return PTES_PER_PMD;
    }
    const pfn = this.frames.allocate(nid);
    if (pfn < 0) {
      throw new RunError(`out of memory: no free frame for entry ${pte} of address space ${space.id} (all nodes are full)`);
    }
    this.#map(pte, pfn, this.frames.nidOf(pfn), 0);
    this.#rss[space.id] = this.rssPages(space) + 1;
    return 1;
  }

  /**
   * Take access away from what `pte` maps: the next touch is a hinting fault. Under a PMD that is the whole 2 MiB. The TLBs
   * are the caller's business.
   *
   * @kernel mm/mprotect.c change_protection with MM_CP_PROT_NUMA, change_huge_pmd (7.3, 6.12)
   * @returns false when nothing is mapped there, or it is armed already.
   */
  arm(pte: number): boolean {
    const flags = this.image.pteFlags[pte];
    if (!ptePlain(flags)) return false;
    this.#protect(pte, flags | Pte.protNone);
    return true;
  }

  /** Give access back. Returns false when nothing was armed there. @kernel mm/memory.c numa_rebuild_single_mapping (7.3, 6.12) */
  disarm(pte: number): boolean {
    const flags = this.image.pteFlags[pte];
    if ((flags & Pte.protNone) === 0) return false;
    this.#protect(pte, flags & ~Pte.protNone);
    return true;
  }

  /** The entries that change together with `pte`: itself, or all under its PMD. */
  extent(pte: number): { first: number; end: number } {
    if ((this.image.pteFlags[pte] & Pte.huge) === 0) return { first: pte, end: pte + 1 };
    const first = pte - (pte % PTES_PER_PMD);
    return { first, end: first + PTES_PER_PMD };
  }

  /** Base pages of an address space that are mapped. @kernel get_mm_rss */
  rssPages(space: AddressSpace): number {
    return this.#rss[space.id] ?? 0;
  }

  /**
   * Move what `pte` maps to node `nid`: contents, marks and arming stay, the frame changes. The TLBs are the caller's business.
   *
   * @kernel mm/migrate.c migrate_misplaced_folio_prepare, migrate_misplaced_folio (7.3, 6.12)
   */
  migrate(pte: number, nid: number): MigrateOutcome {
    const { image, frames } = this;
    const flags = image.pteFlags[pte];
    const { first, end } = this.extent(pte);
    const nrPages = end - first;
    if ((flags & Pte.present) === 0 || (flags & Pte.nidMask) === nid || this.lruAdd.has(pte)) return 'refused';
    if (frames.freeFrames(nid) <= this.watermarks[nid].high + nrPages) return 'refused';
    const huge = (flags & Pte.huge) !== 0;
    const to = huge ? frames.allocateHuge(nid) : frames.allocateOn(nid);
    if (to < 0) return 'failed';
    const from = image.ptePfn[first];
    const moved = (flags & ~Pte.nidMask) | nid;
    for (let i = 0; i < nrPages; i++) {
      image.ptePfn[first + i] = to + i;
      image.pteFlags[first + i] = moved;
      image.frameLink[to + i] = first + i;
    }
    if (huge) frames.releaseHuge(from);
    else frames.release(from);
    this.generation++;
    return 'migrated';
  }

  /** The process is gone: give its frames back. @kernel exit_mmap */
  exit(space: AddressSpace): void {
    const { image, frames } = this;
    this.#rss[space.id] = 0;
    this.generation++;
    for (const vma of space.vmas) {
      const end = vma.firstPte + (vma.end - vma.start) / PAGE_BYTES;
      for (let pte = vma.firstPte; pte < end; pte++) {
        const flags = image.pteFlags[pte];
        if ((flags & Pte.present) === 0) continue;
        if ((flags & Pte.huge) === 0) frames.release(image.ptePfn[pte]);
        else if (pte % PTES_PER_PMD === 0) frames.releaseHuge(image.ptePfn[pte]);
        image.pteFlags[pte] = 0;
      }
    }
  }

  #protect(pte: number, flags: number): void {
    const { first, end } = this.extent(pte);
    // Nearly always one entry: a call of `fill` takes ten times as long.
    if (end === first + 1) this.image.pteFlags[pte] = flags;
    else this.image.pteFlags.fill(flags, first, end);
  }

  #mapHuge(pte: number, nid: number): boolean {
    const pfn = this.frames.allocateHuge(nid);
    if (pfn < 0) {
      this.counters.thp_fault_fallback++;
      return false;
    }
    this.counters.thp_fault_alloc++;
    const first = pte - (pte % PTES_PER_PMD);
    for (let i = 0; i < PTES_PER_PMD; i++) this.#map(first + i, pfn + i, nid, Pte.huge);
    return true;
  }

  #map(pte: number, pfn: number, nid: number, extra: number): void {
    this.generation++;
    this.image.ptePfn[pte] = pfn;
    this.image.pteFlags[pte] = Pte.present | Pte.write | nid | extra;
    this.image.frameLink[pfn] = pte;
  }
}
