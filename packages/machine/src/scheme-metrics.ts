import { assert, NS_PER_US, PAGE_BYTES } from '@damonlab/base';
import type { DamosMetrics, PageCount } from '@damonlab/damos';
import { type AddressSpace, isInMemcg, Lru, type LruList, type Memory, Pte } from '@damonlab/mm';
import { hasMemcg, type MachineConfig } from './config.js';
import { allSpaces } from './other-memory.js';
import type { Process } from './processes.js';

/** What schemes ask this machine for: the figures that their goals and watermarks follow. */
export function schemeMetrics(memory: Memory, config: MachineConfig, processes: readonly Process[]): DamosMetrics {
  const { nodes } = config.topology;
  const ofNode = (nid: number): PageCount => ({
    freePages: memory.frames.freeFrames(nid),
    totalPages: nodes[nid].memoryBytes / PAGE_BYTES,
  });
  const onLists = (...lists: readonly LruList[]) => {
    const { lru } = memory;
    assert(lru !== null, 'a machine with schemes has LRU lists');
    return nodes.reduce((sum, _, nid) => lists.reduce((pages, list) => pages + lru.pages(nid, list), sum), 0);
  };
  return {
    memory: () => {
      const all = nodes.map((_, nid) => ofNode(nid));
      return {
        freePages: all.reduce((sum, { freePages }) => sum + freePages, 0),
        totalPages: all.reduce((sum, { totalPages }) => sum + totalPages, 0),
      };
    },
    nodeMemory: (nid) => (nid < nodes.length ? ofNode(nid) : undefined),
    memcgPages: (path, nid) => {
      if (nid >= nodes.length || !hasMemcg(config, path)) return undefined;
      // What nobody has mapped is charged to the root.
      const members = allSpaces(processes, memory).filter(({ id }) => isInMemcg(config.processes[id]?.memcg ?? '/', path));
      return members.reduce((sum, space) => sum + lruPages(memory, space, nid), 0);
    },
    hasMemcg: (path) => hasMemcg(config, path),
    lruPages: () => ({ active: onLists(Lru.activeAnon, Lru.activeFile), inactive: onLists(Lru.inactiveAnon, Lru.inactiveFile) }),
    // A machine without swap never makes anybody wait for memory.
    someMemPsiUs: () => Math.floor((memory.reclaim?.pressure.someNs ?? 0) / NS_PER_US),
  };
}

/** Base pages of an address space that lie on node `nid` and on an LRU list. Cost: one pass over its entries. */
function lruPages({ image, lruAdd }: Memory, { vmas }: AddressSpace, nid: number): number {
  const { pteFlags } = image;
  let pages = 0;
  for (const { role, firstPte, start, end } of vmas) {
    // Its pages are the kernel's.
    if (role === 'vdso') continue;
    const stop = firstPte + (end - start) / PAGE_BYTES;
    for (let pte = firstPte; pte < stop; pte++) {
      const flags = pteFlags[pte];
      if ((flags & Pte.present) !== 0 && (flags & Pte.nidMask) === nid && !lruAdd.has(pte)) pages++;
    }
  }
  return pages;
}
