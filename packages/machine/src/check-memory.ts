import { assert, PAGE_BYTES } from '@damonlab/base';
import { Lru, type LruLists, type Memory, Pte, type Topology } from '@damonlab/mm';

/**
 * Conservation: every present entry owns exactly one frame, on the node that its flags name, and every other frame is free, or kept.
 * @throws when the memory contradicts itself.
 */
export function checkMemory(memory: Memory, topology: Topology): void {
  const { pteFlags, ptePfn, frameLink } = memory.image;
  const used = topology.nodes.map(() => 0);
  for (let pte = 0; pte < pteFlags.length; pte++) {
    const flags = pteFlags[pte];
    if ((flags & Pte.present) === 0) continue;
    const nid = flags & Pte.nidMask;
    assert(frameLink[ptePfn[pte]] === pte, `frame ${ptePfn[pte]} is mapped by entry ${pte} and remembers entry ${frameLink[ptePfn[pte]]}`);
    assert(memory.frames.nidOf(ptePfn[pte]) === nid, `entry ${pte} names node ${nid} for frame ${ptePfn[pte]} of another node`);
    used[nid]++;
  }
  checkLists(memory, used);
  topology.nodes.forEach((node, nid) => {
    const free = memory.frames.freeFrames(nid);
    const kept = memory.frames.keptFrames(nid);
    const all = node.memoryBytes / PAGE_BYTES;
    assert(used[nid] + free + kept === all, `node ${nid}: ${used[nid]} frames used, ${free} free, ${kept} kept do not add up`);
  });
}

/** What is on the LRU lists of a node is in use, and counted on the list that it is on; the rest is special, or waits in a CPU's batch. */
function checkLists(memory: Memory, used: readonly number[]): void {
  const { lru } = memory;
  if (lru === null) return;
  const found = used.map(() => new Map<number, number>());
  const { pteFlags, ptePfn } = memory.image;
  for (let pte = 0; pte < pteFlags.length; pte++) {
    // Only the first frame of a folio is on a list.
    if ((pteFlags[pte] & Pte.present) === 0 || !lru.has(ptePfn[pte])) continue;
    const lists = found[pteFlags[pte] & Pte.nidMask];
    const list = listOf(lru, ptePfn[pte]);
    lists.set(list, (lists.get(list) ?? 0) + memory.pagesOf(pte));
  }
  used.forEach((pages, nid) => {
    const listed = Object.values(Lru).reduce((sum: number, list) => sum + lru.pages(nid, list), 0);
    for (const list of Object.values(Lru)) {
      const [is, counted] = [found[nid].get(list) ?? 0, lru.pages(nid, list)];
      assert(is === counted, `node ${nid}: ${is} pages are on LRU list ${list}, ${counted} are counted there`);
    }
    assert(listed <= pages, `node ${nid}: ${listed} pages on its LRU lists, of ${pages} in use`);
  });
}

function listOf(lru: LruLists, pfn: number): number {
  if (lru.isFile(pfn)) return lru.isActive(pfn) ? Lru.activeFile : Lru.inactiveFile;
  return lru.isActive(pfn) ? Lru.activeAnon : Lru.inactiveAnon;
}
