import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import type { StateTape } from './state-tape.js';

/** Words of a generator's state. */
const STATE_WORDS = 4;

/**
 * Named random streams. Each consumer draws from its own stream, so that one more draw in one place
 * never shifts the numbers of another: results stay comparable between versions and between rules.
 */
export class Prng {
  #generator: RandomGenerator;

  private constructor(generator: RandomGenerator) {
    this.#generator = generator;
  }

  /** The stream called `name` of a run with `seed` (a non-negative safe integer). Same arguments, same numbers. */
  static stream(seed: number, name: string): Prng {
    const words: number[] = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35].map((basis) => hash32(`${name}#${seed}`, basis));
    // xoroshiro's one forbidden state is all zeros.
    if (!words.some((word) => word !== 0)) words[0] = 1;
    const generator = xoroshiro128plusFromState(words);
    return new Prng(generator);
  }

  /** Where the stream stands, to be gone on from by `restore`, on another thread perhaps. */
  save(tape: StateTape): void {
    for (const word of this.#generator.getState()) tape.put(word);
  }

  restore(tape: StateTape): void {
    this.#generator = xoroshiro128plusFromState(Array.from({ length: STATE_WORDS }, () => tape.take()));
  }

  /** Uniform integer in [0, 2^32). */
  next32(): number {
    return this.#generator.next() >>> 0;
  }

  /** Uniform integer in [0, span), 1 ≤ span ≤ 2^53. The bias is below 2^-11 of one part in `span`, as in the kernel. */
  below(span: number): number {
    if (span <= 0x1_0000_0000) return Math.floor((this.next32() * span) / 0x1_0000_0000);
    return Math.floor(this.nextUnit() * span);
  }

  /** Uniform real in [0, 1) with 53 random bits. */
  nextUnit(): number {
    const high = this.next32() >>> 5;
    const low = this.next32() >>> 6;
    return (high * 0x400_0000 + low) / 0x20_0000_0000_0000;
  }
}

/** FNV-1a over UTF-16 code units, 32 bits: spreads stream names, not for security. */
function hash32(text: string, basis: number): number {
  let h = basis;
  for (let i = 0; i < text.length; i++) {
    h ^= text.charCodeAt(i);
    h = Math.imul(h, 0x01000193);
  }
  // Final avalanche, so that names that differ in the last letter differ in all bits.
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
