import type { Memcg, Memcgs } from './memcgs.js';

/** Pages charged at once, where there is room. @kernel include/linux/memcontrol.h MEMCG_CHARGE_BATCH */
const CHARGE_BATCH = 64;
/** @kernel include/linux/swap.h SWAP_CLUSTER_MAX */
const CLUSTER = 32;
/** @kernel mm/page_alloc.c MAX_RECLAIM_RETRIES */
const MAX_RETRIES = 16;
/** A page of this order and less is worth another attempt after any progress. @kernel PAGE_ALLOC_COSTLY_ORDER */
const COSTLY_PAGES = 8;
const HZ = 250;
const NS_PER_JIFFY = 1e9 / HZ;
/** @kernel mm/memcontrol.c MEMCG_MAX_HIGH_DELAY_JIFFIES, MEMCG_DELAY_PRECISION_SHIFT, MEMCG_DELAY_SCALING_SHIFT */
const MOST_DELAY_JIFFIES = 2 * HZ;
const PRECISION = 2 ** 20;
const SCALING = 2 ** 14;

export interface MemcgChargeParts {
  readonly memcgs: Memcgs;
  /** The task at hand reclaims `pages` at least of these groups of LRU lists, and waits for it. Returns base pages that went. */
  reclaim(groups: readonly number[], pages: number): number;
  /** The task at hand sleeps, because its cgroup wants too much. */
  sleep(ns: number): void;
}

/** Charges pages to the cgroups of who touches them first, and makes room where they are full. */
export class MemcgCharge {
  readonly #parts: MemcgChargeParts;

  constructor(parts: MemcgChargeParts) {
    this.#parts = parts;
  }

  /**
   * Charge `pages` to address space `space`; `mayReclaim`: at the price of others in its cgroup.
   * @kernel mm/memcontrol.c try_charge_memcg (7.3, 6.12)
   * @returns the cgroup that has no room; undefined: they are charged.
   */
  charge(space: number, pages: number, mayReclaim: boolean): Memcg | undefined {
    const { memcgs } = this.#parts;
    const chain = memcgs.chainOf(space);
    if (chain.length === 0 || memcgs.consume(space, pages)) return undefined;
    let batch = Math.max(CHARGE_BATCH, pages);
    let retries = MAX_RETRIES;
    let drained = false;
    for (;;) {
      const full = chain.find((memcg) => memcgs.usage(memcg) + batch > memcg.maxPages);
      if (full === undefined) break;
      if (batch > pages) {
        batch = pages;
        continue;
      }
      if (!mayReclaim) return full;
      memcgs.event(full, 'max');
      const went = this.#parts.reclaim(full.groups, Math.max(pages, CLUSTER));
      if (memcgs.usage(full) + pages <= full.maxPages) continue;
      if (!drained) {
        drained = true;
        if (memcgs.drain(full)) continue;
      }
      if (went > 0 && pages <= COSTLY_PAGES) continue;
      if (retries-- > 0) continue;
      memcgs.event(full, 'oom');
      return full;
    }
    memcgs.chargeAhead(space, batch - pages);
    if (chain.some((memcg) => this.#isOverHigh(memcg, pages))) this.#overHigh(chain, batch, pages);
    return undefined;
  }

  #isOverHigh(memcg: Memcg, charged: number): boolean {
    return this.#parts.memcgs.usage(memcg) + charged > memcg.highPages;
  }

  /** @kernel mm/memcontrol.c __mem_cgroup_handle_over_high, reclaim_high (7.3, 6.12) */
  #overHigh(chain: readonly Memcg[], batch: number, charged: number): void {
    const { memcgs, reclaim, sleep } = this.#parts;
    let want = batch;
    for (let retries = MAX_RETRIES; ; want = CLUSTER) {
      let went = 0;
      for (const memcg of chain) {
        if (!this.#isOverHigh(memcg, charged)) continue;
        memcgs.event(memcg, 'high');
        went += reclaim(memcg.groups, Math.max(want, CLUSTER));
      }
      const jiffies = Math.min(MOST_DELAY_JIFFIES, this.#delayJiffies(chain, batch, charged));
      if (jiffies <= Math.floor(HZ / 100)) return;
      if (went > 0 || retries-- > 0) continue;
      sleep(jiffies * NS_PER_JIFFY);
      return;
    }
  }

  /** @kernel mm/memcontrol.c calculate_overage, calculate_high_delay (7.3, 6.12) */
  #delayJiffies(chain: readonly Memcg[], batch: number, charged: number): number {
    const overages = chain.map((memcg) => {
      const over = this.#parts.memcgs.usage(memcg) + charged - memcg.highPages;
      return over <= 0 ? 0 : Math.floor((over * PRECISION) / Math.max(memcg.highPages, 1));
    });
    const most = Math.max(...overages);
    return Math.floor((Math.floor((most * most * HZ) / PRECISION / SCALING) * batch) / CHARGE_BATCH);
  }
}
