import { assert, PS_PER_NS } from '@damonlab/base';
import { Pte, ptePlain, type Topology } from '@damonlab/mm';
import type { CpuConfig } from './config.js';

/** Time of an access by the page-table flag byte of its page, ps. */
export interface CostTable {
  /** Translation known; 0 where nothing is mapped. */
  readonly hitPs: Float64Array;
  /** Translation missing: walk and access; 0 where the walk ends in a fault. */
  readonly walkPs: Float64Array;
}

/** An access takes at least this long, ps: virtual time must pass, or a loop over memory without latency would never end. */
const LEAST_ACCESS_PS = 1;

/** Dearest access, walk included, that the access loops can add up, ns. */
export const MOST_ACCESS_NS = 2_000;

/** Costs as CPU of node `nid` sees them; `slowdown`: by node, how many times as long its memory takes under load, left out: once. */
export function costTable(topology: Topology, config: CpuConfig, nid: number, slowdown?: ArrayLike<number>): CostTable {
  const hitPs = new Float64Array(256);
  const walkPs = new Float64Array(256);
  for (let flags = 0; flags < 256; flags++) {
    const pageNid = flags & Pte.nidMask;
    if ((flags & Pte.present) === 0 || pageNid >= topology.nodes.length) continue;
    const times = slowdown?.[pageNid] ?? 1;
    hitPs[flags] = Math.max(LEAST_ACCESS_PS, Math.round(topology.latencyNs[nid][pageNid] * times * PS_PER_NS));
    // An armed page faults at the walk.
    if (!ptePlain(flags)) continue;
    walkPs[flags] = hitPs[flags] + Math.round(config.walkNs * PS_PER_NS);
    assert(walkPs[flags] <= MOST_ACCESS_NS * PS_PER_NS, 'latency and walk together are no longer than the access loops can add up');
  }
  return { hitPs, walkPs };
}
