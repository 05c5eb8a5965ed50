import type { PagesKernelEnv } from './pages-kernel.js';

/**
 * Access pages[from, to) of a region all of whose pages are mapped alike: small pages of one node, none of which faults.
 * Every access then costs the same but for the walk, so all that is left to count is misses. Returns their number.
 */
export type UniformKernel = (from: number, to: number, first: number) => number;

// Literals as in the general kernels. One comparison an access decides everything: see `TlbArray` for what the distance
// between counter and stamp means.

/** Reads, with a TLB. Used through `specialise`: no imports, no `this`. */
export function walkedReads(env: PagesKernelEnv): UniformKernel {
  const { pages, marks8, marks16 } = env;
  const { stamp, inserted, setMask, span, push } = env.small;
  return (from, to, first) => {
    let misses = 0;
    for (let i = from; i < to; i++) {
      const pte = (first + pages[i]) | 0;
      const set = pte & setMask;
      const count = inserted[set];
      if (((count - stamp[pte]) | 0) < span) marks8[(pte << 2) | 1] = 1;
      else {
        marks16[pte << 1] = 0x101;
        const next = (count + push) | 0;
        inserted[set] = next;
        stamp[pte] = (next - 1) | 0;
        misses = (misses + 1) | 0;
      }
    }
    return misses;
  };
}

/** Writes, with a TLB. */
export function walkedWrites(env: PagesKernelEnv): UniformKernel {
  const { pages, marks8, marks32 } = env;
  const { stamp, inserted, setMask, span, push } = env.small;
  const ways = span >> 1;
  return (from, to, first) => {
    let misses = 0;
    for (let i = from; i < to; i++) {
      const pte = (first + pages[i]) | 0;
      const set = pte & setMask;
      const count = inserted[set];
      const distance = (count - stamp[pte]) | 0;
      // Rotated right, an odd distance (not known as dirty) is a huge number: a hit is resident and dirty in one comparison.
      if (((distance >>> 1) | (distance << 31)) >>> 0 < ways) marks8[(pte << 2) | 1] = 1;
      else {
        marks32[pte] = 0x10101;
        misses = (misses + 1) | 0;
        if (distance < span) stamp[pte] |= 1;
        else {
          const next = (count + push) | 0;
          inserted[set] = next;
          stamp[pte] = next;
        }
      }
    }
    return misses;
  };
}

/** Reads, without a TLB. */
export function idealReads(env: PagesKernelEnv): UniformKernel {
  const { pages, marks16 } = env;
  return (from, to, first) => {
    for (let i = from; i < to; i++) marks16[((first + pages[i]) | 0) << 1] = 0x101;
    return 0;
  };
}

/** Writes, without a TLB. */
export function idealWrites(env: PagesKernelEnv): UniformKernel {
  const { pages, marks32 } = env;
  return (from, to, first) => {
    for (let i = from; i < to; i++) marks32[(first + pages[i]) | 0] = 0x10101;
    return 0;
  };
}
