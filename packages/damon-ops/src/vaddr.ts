import type { AddrRange } from '@damonlab/base';
import {
  type DamonOperations,
  type DamonRandom,
  damonRand,
  damonVaThreeRegions,
  type KernelProfile,
  type RegionList,
} from '@damonlab/damon';
import { type AddressSpace, findEntries } from '@damonlab/mm';
import type { AccessPrimitive } from './primitive.js';

/** One monitored process, as the ops see it. */
export interface VaddrTarget {
  readonly space: AddressSpace;
  /** False once the process has been reaped. */
  alive(): boolean;
  /** False once the process has exited: a zombie has a pid and no memory. */
  hasMemory(): boolean;
}

/**
 * DAMON on virtual address spaces, with any access primitive. `vaddr` finds its ranges itself (three, around the two biggest gaps) and
 * follows the address space; `fvaddr` monitors exactly the ranges that it is given.
 *
 * @kernel mm/damon/vaddr.c (7.3, 6.12)
 */
export class VaddrOperations implements DamonOperations {
  readonly name: 'vaddr' | 'fvaddr';
  readonly #primitive: AccessPrimitive;
  readonly #targets: readonly VaddrTarget[];
  readonly #rng: DamonRandom;
  readonly #profile: KernelProfile;
  /** By target: the entry that each region's sampling address lies in, from prepare to check. */
  readonly #entries: Int32Array[] = [];

  constructor(
    name: 'vaddr' | 'fvaddr',
    primitive: AccessPrimitive,
    targets: readonly VaddrTarget[],
    rng: DamonRandom,
    profile: KernelProfile,
  ) {
    this.name = name;
    this.#primitive = primitive;
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
    this.#primitive.prepare(target, regions, entries);
  }

  /** @kernel mm/damon/vaddr.c damon_va_check_accesses */
  checkAccesses(target: number, regions: RegionList): number {
    if (this.#targets[target].hasMemory()) this.#primitive.check(target, regions, this.#sampledEntries(target, regions.length));
    let most = 0;
    for (let i = 0; i < regions.length; i++) most = Math.max(most, regions.nrAccesses[i]);
    return most;
  }

  /** @kernel mm/damon/vaddr.c damon_va_target_valid */
  targetValid(target: number): boolean {
    return this.#targets[target].alive();
  }

  #sampledEntries(target: number, length: number): Int32Array {
    const entries = this.#entries[target];
    if (entries !== undefined && entries.length >= length) return entries;
    this.#entries[target] = new Int32Array(2 * length);
    return this.#entries[target];
  }
}
