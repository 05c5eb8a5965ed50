import { Mark, type Memory, type Topology, vmaOfEntry } from '@damonlab/mm';
import type { Process } from './processes.js';

/**
 * Make the pages present that are to be there before the run starts: somebody on the node that the workload names has touched them once, in
 * the order of their addresses, before any memory policy holds. Their Accessed and Dirty bits are set; for the truth nobody has touched
 * them yet.
 */
export function populate(memory: Memory, topology: Topology, processes: readonly Process[]): void {
  for (const { workload, space } of processes) {
    workload.regions.forEach(({ populate: wanted }, r) => {
      if (wanted === undefined) return;
      const first = space.regions[r].firstPte + wanted.first;
      const cpu = firstCpuOf(topology, wanted.nid);
      for (let pte = first; pte < first + wanted.pages; pte++) {
        const vma = vmaOfEntry(space, pte);
        memory.listNew(vma, pte, memory.handleFault(space, vma, pte, wanted.nid), cpu);
        memory.image.marks8[4 * pte + Mark.accessed] = 1;
        memory.image.marks8[4 * pte + Mark.dirty] = 1;
      }
    });
  }
}

/** The CPU that touches pages of node `nid`; -1: the node has none, its pages were moved there. */
function firstCpuOf(topology: Topology, nid: number): number {
  const before = topology.nodes.slice(0, nid).reduce((sum, node) => sum + node.cpus, 0);
  return topology.nodes[nid].cpus > 0 ? before : -1;
}
