import { assert, PAGE_BYTES } from '@damonlab/base';
import type { DamosMetrics, PageCount } from '@damonlab/damos';
import type { Memory, Topology } from '@damonlab/mm';

/** What schemes ask this machine for. Scenarios whose goals need more are refused. */
export function schemeMetrics(memory: Memory, topology: Topology): DamosMetrics {
  const ofNode = (nid: number): PageCount => ({
    freePages: memory.frames.freeFrames(nid),
    totalPages: topology.nodes[nid].memoryBytes / PAGE_BYTES,
  });
  const unmeasured = (metric: string) => (): never => assert(false, `${metric} is not measured`) as never;
  return {
    memory: () => {
      const nodes = topology.nodes.map((_, nid) => ofNode(nid));
      return {
        freePages: nodes.reduce((sum, { freePages }) => sum + freePages, 0),
        totalPages: nodes.reduce((sum, { totalPages }) => sum + totalPages, 0),
      };
    },
    nodeMemory: (nid) => (nid < topology.nodes.length ? ofNode(nid) : undefined),
    memcgPages: () => undefined,
    hasMemcg: () => false,
    lruPages: unmeasured('the size of the LRU lists'),
    someMemPsiUs: unmeasured('PSI'),
  };
}
