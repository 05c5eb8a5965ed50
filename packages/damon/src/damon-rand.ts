import { mulHigh32, scale64 } from './exact.js';
import type { KernelProfile } from './profile.js';

/** Where random numbers come from; one stream per context. `Prng` is one. */
export interface DamonRandom {
  /** Uniform integer in [0, 2^32). */
  next32(): number;
}

const U32_MAX = 0xffff_ffff;
const U32_SPAN = 2 ** 32;

/**
 * Uniform integer in [l, r), `l < r`.
 * 7.3 draws 64 bits for spans above 2^32 − 1. 6.12 cuts the span to 32 bits; a cut span of 0 means 2^32.
 *
 * @kernel include/linux/damon.h damon_rand (7.3, 6.12)
 */
export function damonRand(rng: DamonRandom, l: number, r: number, profile: KernelProfile): number {
  const span = r - l;
  if (span <= U32_MAX) return l + mulHigh32(rng.next32(), span);
  if (!profile.rand32) return l + scale64(rng.next32(), rng.next32(), span);
  const cut = span % U32_SPAN;
  const word = rng.next32();
  return l + (cut === 0 ? word : mulHigh32(word, cut));
}
