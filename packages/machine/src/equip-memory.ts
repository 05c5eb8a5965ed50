import { NS_PER_US, Prng } from '@damonlab/base';
import type { HintFaults, Shootdown } from '@damonlab/hint-faults';
import { Demotion, type Memory, Placement, Reclaim, VmaIndex } from '@damonlab/mm';
import type { MachineConfig } from './config.js';
import type { Process } from './processes.js';

/** Whom it concerns that mappings have changed. */
export interface MappingsChanged {
  /** The translations of [first, end) hold no longer; what of it is not mapped any more is not armed either. */
  drop(first: number, end: number): void;
  /** One mapping of [first, end) has become one of each page. */
  split(first: number, end: number): void;
}

export function mappingsChanged(shootdowns: Shootdown, hintFaults: HintFaults | null): MappingsChanged {
  return {
    drop: (first, end) => {
      shootdowns.drop(first, end);
      hintFaults?.forgetVoid(first, end);
    },
    split: (first, end) => {
      shootdowns.drop(first, end);
      hintFaults?.split(first, end);
    },
  };
}

/** What reclaim has counted; nothing without it. */
export function reclaimCounters(reclaim: Reclaim | null): Record<string, number> {
  if (reclaim === null) return {};
  return { ...reclaim.counters, kswapd_ns: reclaim.kswapdNs, psi_mem_some_us: Math.floor(reclaim.pressure.someNs / NS_PER_US) };
}

/**
 * Let the policies of the processes say where their new pages go from now on; `weights`: in sysfs by node, left out: those of the
 * processes. What is put in place before the start is put before this, as policies are for what processes touch.
 */
export function givePolicies({ processes, topology }: MachineConfig, memory: Memory, weights?: readonly number[]): void {
  processes.forEach(({ mempolicy }, id) => {
    if (mempolicy === undefined) return;
    const inForce = weights === undefined ? mempolicy : { ...mempolicy, weights: mempolicy.nodes.map((nid) => weights[nid]) };
    memory.placements[id] = new Placement(inForce, topology.nodes.length, (nid) => memory.frames.zonelist(nid));
  });
}

/**
 * Let memory have LRU lists where somebody acts on it, and reclaim where there is swap space or a lower tier. Before anything is mapped.
 */
export function equipMemory(
  config: MachineConfig,
  memory: Memory,
  processes: readonly Process[],
  changed: MappingsChanged,
): Reclaim | null {
  if (config.memory === undefined) return null;
  memory.keepLru();
  const { swap, demotion, actionCost } = config.memory;
  if (swap === undefined) return null;
  const { pages, scanNs, outNs, inNs } = swap;
  const reclaim = new Reclaim({
    memory,
    vmas: new VmaIndex(processes.map(({ space }) => space)),
    swapPages: pages,
    cost: { scanNs, outNs, inNs, demoteNs: actionCost.migrateNs },
    ...(demotion === true ? { demotion: new Demotion(memory, config.topology, Prng.stream(config.seed, 'demotion')) } : {}),
    unmapped: changed.drop,
  });
  memory.reclaim = reclaim;
  return reclaim;
}
