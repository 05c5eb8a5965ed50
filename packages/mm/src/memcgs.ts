import type { AddressSpace } from './address-space.js';
import type { Memory } from './memory.js';

/** Limits of a memory cgroup, which hold for those below it too. Base pages; left out: no limit. @kernel memory.max, memory.high */
export interface MemcgLimits {
  readonly path: string;
  readonly maxPages?: number;
  readonly highPages?: number;
}

/** What has happened in a cgroup and in those below it. @kernel memory.events */
export interface MemcgEvents {
  high: number;
  max: number;
  oom: number;
}

/** A memory cgroup with limits. */
export interface Memcg {
  readonly path: string;
  /** Infinity: no limit. */
  readonly maxPages: number;
  readonly highPages: number;
  readonly events: MemcgEvents;
  /** Address spaces in it and below. */
  readonly members: readonly AddressSpace[];
  /** The groups of LRU lists of those. */
  readonly groups: readonly number[];
}

/**
 * The memory cgroups of a machine, by paths as in cgroup v2. Processes of one path share a group of LRU lists. What a cgroup uses is what
 * its processes map, and what was charged ahead.
 *
 * @kernel mm/memcontrol.c (7.3, 6.12: in outline)
 */
export class Memcgs {
  readonly limited: readonly Memcg[];
  readonly nrGroups: number;
  readonly #memory: Memory;
  /** By address space. */
  readonly #groups: readonly number[];
  readonly #chains: readonly (readonly Memcg[])[];
  /** By group: pages charged ahead. @kernel struct memcg_stock_pcp: here one a cgroup, not one a CPU */
  readonly #ahead: Float64Array;

  /** `paths`: the cgroup of each address space in the order of their numbers. */
  constructor(memory: Memory, limits: readonly MemcgLimits[], spaces: readonly AddressSpace[], paths: readonly string[]) {
    const known = [...new Set(paths)];
    this.#memory = memory;
    this.nrGroups = known.length;
    this.#groups = paths.map((path) => known.indexOf(path));
    this.#ahead = new Float64Array(known.length);
    this.limited = limits.map((limit) => ({
      path: limit.path,
      maxPages: limit.maxPages ?? Number.POSITIVE_INFINITY,
      highPages: limit.highPages ?? Number.POSITIVE_INFINITY,
      events: { high: 0, max: 0, oom: 0 },
      members: spaces.filter((_, i) => isInMemcg(paths[i], limit.path)),
      groups: [...known.keys()].filter((group) => isInMemcg(known[group], limit.path)),
    }));
    // The innermost first.
    const deepest = this.limited.toSorted((a, b) => b.path.length - a.path.length);
    this.#chains = paths.map((path) => deepest.filter((memcg) => isInMemcg(path, memcg.path)));
  }

  /** Group of LRU lists of an address space. */
  groupOf(space: number): number {
    return this.#groups[space];
  }

  /** The cgroups with limits that a page of an address space counts for, the innermost first. */
  chainOf(space: number): readonly Memcg[] {
    return this.#chains[space];
  }

  /** @kernel memory.current, in base pages */
  usage({ members, groups }: Memcg): number {
    const mapped = members.reduce((sum, space) => sum + this.#memory.rssPages(space), 0);
    return groups.reduce((sum, group) => sum + this.#ahead[group], mapped);
  }

  /** Take `pages` of what was charged ahead for an address space; false: so much was not. @kernel consume_stock */
  consume(space: number, pages: number): boolean {
    const group = this.#groups[space];
    if (this.#ahead[group] < pages) return false;
    this.#ahead[group] -= pages;
    return true;
  }

  /** @kernel refill_stock */
  chargeAhead(space: number, pages: number): void {
    this.#ahead[this.#groups[space]] += pages;
  }

  /** What was charged ahead in a cgroup and below is given back. Returns whether there was any. @kernel drain_all_stock */
  drain({ groups }: Memcg): boolean {
    const any = groups.some((group) => this.#ahead[group] > 0);
    for (const group of groups) this.#ahead[group] = 0;
    return any;
  }

  /** Limits, use and events of each cgroup with limits, under the names of its files and its path; limits and use in base pages. */
  counters(): Record<string, number> {
    const counters: Record<string, number> = {};
    for (const memcg of this.limited) {
      const { path, maxPages, highPages, events } = memcg;
      if (maxPages < Number.POSITIVE_INFINITY) counters[`memory.max ${path}`] = maxPages;
      if (highPages < Number.POSITIVE_INFINITY) counters[`memory.high ${path}`] = highPages;
      counters[`memory.current ${path}`] = this.usage(memcg);
      for (const [event, count] of Object.entries(events)) counters[`memory.events.${event} ${path}`] = count;
    }
    return counters;
  }

  /** Counted for the cgroup and for those above. @kernel memcg_memory_event */
  event(memcg: Memcg, event: keyof MemcgEvents): void {
    for (const above of this.limited) if (isInMemcg(memcg.path, above.path)) above.events[event]++;
  }
}

/** Whether what is in cgroup `memcg` is counted for `path`: those below it are. @kernel mem_cgroup_is_descendant */
export function isInMemcg(memcg: string, path: string): boolean {
  return path === '/' || memcg === path || memcg.startsWith(`${path}/`);
}
