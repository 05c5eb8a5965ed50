import type { AddrRange } from '@damonlab/base';
import {
  type DamonOperations,
  type DamonRandom,
  damonRand,
  damonVaThreeRegions,
  type KernelProfile,
  type RegionList,
} from '@damonlab/damon';
import { type AddressSpace, findEntries, type Memory, mkoldAll, NO_ENTRY, young } from '@damonlab/mm';

/** One monitored process, as the ops see it. */
export interface VaddrTarget {
  readonly space: AddressSpace;
  /** False once the process has been reaped. */
  alive(): boolean;
  /** False once the process has exited: a zombie has a pid and no memory. */
  hasMemory(): boolean;
}

/** What the ops did since it was last asked: the basis of the kdamond's cost. */
export interface OpsWork {
  /** Regions whose sampled address was mapped, and not. */
  mapped: number;
  hole: number;
}

/**
 * DAMON on virtual address spaces by Accessed bits. `vaddr` finds its ranges itself (three, around the two biggest gaps) and
 * follows the address space; `fvaddr` monitors exactly the ranges that it is given.
 *
 * @kernel mm/damon/vaddr.c (7.3, 6.12)
 */
export class VaddrOperations implements DamonOperations {
  readonly name: 'vaddr' | 'fvaddr';
  readonly work: OpsWork = { mapped: 0, hole: 0 };
  readonly #memory: Memory;
  readonly #targets: readonly VaddrTarget[];
  readonly #rng: DamonRandom;
  readonly #profile: KernelProfile;
  /** By target: the entry that each region's sampling address lies in, from prepare to check. */
  readonly #entries: Int32Array[] = [];
  #lruEntries = new Int32Array(0);

  constructor(name: 'vaddr' | 'fvaddr', memory: Memory, targets: readonly VaddrTarget[], rng: DamonRandom, profile: KernelProfile) {
    this.name = name;
    this.#memory = memory;
    this.#targets = targets;
    this.#rng = rng;
    this.#profile = profile;
  }

  /** @kernel mm/damon/vaddr.c __damon_va_init_regions */
  initRanges(target: number): AddrRange[] | undefined {
    return this.name === 'vaddr' ? damonVaThreeRegions(this.#targets[target].space.vmas) : undefined;
  }

  /** @kernel mm/damon/vaddr.c damon_va_update */
  updateRanges(target: number): AddrRange[] | undefined {
    return this.#targets[target].hasMemory() ? this.initRanges(target) : undefined;
  }

  /** @kernel mm/damon/vaddr.c damon_va_prepare_access_checks */
  prepareAccessChecks(target: number, regions: RegionList): void {
    const { space } = this.#targets[target];
    if (!this.#targets[target].hasMemory()) return;
    const entries = this.#sampledEntries(target, regions.length);
    for (let i = 0; i < regions.length; i++) {
      regions.samplingAddr[i] = damonRand(this.#rng, regions.start[i], regions.end[i], this.#profile);
    }
    findEntries(space, regions.samplingAddr, regions.length, entries);
    const mapped = mkoldAll(this.#memory.image, this.#onLru(entries, regions.length), regions.length);
    this.work.mapped += mapped;
    this.work.hole += regions.length - mapped;
  }

  /** @kernel mm/damon/vaddr.c damon_va_check_accesses */
  checkAccesses(target: number, regions: RegionList): number {
    const { image } = this.#memory;
    const entries = this.#sampledEntries(target, regions.length);
    const hasMemory = this.#targets[target].hasMemory();
    const seen = this.#profile.nonLruYoung ? entries : this.#onLru(entries, regions.length);
    let most = 0;
    for (let i = 0; i < regions.length; i++) {
      if (hasMemory && young(image, seen[i])) regions.nrAccesses[i]++;
      if (regions.nrAccesses[i] > most) most = regions.nrAccesses[i];
    }
    return most;
  }

  /** @kernel mm/damon/vaddr.c damon_va_target_valid */
  targetValid(target: number): boolean {
    return this.#targets[target].alive();
  }

  /**
   * The entries whose pages are on an LRU list, `NO_ENTRY` in place of the others: Accessed bits are looked at only there.
   *
   * @kernel mm/damon/ops-common.c damon_get_folio (7.3, 6.12)
   */
  #onLru(entries: Int32Array, length: number): Int32Array {
    const { lruAdd } = this.#memory;
    if (lruAdd.empty) return entries;
    if (this.#lruEntries.length < length) this.#lruEntries = new Int32Array(2 * length);
    const listed = this.#lruEntries;
    for (let i = 0; i < length; i++) listed[i] = lruAdd.has(entries[i]) ? NO_ENTRY : entries[i];
    return listed;
  }

  #sampledEntries(target: number, length: number): Int32Array {
    const entries = this.#entries[target];
    if (entries !== undefined && entries.length >= length) return entries;
    this.#entries[target] = new Int32Array(2 * length);
    return this.#entries[target];
  }
}
