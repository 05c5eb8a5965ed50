import type { Topology } from '@damonlab/mm';

/** Ways to put threads on CPUs by name. */
export const PLACEMENTS = ['trace', 'spread', 'packed'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/**
 * A CPU for each of `threads` threads. `spread`: one node after the other; `packed`: a node is filled before the next one begins; `trace`:
 * the CPU that the thread ran on (`traced`), CPUs numbered in the order of their ids where there are fewer than that.
 */
export function placeThreads(placement: Placement, threads: number, topology: Topology, traced: readonly number[]): number[] {
  const order = placement === 'spread' ? cpusInTurn(topology) : topology.nodes.flatMap((_, nid) => cpusOfNode(topology, nid));
  if (placement !== 'trace') return Array.from({ length: threads }, (_, i) => order[i % order.length]);
  const ids = [...new Set(traced)].sort((a, b) => a - b);
  const fits = ids.every((id) => id < order.length);
  return traced.map((id) => (fits ? id : ids.indexOf(id) % order.length));
}

function cpusInTurn(topology: Topology): number[] {
  const byNode = topology.nodes.map((_, nid) => cpusOfNode(topology, nid));
  const most = Math.max(...byNode.map((cpus) => cpus.length));
  return Array.from({ length: most }, (_, i) => byNode.flatMap((cpus) => cpus.slice(i, i + 1))).flat();
}

/** CPUs are numbered node by node. */
function cpusOfNode({ nodes }: Topology, nid: number): number[] {
  const first = nodes.slice(0, nid).reduce((sum, node) => sum + node.cpus, 0);
  return Array.from({ length: nodes[nid].cpus }, (_, i) => first + i);
}
