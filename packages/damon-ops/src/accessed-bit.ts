import type { KernelProfile, RegionList } from '@damonlab/damon';
import { type Memory, mkoldAll, NO_ENTRY, young } from '@damonlab/mm';
import type { AccessPrimitive, PrimitiveWork } from './primitive.js';

/** The Accessed bit: clear it, sleep, look. Sees that a page was accessed, never by whom; a TLB can hide it. */
export class AccessedBit implements AccessPrimitive {
  readonly work: PrimitiveWork = { mapped: 0, hole: 0, armed: 0 };
  readonly #memory: Memory;
  readonly #profile: KernelProfile;
  #lruEntries = new Int32Array(0);

  constructor(memory: Memory, profile: KernelProfile) {
    this.#memory = memory;
    this.#profile = profile;
  }

  /** @kernel mm/damon/vaddr.c damon_va_prepare_access_checks (7.3, 6.12) */
  prepare(_target: number, regions: RegionList, entries: Int32Array): void {
    const mapped = mkoldAll(this.#memory.image, this.#onLru(entries, regions.length), regions.length);
    this.work.mapped += mapped;
    this.work.hole += regions.length - mapped;
  }

  /** @kernel mm/damon/vaddr.c damon_va_check_accesses (7.3, 6.12) */
  check(_target: number, regions: RegionList, entries: Int32Array): void {
    const { image } = this.#memory;
    const seen = this.#profile.nonLruYoung ? entries : this.#onLru(entries, regions.length);
    for (let i = 0; i < regions.length; i++) if (young(image, seen[i])) regions.nrAccesses[i]++;
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
}
