import { takeReferenced } from './accessed.js';
import type { Demotion } from './demotion.js';
import { Lazyfree } from './lazyfree.js';
import { Lru, type LruLists } from './lru-lists.js';
import type { Memory, PageReclaim } from './memory.js';
import { MemoryPressure } from './pressure.js';
import { ProcessCounters, type ProcessCounts } from './process-counters.js';
import { Pte } from './pte.js';
import { noReclaimCounters, type ReclaimCounters } from './reclaim-counters.js';
import { mappedEntry } from './reverse-map.js';
import { Swap } from './swap.js';
import { anonymous } from './thp.js';
import type { VmaIndex } from './vma-index.js';

/** What reclaim has to do with. Times in virtual ns. */
export interface ReclaimParts {
  readonly memory: Memory;
  readonly vmas: VmaIndex;
  /** Base pages of swap space; 0: anonymous memory stays. */
  readonly swapPages: number;
  readonly cost: ReclaimCost;
  /** Left out: nothing is demoted. */
  readonly demotion?: Demotion;
  /** What [first, end) mapped is gone: its translations and arms are void. */
  readonly unmapped: (first: number, end: number) => void;
}

export interface ReclaimCost {
  /** Of looking at a folio on a list. */
  readonly scanNs: number;
  /** Of writing a base page out. */
  readonly outNs: number;
  /** Of reading one in: what a major fault takes longer than a minor one. */
  readonly inNs: number;
  /** Of moving one to another node. */
  readonly demoteNs: number;
}

/** @kernel include/linux/swap.h SWAP_CLUSTER_MAX */
const CLUSTER = 32;
/** @kernel include/linux/mmzone.h DEF_PRIORITY */
const DEF_PRIORITY = 12;
/** @kernel mm/page_alloc.c MAX_RECLAIM_RETRIES */
const MAX_RETRIES = 16;
const PAGES_PER_GIB = 2 ** 18;

/** Who takes pages out: kswapd, a task that needs memory, or whoever hands folios to `reclaimPages`. */
type Who = 'kswapd' | 'direct' | 'pageout';
type Shrinker = Exclude<Who, 'pageout'>;
const DEMOTE = { kswapd: 'pgdemote_kswapd', direct: 'pgdemote_direct' } as const;
const STEAL = { kswapd: 'pgsteal_kswapd', direct: 'pgsteal_direct', pageout: 'pageout' } as const;

/**
 * Takes pages out of memory when it gets short: kswapd below the low watermark of a node until the high one is reached, a faulting task by
 * itself below the least.
 *
 * @kernel mm/vmscan.c shrink_lruvec, shrink_folio_list, balance_pgdat; mm/page_alloc.c get_page_from_freelist (7.3, 6.12: in outline)
 */
export class Reclaim implements PageReclaim {
  readonly pressure = new MemoryPressure();
  readonly counters = noReclaimCounters();
  readonly byProcess: ProcessCounters;
  nowNs = 0;
  tiering = false;
  /** How long kswapd has worked since the start. */
  kswapdNs = 0;
  readonly #parts: ReclaimParts;
  readonly #lru: LruLists;
  readonly #swap: Swap;
  readonly #lazyfree: Lazyfree;
  /** By node: kswapd has been woken and has not reached its aim. */
  readonly #awake: boolean[];
  /** What the task at hand has waited, ns. */
  #stallNs = 0;
  /** Until when kswapd has worked in this epoch, and for how long. */
  #workedUntilNs = 0;
  #workedNs = 0;

  constructor(parts: ReclaimParts) {
    const { memory, vmas, swapPages } = parts;
    if (memory.lru === null) memory.keepLru();
    this.#parts = parts;
    this.#lru = memory.lru as LruLists;
    this.#lazyfree = new Lazyfree(memory, this.#lru, vmas);
    this.byProcess = new ProcessCounters(vmas);
    this.#swap = new Swap(swapPages, memory.image.pteFlags.length, memory.watermarks.length);
    this.#awake = memory.watermarks.map(() => false);
  }

  takeStallNs(): number {
    const ns = this.#stallNs;
    this.#stallNs = 0;
    return ns;
  }

  get swapPages(): number {
    return this.#parts.swapPages;
  }

  /** Base pages in swap space that nobody uses. */
  get freeSwap(): number {
    return this.#swap.free;
  }

  isOut(pte: number): boolean {
    return this.#swap.nidOf(pte) >= 0;
  }

  nidOf(pte: number): number {
    return this.#swap.nidOf(pte);
  }

  allocate(nids: readonly number[]): number {
    const { frames, watermarks } = this.#parts.memory;
    for (const nid of nids) if (frames.freeFrames(nid) > watermarks[nid].low) return frames.allocateOn(nid);
    for (const nid of nids) this.#awake[nid] = true;
    for (let retry = 0; retry < MAX_RETRIES; retry++) {
      for (const nid of nids) if (frames.freeFrames(nid) > watermarks[nid].min) return frames.allocateOn(nid);
      if (!this.#direct(nids)) break;
    }
    return -1;
  }

  hasRoom(nid: number, pages: number): boolean {
    const { frames, watermarks } = this.#parts.memory;
    if (frames.freeFrames(nid) - pages > watermarks[nid].low) return true;
    this.#awake[nid] = true;
    return false;
  }

  taken(nid: number): void {
    const { frames, watermarks } = this.#parts.memory;
    if (frames.freeFrames(nid) < watermarks[nid].low) this.#awake[nid] = true;
  }

  /**
   * From then on kswapd makes room while other pages fault: promotions come in bursts, which would be over at the end of the epoch.
   * @kernel mm/migrate.c migrate_misplaced_folio_prepare: wakes kswapd in tiering mode (7.3, 6.12)
   */
  refused(nid: number): void {
    if (!this.tiering) return;
    if (this.#awake[nid]) this.#workedNs += this.#kswapdWorks(this.#workedUntilNs, this.nowNs - this.#workedUntilNs);
    this.#awake[nid] = true;
    this.#workedUntilNs = Math.max(this.#workedUntilNs, this.nowNs);
  }

  drop(pte: number): void {
    if (this.isOut(pte)) this.#swap.drop(pte, this.#isFile(pte));
  }

  /** What is out is forgotten: the next touch finds an empty page. @kernel mm/madvise.c madvise_free_pte_range (7.3, 6.12) */
  free(pte: number): boolean {
    this.drop(pte);
    if (!this.#parts.memory.isolable(pte)) return false;
    const { pages, stale } = this.#lazyfree.mark(pte);
    this.#count(pte, 'pglazyfree', pages);
    return stale;
  }

  /**
   * @kernel mm/memory.c do_swap_page, mm/workingset.c workingset_refault (7.3, 6.12)
   */
  cameBack(pte: number, wanted: boolean): void {
    const { memory, cost } = this.#parts;
    const file = this.#isFile(pte);
    const kind = file ? 'file' : 'anon';
    const nid = memory.image.pteFlags[pte] & Pte.nidMask;
    const oldNid = this.#swap.nidOf(pte);
    const distance = this.#swap.comeBack(pte, file);
    if (!file) this.#count(pte, 'pswpin', 1);
    this.#count(pte, `workingset_refault_${kind}`, 1);
    const recent = distance <= this.#workingset(oldNid, file);
    this.#lru.add(memory.headOf(pte), { file, large: false });
    if (recent) {
      this.counters[`workingset_activate_${kind}`]++;
      this.#lru.move(memory.headOf(pte), 'active');
      this.#swap.grow(nid, 1);
    }
    if (!wanted) return;
    this.#count(pte, 'pgmajfault', 1);
    this.#stallNs += cost.inNs;
    // A page that was in use when it left: its task waits for memory, not for a disk.
    if (recent) this.pressure.stall(this.nowNs, cost.inNs);
  }

  /** Those that cannot go become active. @kernel mm/vmscan.c reclaim_pages (7.3, 6.12) */
  reclaimPages(entries: Uint32Array, length: number): number {
    let pages = 0;
    for (let i = 0; i < length; i++) pages += this.#takeOut(this.#parts.memory.headOf(entries[i]), 'pageout');
    return pages;
  }

  /** The epoch is over: kswapd works from `nowNs` on for as long as is left of the `ns` that it had. */
  kswapd(nowNs: number, ns: number): void {
    this.#kswapdWorks(nowNs, ns - this.#workedNs);
    this.#workedNs = 0;
    this.#workedUntilNs = nowNs;
  }

  /**
   * Work for `ns` at most from `nowNs` on, on the nodes for which it was woken. Returns how long it took.
   * @kernel mm/vmscan.c balance_pgdat, pgdat_balanced: up to the promo watermark where pages are promoted (7.3, 6.12)
   */
  #kswapdWorks(nowNs: number, ns: number): number {
    const { memory } = this.#parts;
    const endNs = nowNs + ns;
    let atNs = nowNs;
    for (let nid = 0; nid < this.#awake.length; nid++) {
      const { high, promo } = memory.watermarks[nid];
      const enough = this.tiering ? promo : high;
      while (this.#awake[nid] && atNs < endNs) {
        if (memory.frames.freeFrames(nid) >= enough) {
          this.#awake[nid] = false;
          break;
        }
        const { ns: spentNs, pages } = this.#shrinkNode(nid, CLUSTER, 'kswapd');
        this.pressure.stall(atNs, spentNs);
        atNs += spentNs;
        // Nothing can go: it gives up until it is woken again.
        if (pages === 0) this.#awake[nid] = false;
      }
    }
    this.kswapdNs += atNs - nowNs;
    return atNs - nowNs;
  }

  /** The task at hand reclaims for itself. Returns whether anything went. @kernel mm/page_alloc.c __alloc_pages_direct_reclaim */
  #direct(nids: readonly number[]): boolean {
    this.counters.allocstall++;
    for (const nid of nids) {
      const { ns, pages } = this.#shrinkNode(nid, CLUSTER, 'direct');
      this.pressure.stall(this.nowNs, ns);
      this.#stallNs += ns;
      if (pages > 0) return true;
    }
    return false;
  }

  /** @kernel mm/vmscan.c shrink_node, shrink_lruvec, get_scan_count: lists in proportion to their sizes (7.3, 6.12) */
  #shrinkNode(nid: number, want: number, who: Shrinker): { readonly ns: number; readonly pages: number } {
    const { cost } = this.#parts;
    const { pglazyfreed, [DEMOTE[who]]: demotedBefore } = this.counters;
    let pages = 0;
    let scanned = 0;
    for (let priority = DEF_PRIORITY; priority >= (who === 'kswapd' ? 1 : 0) && pages < want; priority--) {
      for (const file of [false, true]) {
        if (!file && this.#swap.free === 0 && !this.#canDemote(nid)) continue;
        const [inactive, active] = file ? [Lru.inactiveFile, Lru.activeFile] : [Lru.inactiveAnon, Lru.activeAnon];
        if (this.#inactiveIsLow(nid, file)) scanned += this.#shrinkActive(nid, active, this.#lru.pages(nid, active) >> priority);
        let left = this.#lru.pages(nid, inactive) >> priority;
        while (left > 0 && pages < want) {
          const pfn = this.#lru.last(nid, inactive);
          if (pfn < 0) break;
          const size = this.#lru.pagesOf(pfn);
          left -= size;
          scanned += size;
          pages += this.#mayGo(pfn) ? this.#takeOut(pfn, who) : 0;
        }
      }
    }
    this.counters[`pgscan_${who}`] += scanned;
    this.counters[`pgsteal_${who}`] += pages;
    const demoted = this.counters[DEMOTE[who]] - demotedBefore;
    const written = pages - demoted - (this.counters.pglazyfreed - pglazyfreed);
    return { ns: Math.max(1, Math.round(scanned * cost.scanNs + demoted * cost.demoteNs + written * cost.outNs)), pages };
  }

  /** @kernel mm/vmscan.c inactive_is_low (7.3, 6.12) */
  #inactiveIsLow(nid: number, file: boolean): boolean {
    const inactive = this.#lru.pages(nid, file ? Lru.inactiveFile : Lru.inactiveAnon);
    const active = this.#lru.pages(nid, file ? Lru.activeFile : Lru.activeAnon);
    const gib = Math.floor((inactive + active) / PAGES_PER_GIB);
    return inactive * (gib > 0 ? Math.floor(Math.sqrt(10 * gib)) : 1) < active;
  }

  /** @kernel mm/vmscan.c shrink_active_list (7.3, 6.12): only accessed program text stays */
  #shrinkActive(nid: number, list: typeof Lru.activeAnon | typeof Lru.activeFile, pages: number): number {
    let left = pages;
    while (left > 0) {
      const pfn = this.#lru.last(nid, list);
      if (pfn < 0) break;
      const size = this.#lru.pagesOf(pfn);
      left -= size;
      const referenced = takeReferenced(this.#parts.memory.image, this.#entryOf(pfn)) > 0;
      if (referenced && this.#isText(pfn)) this.#lru.rotate(pfn);
      else {
        this.#lru.move(pfn, 'inactive');
        this.#parts.memory.counters.pgdeactivate += size;
      }
    }
    return pages - Math.max(0, left);
  }

  /** Whether an inactive folio may go; one that was accessed stays, the second time on the active list. @kernel folio_check_references */
  #mayGo(pfn: number): boolean {
    const lru = this.#lru;
    const times = takeReferenced(this.#parts.memory.image, this.#entryOf(pfn));
    const before = lru.takeReferenced(pfn);
    if (times === 0) return true;
    lru.setReferenced(pfn);
    if (before || times > 1 || this.#isText(pfn)) this.#activate(pfn);
    else lru.rotate(pfn);
    return false;
  }

  #canDemote(nid: number): boolean {
    return this.#parts.demotion?.can(nid) === true;
  }

  /** Move a folio to a lower tier; false: there is none, or it has no room. Schemes and madvise never do. */
  #demote(pfn: number, who: Who): boolean {
    const { memory, demotion, unmapped } = this.#parts;
    const nid = memory.frames.nidOf(pfn);
    if (who === 'pageout' || demotion === undefined || !demotion.can(nid)) return false;
    const pte = this.#entryOf(pfn);
    const { first, end } = memory.extent(pte);
    if (!demotion.demote(pte, nid)) return false;
    unmapped(first, end);
    this.counters[DEMOTE[who]] += end - first;
    this.byProcess.add(pte, STEAL[who], end - first);
    return true;
  }

  /**
   * Take a folio out of memory, or down a tier; returns its base pages, 0 when there is no room in swap space, or when it was given up and
   * written since.
   * @kernel mm/vmscan.c shrink_folio_list: what could not be demoted is tried again without (7.3, 6.12)
   */
  #takeOut(pfn: number, who: Who): number {
    const { memory, vmas, unmapped } = this.#parts;
    const size = this.#lru.pagesOf(pfn);
    if (this.#demote(pfn, who)) return size;
    const file = this.#lru.isFile(pfn);
    const lazyfree = this.#lazyfree.has(pfn);
    const pte = this.#entryOf(pfn);
    const space = vmas.spaceOf(pte);
    if (space === undefined || (!file && this.#swap.free < size) || (lazyfree && this.#lazyfree.revive(pfn))) {
      this.#activate(pfn);
      return 0;
    }
    const nid = memory.frames.nidOf(pfn);
    const { first, end } = memory.extent(pte);
    memory.unmap(space, pte);
    unmapped(first, end);
    this.byProcess.add(pte, STEAL[who], size);
    if (lazyfree) {
      this.#count(pte, 'pglazyfreed', size);
      return size;
    }
    for (let i = first; i < end; i++) this.#swap.leave(i, nid, file);
    if (!file) this.#count(pte, 'pswpout', size);
    return size;
  }

  /** So many pages more, of the machine and of the process of entry `pte`. */
  #count(pte: number, counter: keyof ReclaimCounters & keyof ProcessCounts, pages: number): void {
    this.counters[counter] += pages;
    this.byProcess.add(pte, counter, pages);
  }

  #activate(pfn: number): void {
    if (this.#lru.isActive(pfn)) return;
    this.#lru.move(pfn, 'active');
    this.#parts.memory.counters.pgactivate += this.#lru.pagesOf(pfn);
    this.#swap.grow(this.#parts.memory.frames.nidOf(pfn), this.#lru.pagesOf(pfn));
  }

  /** Program text: a file that is executed. @kernel VM_EXEC && folio_is_file_lru */
  #isText(pfn: number): boolean {
    return this.#lru.isFile(pfn) && !this.#lazyfree.has(pfn);
  }

  #entryOf(pfn: number): number {
    return mappedEntry(this.#parts.memory.image, pfn);
  }

  #isFile(pte: number): boolean {
    const vma = this.#parts.vmas.vmaOf(pte);
    return vma !== undefined && !anonymous(vma);
  }

  /** How far a page may have been and still count as one in use. @kernel mm/workingset.c workingset_test_recent (7.3, 6.12) */
  #workingset(nid: number, file: boolean): number {
    const pages = (list: (typeof Lru)[keyof typeof Lru]) => this.#lru.pages(nid, list);
    let size = pages(Lru.activeFile);
    if (!file) size += pages(Lru.inactiveFile);
    if (this.#swap.free > 0) size += pages(Lru.activeAnon) + (file ? pages(Lru.inactiveAnon) : 0);
    return size;
  }
}
