import type { Prng, StateTape } from '@damonlab/base';

/** masim's `rand_arr_sz`: numbers in one array. */
export const ARRAY_NUMBERS = 1000;
/** masim's `rand_batch`: arrays in the table. */
export const NR_ARRAYS = 1000;
/** Numbers in the whole table, and so the most different places that random accesses to one region can hit. */
export const TABLE_NUMBERS = NR_ARRAYS * ARRAY_NUMBERS;

/**
 * The way through a table of pre-drawn random numbers: one array from front to back, then another one picked at
 * random. The first array is array 0.
 */
export class ArrayWalk {
  readonly #rng: Prng;
  #array = 0;
  #used = 0;

  /** `rng` picks the arrays. */
  constructor(rng: Prng) {
    this.#rng = rng;
  }

  /** Index in the table of the next number; picks the next array if the last one is used up. */
  seek(): number {
    if (this.#used === ARRAY_NUMBERS) {
      this.#array = this.#rng.below(NR_ARRAYS);
      this.#used = 0;
    }
    return this.#array * ARRAY_NUMBERS + this.#used;
  }

  /** Numbers left in the array of the last `seek`. */
  get left(): number {
    return ARRAY_NUMBERS - this.#used;
  }

  /** The array that the walk is in. */
  get array(): number {
    return this.#array;
  }

  save(tape: StateTape): void {
    tape.put(this.#array);
    tape.put(this.#used);
  }

  restore(tape: StateTape): void {
    this.#array = tape.take();
    this.#used = tape.take();
  }

  /** Use up `count` ≤ `left` numbers. */
  skip(count: number): void {
    this.#used += count;
  }
}
