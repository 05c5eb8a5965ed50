import type { RegionList } from '@damonlab/damon';
import type { AccessPrimitive } from '@damonlab/damon-ops';
import { Mark, type MemoryImage, Pte } from '@damonlab/mm';
import { MOST_CHECKED, type RaceCounts, type WallViews } from './layout.js';

/**
 * Says what the kdamond found at a check, so that a CPU that has not come to that time yet can tell which of its accesses come too late.
 * It stands before DAMON's primitive and changes nothing.
 */
export class AuditedPrimitive implements AccessPrimitive {
  readonly #inner: AccessPrimitive;
  readonly #views: WallViews;
  readonly #image: MemoryImage;
  readonly #found = new Uint32Array(MOST_CHECKED);
  #length = 0;
  #before = new Uint32Array(0);

  constructor(inner: AccessPrimitive, image: MemoryImage, views: WallViews) {
    this.#inner = inner;
    this.#views = views;
    this.#image = image;
  }

  get work(): AccessPrimitive['work'] {
    return this.#inner.work;
  }

  check(target: number, regions: RegionList, entries: Int32Array): void {
    if (this.#before.length < regions.length) this.#before = new Uint32Array(2 * regions.length);
    this.#before.set(regions.nrAccesses.subarray(0, regions.length));
    this.#inner.check(target, regions, entries);
    for (let i = 0; i < regions.length; i++) if (regions.nrAccesses[i] === this.#before[i]) this.#note(entries[i], 0);
  }

  prepare(target: number, regions: RegionList, entries: Int32Array): void {
    this.#inner.prepare(target, regions, entries);
    for (let i = 0; i < regions.length; i++) this.#note(entries[i], 1);
  }

  /** The wake-up of `nowNs` is over: let the CPUs know. */
  publish(nowNs: number): void {
    const { checkWords, checkNs, checked } = this.#views;
    Atomics.add(checkWords, 0, 1);
    checked.set(this.#found.subarray(0, this.#length));
    checkNs[0] = nowNs;
    Atomics.store(checkWords, 1, this.#length);
    Atomics.add(checkWords, 0, 1);
    this.#length = 0;
  }

  /** What a PMD maps has its Accessed bit elsewhere. */
  #note(pte: number, cleared: number): void {
    if (pte < 0 || this.#length === MOST_CHECKED) return;
    const flags = this.#image.pteFlags[pte];
    if ((flags & Pte.present) === 0 || flags >= Pte.huge) return;
    this.#found[this.#length++] = 2 * pte + cleared;
  }
}

/** One CPU's look at the last check. */
export class CheckReader {
  readonly #views: WallViews;
  readonly #marks: Uint8Array;
  readonly #counts: RaceCounts;
  readonly #entries = new Uint32Array(MOST_CHECKED);
  #length = 0;
  #last = 0;

  constructor(views: WallViews, image: MemoryImage, counts: RaceCounts) {
    this.#views = views;
    this.#marks = image.marks8;
    this.#counts = counts;
  }

  /** When the last check was, if that lies in (`fromNs`, `toNs`) and was not looked at yet; else -1. */
  pending(fromNs: number, toNs: number): number {
    const { checkWords, checkNs } = this.#views;
    const written = Atomics.load(checkWords, 0);
    if (written === this.#last || written % 2 === 1) return -1;
    const atNs = checkNs[0];
    if (atNs >= toNs) return -1;
    this.#counts.missed_checks += this.#last === 0 ? 0 : (written - this.#last) / 2 - 1;
    this.#last = written;
    if (atNs <= fromNs || !this.#copy(written)) return -1;
    return atNs;
  }

  /** The CPU has come to the time of the check: what is marked now was marked too late. */
  count(): void {
    for (let i = 0; i < this.#length; i++) {
      const entry = this.#entries[i];
      if (this.#marks[4 * (entry >>> 1) + Mark.accessed] === 0) continue;
      if ((entry & 1) === 0) this.#counts.lost_accessed++;
      else this.#counts.late_accessed++;
    }
  }

  /** Keep those entries that nobody has marked yet. */
  #copy(written: number): boolean {
    const { checkWords, checked } = this.#views;
    const length = Atomics.load(checkWords, 1);
    this.#length = 0;
    for (let i = 0; i < length; i++) {
      const entry = checked[i];
      if (this.#marks[4 * (entry >>> 1) + Mark.accessed] === 0) this.#entries[this.#length++] = entry;
    }
    return Atomics.load(checkWords, 0) === written;
  }
}
