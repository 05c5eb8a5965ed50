import type { NumaBalancing, NumaNode } from './balancing.js';
import { NumaMode } from './mode.js';
import { NUMA_NO_NODE } from './task.js';

/** Plain facts about a mapped page. Hosts keep one such object and fill it in for each page. */
export interface ProtNumaFacts {
  /** The entry is prot_none already, whoever armed it. */
  protNone: boolean;
  /** Mapped by a PMD. */
  huge: boolean;
  /** An ordinary page: not the (huge) zero page, device memory or KSM. */
  normal: boolean;
  /** Private writable mapping, copied on write. */
  cowMapping: boolean;
  /** 7.3: perhaps mapped by others too, exact. 6.12: likely so, by the first page's map count. */
  maybeShared: boolean;
  /** Perhaps pinned for DMA. */
  pinned: boolean;
  fileLru: boolean;
  dirty: boolean;
  /** Node of the page. */
  nid: number;
  /** Not VM_SHARED and the process has one thread only. */
  singleThreadedPrivate: boolean;
  /** Node of the CPU that scans. */
  thisNid: number;
}

/** An anonymous base page of node 0, of one process alone; nobody scans. */
export const PLAIN_PAGE: Readonly<ProtNumaFacts> = {
  protNone: false,
  huge: false,
  normal: true,
  cowMapping: true,
  maybeShared: false,
  pinned: false,
  fileLru: false,
  dirty: false,
  nid: 0,
  singleThreadedPrivate: false,
  thisNid: NUMA_NO_NODE,
};

/** What decides, beside the page. */
export interface ProtNumaRules extends Pick<NumaBalancing, 'profile' | 'mode'> {
  readonly nodes: readonly Pick<NumaNode, 'toptier'>[];
}

/**
 * Whether the scanner arms this page.
 *
 * @kernel mm/mprotect.c change_pte_range, mm/huge_memory.c change_huge_pmd (6.12), folio_can_map_prot_numa (7.3)
 */
export function canMapProtNuma(nb: ProtNumaRules, page: ProtNumaFacts): boolean {
  if (page.protNone || !page.normal) return false;
  if (!page.huge || nb.profile.thpScanFilter === 'full') {
    if (page.cowMapping && (page.maybeShared || page.pinned)) return false;
    if (page.pinned && nb.profile.pinnedScanFilter === 'any-mapping') return false;
    // Dirty file pages cannot be migrated in a fault; there is no point in finding out.
    if (page.fileLru && page.dirty) return false;
    if (page.singleThreadedPrivate && page.nid === page.thisNid) return false;
  }
  return (nb.mode & NumaMode.normal) !== 0 || !nb.nodes[page.nid].toptier;
}
