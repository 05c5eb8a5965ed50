import { UserError } from '@damonlab/base';

/** Pages per chunk of the bitmap. */
const CHUNK = 1 << 15;
/** So many parts take half a GiB. No program is scattered like that, so what is has another kind of numbers for addresses. */
const MOST_CHUNKS = 1 << 17;

/** A half-open range of page numbers. */
export interface PageRange {
  readonly start: number;
  readonly end: number;
}

/** A set of pages of a 64-bit address space: bitmaps for the parts that are used, one bit a page. */
export class PageSet {
  readonly #chunks = new Map<number, Uint32Array>();
  #size = 0;
  #lastKey = -1;
  #last: Uint32Array = new Uint32Array(0);

  get size(): number {
    return this.#size;
  }

  add(page: number): void {
    const bits = this.#chunk(Math.floor(page / CHUNK));
    const at = page % CHUNK;
    const word = at >>> 5;
    const bit = 1 << (at & 31);
    if ((bits[word] & bit) !== 0) return;
    bits[word] |= bit;
    this.#size++;
  }

  has(page: number): boolean {
    const at = page % CHUNK;
    const bits = this.#chunks.get(Math.floor(page / CHUNK));
    return bits !== undefined && (bits[at >>> 5] & (1 << (at & 31))) !== 0;
  }

  addRange(start: number, end: number): void {
    for (let page = start; page < end; page++) this.add(page);
  }

  /** Number of pages that are in both sets. */
  common(other: PageSet): number {
    let shared = 0;
    for (const [key, bits] of this.#chunks) {
      const theirs = other.#chunks.get(key);
      if (theirs === undefined) continue;
      for (let i = 0; i < bits.length; i++) shared += bitCount(bits[i] & theirs[i]);
    }
    return shared;
  }

  /** The set as sorted ranges; those with gaps of at most `gap` pages between them become one. */
  ranges(gap = 0): PageRange[] {
    const ranges: { start: number; end: number }[] = [];
    for (const key of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const bits = this.#chunks.get(key) as Uint32Array;
      for (let at = 0; at < CHUNK; at++) {
        if (bits[at >>> 5] === 0) {
          at |= 31;
          continue;
        }
        if ((bits[at >>> 5] & (1 << (at & 31))) === 0) continue;
        const page = key * CHUNK + at;
        const last = ranges[ranges.length - 1];
        if (last !== undefined && page - last.end <= gap) last.end = page + 1;
        else ranges.push({ start: page, end: page + 1 });
      }
    }
    return ranges;
  }

  #chunk(key: number): Uint32Array {
    if (key === this.#lastKey) return this.#last;
    let bits = this.#chunks.get(key);
    if (bits === undefined) {
      if (this.#chunks.size >= MOST_CHUNKS) {
        const expected = `addresses in at most ${MOST_CHUNKS} different ranges of 128 MiB`;
        throw new UserError('addresses all over the place', { expected, hint: 'is this really a trace of memory accesses?' });
      }
      bits = new Uint32Array(CHUNK / 32);
      this.#chunks.set(key, bits);
    }
    this.#lastKey = key;
    this.#last = bits;
    return bits;
  }
}

function bitCount(word: number): number {
  let n = word - ((word >>> 1) & 0x5555_5555);
  n = (n & 0x3333_3333) + ((n >>> 2) & 0x3333_3333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
