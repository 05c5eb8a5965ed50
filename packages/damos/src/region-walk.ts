import { assert } from '@damonlab/base';
import { type KernelProfile, mergeTwoRegions, RegionList } from '@damonlab/damon';

/**
 * A pass over the regions of one target in which the region at hand may be cut, and joined to the one before it, in place and in
 * linear time: what has been passed is packed at the front, what lies ahead stays where it is. Until `next()` says that the pass is over,
 * only `at` and what is before it may be read from the list.
 */
export class RegionWalk {
  regions = new RegionList(0);
  /** Index of the region at hand; −1 before the first. */
  at = -1;
  /** Index of the next one. */
  #ahead = 0;

  /** Start a pass over `regions`. */
  begin(regions: RegionList): void {
    this.regions = regions;
    this.at = -1;
    this.#ahead = 0;
  }

  /** Go to the next region; false after the last, then the list is whole again. */
  next(): boolean {
    const { regions } = this;
    if (this.#ahead >= regions.length) {
      regions.length = this.at + 1;
      return false;
    }
    this.at++;
    if (this.at !== this.#ahead) regions.copyRegion(this.#ahead, this.at);
    this.#ahead++;
    return true;
  }

  get start(): number {
    return this.regions.start[this.at];
  }

  get end(): number {
    return this.regions.end[this.at];
  }

  /** Bytes of the region at hand. */
  get bytes(): number {
    return this.end - this.start;
  }

  get isLast(): boolean {
    return this.#ahead >= this.regions.length;
  }

  /** Regions of the target, as cut and joined so far. */
  get nrRegions(): number {
    return this.regions.length - (this.#ahead - this.at - 1);
  }

  /** Cut the region at hand after `bytes`: the left part stays at hand, the right one is next. @kernel damon_split_region_at */
  split(bytes: number): void {
    const { regions, at } = this;
    if (this.#ahead === at + 1) {
      regions.splitAt(at, bytes);
      return;
    }
    const cut = regions.start[at] + bytes;
    assert(bytes > 0 && cut < regions.end[at], 'a split leaves bytes on both sides');
    regions.copyRegion(at, --this.#ahead);
    regions.start[this.#ahead] = cut;
    regions.end[at] = cut;
  }

  /**
   * Join the region at hand to the one before it if that loses nothing: they touch, all counters are equal, and together they have
   * at most `maxBytes`. The joined region is then at hand.
   *
   * @kernel mm/damon/core.c damos_apply_target (7.3)
   */
  mergeBack(maxBytes: number, profile: KernelProfile): void {
    const { regions, at } = this;
    const before = at - 1;
    const same =
      at > 0 &&
      regions.end[before] === regions.start[at] &&
      regions.age[before] === regions.age[at] &&
      regions.nrAccesses[before] === regions.nrAccesses[at] &&
      regions.lastNrAccesses[before] === regions.lastNrAccesses[at];
    if (!same || regions.end[at] - regions.start[before] > maxBytes) return;
    mergeTwoRegions(regions, before, at, profile);
    this.at = before;
  }
}
