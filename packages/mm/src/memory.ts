import { PAGE_BYTES, PTES_PER_PMD, RunError } from '@damonlab/base';
import type { AddressSpace, Vma } from './address-space.js';
import { FrameAllocator } from './frame-allocator.js';
import { Mark, type MemoryImage } from './image.js';
import { LruAddBatches } from './lru-add-batches.js';
import { type LruGroups, LruLists } from './lru-lists.js';
import type { Memcg } from './memcgs.js';
import type { Placement } from './mempolicy.js';
import type { MemoryPressure } from './pressure.js';
import { Pte, ptePlain } from './pte.js';
import { anonymous, ThpAdvice, type ThpMode, thpSuitable } from './thp.js';
import type { Topology } from './topology.js';
import { type Watermarks, watermarksOf } from './watermarks.js';

const PMD_ORDER = 9;

/** Event counters with the names of /proc/vmstat. */
export interface VmCounters {
  pgfault: number;
  thp_fault_alloc: number;
  thp_fault_fallback: number;
  /** Base pages that moved to another node, and that should have. */
  pgmigrate_success: number;
  pgmigrate_fail: number;
  /** Base pages that became active or inactive. */
  pgactivate: number;
  pgdeactivate: number;
  /** Huge pages made of base pages, and the other way. */
  thp_collapse_alloc: number;
  thp_split_page: number;
}

/**
 * What became of a wish to move a page. `refused`: nothing was tried (nothing mapped there, watermark of the target node, page on no LRU
 * list yet); `failed`: the target node had no frame after all.
 */
export type MigrateOutcome = 'migrated' | 'refused' | 'failed';

/** Where frames come from when memory is short. */
export interface PageReclaim {
  /** How long tasks waited for memory. */
  readonly pressure: MemoryPressure;
  /**
   * Charge `pages` more to the cgroups of `space`, `mayReclaim`: at the price of others in there. Returns the cgroup that has no room;
   * undefined: they are charged.
   */
  charge(space: AddressSpace, pages: number, mayReclaim: boolean): Memcg | undefined;
  /** When what is going on now happens. */
  nowNs: number;
  /** One frame from the first of the nodes that can spare one, -1: none can. */
  allocate(nids: readonly number[]): number;
  /** Whether node `nid` can spare so many frames at once. */
  hasRoom(nid: number, pages: number): boolean;
  /** A frame of node `nid` was taken without asking, or there was none to take. */
  taken(nid: number): void;
  /** Whether NUMA balancing promotes hot pages now: more room is made for them. */
  tiering: boolean;
  /** A page was to be brought to node `nid`, which is below its high watermark. */
  refused(nid: number): void;
  /** What the task at hand has waited for memory since the last call, ns. */
  takeStallNs(): number;
  /** Whether the page of `pte` was taken out of memory. */
  isOut(pte: number): boolean;
  /** The node that it was on then. */
  nidOf(pte: number): number;
  /** Take folios out, by their entries, whoever wants them. Returns the base pages that went. */
  reclaimPages(entries: Uint32Array, length: number): number;
  /**
   * Its process has given up the contents of the page of `pte` by MADV_FREE. Returns whether a translation of it has to be dropped.
   */
  free(pte: number): boolean;
  /** It is mapped again; `wanted`: by a fault, which waits for it. */
  cameBack(pte: number, wanted: boolean): void;
  /** The process of entry `pte` is gone. */
  drop(pte: number): void;
}

/**
 * The memory of the machine as the coordinator sees and changes it. CPUs read the same image while a round runs and
 * report faults; between rounds, `handleFault` resolves them one after the other.
 */
export class Memory {
  readonly image: MemoryImage;
  readonly frames: FrameAllocator;
  readonly counters: VmCounters = {
    pgfault: 0,
    thp_fault_alloc: 0,
    thp_fault_fallback: 0,
    pgmigrate_success: 0,
    pgmigrate_fail: 0,
    pgactivate: 0,
    pgdeactivate: 0,
    thp_collapse_alloc: 0,
    thp_split_page: 0,
  };
  /** Changes whenever a page-table entry does, but for arming and disarming. */
  generation = 0;
  /** Base pages that have migrated since the start, by node and then by the node that they went to. */
  readonly moved: readonly Float64Array[];
  /** Pages that are on no LRU list yet. */
  readonly lruAdd: LruAddBatches;
  /** Null: nobody asks which pages are used least. */
  lru: LruLists | null = null;
  /** Null: what is full is full. */
  reclaim: PageReclaim | null = null;
  /** Folios that no process has mapped, behind the entries of all that one has; null: there are none. */
  pageCache: AddressSpace | null = null;
  /** Told of each page that has moved, by its entries [first, end); null: nobody wants to know. */
  onMove: ((first: number, end: number, from: number, to: number) => void) | null = null;
  /** By node. */
  readonly watermarks: readonly Watermarks[];
  /** By address space, where its policy wants pages; left out: by their first touch. */
  readonly placements: (Placement | undefined)[] = [];
  /** By PMD, `ThpAdvice`. */
  readonly thpAdvice: Uint8Array;
  readonly #thp: ThpMode;
  readonly #rss: number[] = [];

  constructor(
    topology: Topology,
    image: MemoryImage,
    thp: ThpMode,
    lruAdd = new LruAddBatches([]),
    frames = new FrameAllocator(topology, image.frameLink),
  ) {
    this.image = image;
    this.lruAdd = lruAdd;
    this.frames = frames;
    this.watermarks = watermarksOf(topology);
    this.moved = topology.nodes.map(() => new Float64Array(topology.nodes.length));
    this.#thp = thp;
    this.thpAdvice = new Uint8Array(image.pmdAccessed.length);
  }

  /**
   * First touch of an entry: place the page on `nid` (the faulting CPU's node) or the nearest node with room, mapped by a
   * PMD where huge pages are on and the aligned 2 MiB around it is still empty. Nothing happens when another CPU was first.
   *
   * @kernel mm/memory.c do_anonymous_page, do_swap_page, mm/huge_memory.c do_huge_pmd_anonymous_page (7.3, 6.12)
   * @returns how many new pages it mapped; 0 for one that was out and has come back.
   * @throws RunError when no node has a free frame.
   */
  handleFault(space: AddressSpace, vma: Vma, pte: number, nid: number): number {
    if ((this.image.pteFlags[pte] & Pte.present) !== 0) return 0;
    this.counters.pgfault++;
    const isOut = this.reclaim?.isOut(pte) === true;
    if (!isOut && this.#mayBeHuge(vma, pte) && this.#mapHuge(space, pte, this.nodesFor(space, vma, pte, PMD_ORDER, nid)[0])) {
      this.countRss(space, PTES_PER_PMD);
      return PTES_PER_PMD;
    }
    this.mapPage(space, pte, this.nodesFor(space, vma, pte, 0, nid));
    if (isOut) this.reclaim?.cameBack(pte, true);
    return isOut ? 0 : 1;
  }

  /** Nodes for the page of `pte`, which a CPU of node `nid` touches, the wanted one first. @kernel mm/mempolicy.c alloc_pages_mpol */
  nodesFor(space: AddressSpace, vma: Vma, pte: number, order: number, nid: number): readonly number[] {
    return this.placements[space.id]?.nodesFor(vma, pte, order, nid) ?? this.frames.zonelist(nid);
  }

  /** @kernel include/linux/huge_mm.h thp_vma_allowable_order (7.3, 6.12) */
  #mayBeHuge(vma: Vma, pte: number): boolean {
    const advice = this.thpAdvice[Math.floor(pte / PTES_PER_PMD)];
    if (advice === ThpAdvice.no || this.#thp === 'never' || (this.#thp === 'madvise' && advice !== ThpAdvice.huge)) return false;
    return thpSuitable(this.image, vma, pte) && !this.anyOut(pte);
  }

  /** Whether a page of the 2 MiB around `pte` was taken out of memory. */
  anyOut(pte: number): boolean {
    if (this.reclaim === null) return false;
    const first = pte - (pte % PTES_PER_PMD);
    for (let i = first; i < first + PTES_PER_PMD; i++) if (this.reclaim.isOut(i)) return true;
    return false;
  }

  /**
   * Map a page by `pte`, from the first of `nids` with room.
   * @throws RunError when none has a free frame, or the cgroup of the process no room.
   */
  mapPage(space: AddressSpace, pte: number, nids: readonly number[]): void {
    const full = this.reclaim?.charge(space, 1, true);
    if (full !== undefined) throw outOfMemcg(full, space);
    const pfn = this.reclaim === null ? this.frames.allocate(nids) : this.reclaim.allocate(nids);
    if (pfn < 0) {
      const full =
        nids.length === this.watermarks.length
          ? 'all nodes are full'
          : `full: ${nids.map((nid) => `node ${nid}`).join(', ')}; its memory policy allows no other node`;
      throw new RunError(`out of memory: no free frame for entry ${pte} of address space ${space.id} (${full})`);
    }
    this.#map(pte, pfn, this.frames.nidOf(pfn), 0);
    this.countRss(space, 1);
  }

  /**
   * What a fault mapped by `pte` goes to the LRU lists: a base page of anonymous memory through the batch of `cpu` (-1: at once).
   * @kernel mm/swap.c folio_add_lru (7.3, 6.12)
   */
  listNew(vma: Vma, pte: number, mapped: number, cpu: number): void {
    if (mapped === 0 || vma.role === 'vdso') return;
    if (mapped > 1 && cpu >= 0) this.lruAdd.drain(cpu);
    if (mapped === 1 && cpu >= 0 && anonymous(vma)) this.lruAdd.add(cpu, pte);
    else this.lru?.add(this.headOf(pte), { file: !anonymous(vma), large: mapped > 1 });
  }

  /** Entry `pte` of the page cache holds frame `pfn`, which was taken before: a file that was read once. */
  adopt(space: AddressSpace, pte: number, pfn: number): void {
    this.#map(pte, pfn, this.frames.nidOf(pfn), 0);
    this.countRss(space, 1);
    this.lru?.add(pfn, { file: true, large: false });
  }

  /** Whether a process maps the folio of `pte`. @kernel folio_mapped */
  isMapped(pte: number): boolean {
    return this.pageCache === null || pte < this.pageCache.firstPte;
  }

  /** Ask from now on which pages are used least; `groups`: of each memory cgroup by itself. */
  keepLru(groups?: LruGroups): void {
    const { image, frames } = this;
    this.lru = new LruLists(image.frameLink.length, this.watermarks.length, (pfn) => frames.nidOf(pfn), PTES_PER_PMD, groups);
    this.lruAdd.onListed = (pte) => {
      if ((image.pteFlags[pte] & Pte.present) !== 0) this.lru?.add(this.headOf(pte), { file: false, large: false });
    };
  }

  /** Whether `pte` maps a folio on an active list. */
  isActive(pte: number): boolean {
    return this.lru?.isActive(this.headOf(pte)) ?? false;
  }

  /** First frame of the folio that `pte` maps. */
  headOf(pte: number): number {
    return this.image.ptePfn[this.extent(pte).first];
  }

  /**
   * Take the folio that `pte` maps out of memory. Its marks of the machine go with it, the truth stays; translations and arms are the
   * caller's business. @kernel mm/rmap.c try_to_unmap (7.3, 6.12)
   */
  unmap(space: AddressSpace, pte: number): void {
    const { image, frames } = this;
    const { first, end } = this.extent(pte);
    this.lru?.remove(image.ptePfn[first]);
    if (end - first > 1) {
      frames.releaseHuge(image.ptePfn[first]);
      const pmd = first / PTES_PER_PMD;
      image.pmdAccessed[pmd] = 0;
      image.pmdDirty[pmd] = 0;
    } else frames.release(image.ptePfn[first]);
    for (let i = first; i < end; i++) {
      image.pteFlags[i] = 0;
      image.marks8[4 * i + Mark.accessed] = 0;
      image.marks8[4 * i + Mark.dirty] = 0;
      image.marks8[4 * i + Mark.folio] = 0;
    }
    this.countRss(space, first - end);
    this.generation++;
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

  /** The address space maps so many base pages more. */
  countRss(space: AddressSpace, pages: number): void {
    this.#rss[space.id] = this.rssPages(space) + pages;
  }

  /** Base pages of an address space that are mapped. @kernel get_mm_rss */
  rssPages(space: AddressSpace): number {
    return this.#rss[space.id] ?? 0;
  }

  /**
   * Move what `pte` maps to node `nid`, because it was touched from there: contents, marks and arming stay, the frame changes. The TLBs
   * are the caller's business.
   *
   * @kernel mm/migrate.c migrate_misplaced_folio_prepare, migrate_misplaced_folio (7.3, 6.12)
   */
  migrate(pte: number, nid: number): MigrateOutcome {
    if (!this.isolable(pte) || (this.image.pteFlags[pte] & Pte.nidMask) === nid) return 'refused';
    if (this.frames.freeFrames(nid) <= this.watermarks[nid].high + this.pagesOf(pte)) {
      this.reclaim?.refused(nid);
      return 'refused';
    }
    return this.#move(pte, nid) ? 'migrated' : 'failed';
  }

  /**
   * The same on request, for a page that is `isolable` and elsewhere. It never waits for memory: below its least watermark the target node
   * gives none. Returns whether the page moved.
   *
   * @kernel mm/migrate.c migrate_pages with MIGRATE_ASYNC, mm/vmscan.c alloc_migrate_folio (7.3, 6.12)
   */
  migrateFolio(pte: number, nid: number): boolean {
    if (this.hasFramesFor(pte, nid)) return this.#move(pte, nid);
    this.reclaim?.taken(nid);
    this.counters.pgmigrate_fail += this.pagesOf(pte);
    return false;
  }

  /** Whether node `nid` gives frames for what `pte` maps to who does not wait for them. */
  hasFramesFor(pte: number, nid: number): boolean {
    return this.frames.freeFrames(nid) - (this.pagesOf(pte) - 1) > this.watermarks[nid].min;
  }

  /** Whether the machine has memory node `nid`. */
  hasNode(nid: number): boolean {
    return nid >= 0 && nid < this.watermarks.length;
  }

  /** Whether `pte` maps a folio that can be taken off an LRU list. @kernel mm/vmscan.c folio_isolate_lru */
  isolable(pte: number): boolean {
    return (this.image.pteFlags[pte] & Pte.present) !== 0 && !this.lruAdd.has(pte);
  }

  /** Base pages of the folio that `pte` maps. */
  pagesOf(pte: number): number {
    return (this.image.pteFlags[pte] & Pte.huge) === 0 ? 1 : PTES_PER_PMD;
  }

  /** Give what `pte` maps frames of node `nid`; false: it has none. */
  #move(pte: number, nid: number): boolean {
    const { image, frames, counters } = this;
    const flags = image.pteFlags[pte];
    const { first, end } = this.extent(pte);
    const nrPages = end - first;
    const huge = nrPages > 1;
    const to = huge ? frames.allocateHuge(nid) : frames.allocateOn(nid);
    if (to < 0) {
      counters.pgmigrate_fail += nrPages;
      return false;
    }
    const from = image.ptePfn[first];
    const moved = (flags & ~Pte.nidMask) | nid;
    for (let i = 0; i < nrPages; i++) {
      image.ptePfn[first + i] = to + i;
      image.pteFlags[first + i] = moved;
      image.frameLink[to + i] = first + i;
    }
    if (huge) frames.releaseHuge(from);
    else frames.release(from);
    this.lru?.replace(from, to);
    this.reclaim?.taken(nid);
    this.generation++;
    counters.pgmigrate_success += nrPages;
    this.onMove?.(first, end, flags & Pte.nidMask, nid);
    this.moved[flags & Pte.nidMask][nid] += nrPages;
    return true;
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
        this.reclaim?.drop(pte);
        if ((flags & Pte.present) === 0) continue;
        if ((flags & Pte.huge) === 0 || pte % PTES_PER_PMD === 0) this.lru?.remove(image.ptePfn[pte]);
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

  #mapHuge(space: AddressSpace, pte: number, nid: number): boolean {
    const refused = this.reclaim?.hasRoom(nid, PTES_PER_PMD) === false || this.reclaim?.charge(space, PTES_PER_PMD, false) !== undefined;
    const pfn = refused ? -1 : this.frames.allocateHuge(nid);
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

function outOfMemcg({ path, maxPages }: Memcg, { id }: AddressSpace): RunError {
  const limit = `memory cgroup ${path} has reached its memory.max of ${maxPages * PAGE_BYTES} bytes`;
  return new RunError(
    `out of memory: ${limit}, and nothing of it can be reclaimed (a page for address space ${id}; what is no file needs swap space)`,
  );
}
