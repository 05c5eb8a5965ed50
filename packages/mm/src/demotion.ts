import type { Prng } from '@damonlab/base';
import type { Memory } from './memory.js';
import type { Topology } from './topology.js';

/**
 * Where reclaim on a node with CPUs puts pages instead of taking them out of memory: on nodes without CPUs, which are the lower tier.
 * /sys/kernel/mm/numa/demotion_enabled.
 *
 * @kernel mm/memory-tiers.c establish_demotion_targets, next_demotion_node; mm/vmscan.c can_demote, demote_folio_list (7.3, 6.12)
 */
export class Demotion {
  readonly #memory: Memory;
  readonly #rng: Prng;
  /** By node: the nearest nodes of the lower tier; none for nodes of that tier. */
  readonly #preferred: readonly (readonly number[])[];
  readonly #isLower: readonly boolean[];

  constructor(memory: Memory, { nodes, distance }: Topology, rng: Prng) {
    this.#memory = memory;
    this.#rng = rng;
    this.#isLower = nodes.map(({ cpus, memoryBytes }) => cpus === 0 && memoryBytes > 0);
    const lower = [...nodes.keys()].filter((nid) => this.#isLower[nid]);
    this.#preferred = nodes.map(({ cpus }, nid) => {
      const nearest = Math.min(...lower.map((to) => distance[nid][to]));
      return cpus === 0 ? [] : lower.filter((to) => distance[nid][to] === nearest);
    });
  }

  /** Whether anything can go down from node `nid`. */
  can(nid: number): boolean {
    return this.#preferred[nid].length > 0;
  }

  /**
   * Move what `pte` maps down from node `nid`: to one of the nearest nodes, or where else below memory is free. Nobody reclaims for it.
   * @kernel mm/vmscan.c alloc_demote_folio, alloc_migrate_folio (7.3, 6.12)
   * @returns whether it moved.
   */
  demote(pte: number, nid: number): boolean {
    const preferred = this.#preferred[nid];
    const wanted = preferred[preferred.length === 1 ? 0 : this.#rng.below(preferred.length)];
    const others = this.#memory.frames.zonelist(wanted).filter((to) => this.#isLower[to]);
    const withRoom = others.find((to) => this.#memory.hasFramesFor(pte, to));
    return this.#memory.migrateFolio(pte, withRoom ?? wanted);
  }
}
