/** One array of the TLB: translations of one page size. */
export interface TlbGeometry {
  /** A power of two. */
  readonly sets: number;
  readonly ways: number;
  /** Whether an insertion pushes the oldest of its set out; if not, nothing ever is. */
  readonly pushes: boolean;
}

/** Count from the start again long before the counters could overflow an Int32. */
const REBASE_AT = 2 ** 30;
/** Stamp of a page whose translation was dropped: later than any insertion, its distance to `inserted` is negative. Even: not dirty. */
const DROPPED = 2 ** 31 - 2;

/**
 * A set-associative TLB with first-in-first-out sets, kept as stamps instead of tags. `inserted[set]` is 2n + 1 after n
 * insertions into the set; `stamp[page]` is that number right after the page went in, or one less while the entry does
 * not know the page as dirty. A page is resident iff fewer than `ways` insertions followed its own, that is
 * 0 <= inserted - stamp < `span`, which is one unsigned comparison. A lookup is two loads, an insertion two stores, a flush one
 * addition per set; there is no victim to find, and a hit changes nothing.
 */
export class TlbArray {
  readonly stamp: Int32Array;
  readonly inserted: Int32Array;
  readonly setMask: number;
  /** 2 × ways. */
  readonly span: number;
  /** What an insertion adds to `inserted`: 2, or 0 if nothing is ever pushed out. */
  readonly push: number;

  /** `nrPages`: pages (or 2 MiB windows) that can ever be asked for. */
  constructor(nrPages: number, geometry: TlbGeometry) {
    this.stamp = new Int32Array(nrPages);
    this.setMask = geometry.sets - 1;
    this.span = 2 * geometry.ways;
    this.push = geometry.pushes ? 2 : 0;
    // Stamp 0 must mean "absent": start a whole set of insertions ahead of it.
    this.inserted = new Int32Array(geometry.sets).fill(this.span + 1);
  }

  /** Whether `page` is resident, for a write (`write` 1) also known as dirty. */
  hit(page: number, write: number): boolean {
    return this.#resident(page) && (this.stamp[page] & write) === write;
  }

  /** Insert `page`, or note that a resident page is now dirty. */
  fill(page: number, write: number): void {
    if (this.#resident(page)) {
      this.stamp[page] |= write;
      return;
    }
    const set = page & this.setMask;
    this.inserted[set] += this.push;
    this.stamp[page] = this.inserted[set] - 1 + write;
  }

  /** Before a run of insertions: no counter may overflow within the next 2^29 of them. */
  makeRoom(): void {
    for (let set = 0; set <= this.setMask; set++) {
      if (this.inserted[set] >= REBASE_AT) {
        this.#rebase();
        return;
      }
    }
  }

  /** Drop one translation. @kernel flush_tlb_page */
  invalidate(page: number): void {
    this.stamp[page] = DROPPED;
  }

  /** Drop everything. */
  flush(): void {
    for (let set = 0; set <= this.setMask; set++) this.inserted[set] += this.span;
    this.makeRoom();
  }

  /** Drop the translations of pages [first, end). */
  flushRange(first: number, end: number): void {
    const { stamp } = this;
    // Most ranges are one page: a call of `fill` would take ten times as long.
    for (let page = first; page < end; page++) stamp[page] = DROPPED;
  }

  /** Resident pages of [first, end); `age`: insertions into its set since its own. For tests and checks. */
  residents(first: number, end: number): { page: number; age: number; dirty: boolean }[] {
    const found = [];
    for (let page = first; page < end; page++) {
      const distance = this.inserted[page & this.setMask] - this.stamp[page];
      if (this.#resident(page)) found.push({ page, age: distance >> 1, dirty: (this.stamp[page] & 1) === 1 });
    }
    return found;
  }

  #resident(page: number): boolean {
    return (this.inserted[page & this.setMask] - this.stamp[page]) >>> 0 < this.span;
  }

  /** Distances between stamps and counters stay; that is all that counts. */
  #rebase(): void {
    const { stamp, inserted, span, setMask } = this;
    const start = 2 * span + 1;
    for (let page = 0; page < stamp.length; page++) {
      const distance = inserted[page & setMask] - stamp[page];
      if (distance >= 0) stamp[page] = distance < span ? start - distance : 0;
    }
    inserted.fill(start);
  }
}
