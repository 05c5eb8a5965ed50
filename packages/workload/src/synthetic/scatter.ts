import type { Prng } from '@damonlab/base';

const NR_ROUNDS = 4;

/**
 * A seeded permutation of the numbers 0 to `count` - 1 that needs no memory: a Feistel network over the next power of
 * four, walked until it lands inside the range.
 */
export class Scatter {
  readonly #count: number;
  readonly #halfBits: number;
  readonly #mask: number;
  readonly #keys: readonly number[];

  /** 1 ≤ `count` ≤ 2^52. */
  constructor(count: number, rng: Prng) {
    this.#count = count;
    this.#halfBits = Math.max(1, Math.ceil(Math.log2(count) / 2));
    this.#mask = 2 ** this.#halfBits - 1;
    this.#keys = Array.from({ length: NR_ROUNDS }, () => rng.next32());
  }

  at(index: number): number {
    let value = index;
    do value = this.#encrypt(value);
    while (value >= this.#count);
    return value;
  }

  #encrypt(value: number): number {
    const span = this.#mask + 1;
    let high = Math.floor(value / span);
    let low = value % span;
    for (const key of this.#keys) {
      const mixed = (high ^ (mix32(low ^ key) & this.#mask)) >>> 0;
      high = low;
      low = mixed;
    }
    return high * span + low;
  }
}

/** An avalanche over 32 bits: every input bit reaches every output bit. */
function mix32(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x7feb352d);
  h ^= h >>> 15;
  h = Math.imul(h, 0x846ca68b);
  return h ^ (h >>> 16);
}
