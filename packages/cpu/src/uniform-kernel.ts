import type { PagesKernelEnv } from './pages-kernel.js';

/**
 * Access pages[from, to) of a region all of whose pages are mapped alike, with the flag byte `like`: small pages of one node.
 * Every access then costs the same but for the walk, so all that is left to count is misses (`env.out[0]`). Armed pages are the
 * exception: no TLB holds them, so the walk finds them (nobody looks for them unless `arming`). Arming a page drops it from the
 * TLB, and the stamp tells a dropped page until it is walked again (a negative distance): only then there is something to look for, on
 * a branch that no other access takes. With a TLB, the faults of up to `room` (`MOST_NOTED`) armed pages are noted and passed, as
 * such a page is then like the others: `env.out[1]` is their number, then come pairs of the index in `pages` and the misses before it.
 *
 * Returns how many accesses were made: it stops before an armed page that it does not note.
 */
export type UniformKernel = (from: number, to: number, first: number, like: number, room: number) => number;

/** Most faults that a call can note. */
export const MOST_NOTED = 32;
/** Length of `env.out`, which kernels over sequences need most of. */
export const KERNEL_OUT = 4 + 3 * MOST_NOTED;

// Literals as in the general kernels. One comparison an access decides everything: see `TlbArray` for what the distance
// between counter and stamp means. A dropped page leaves the inner loop: slow code in it, once run, takes a quarter of its speed.

/** Reads, with a TLB. Used through `specialise`: no imports, no `this`. */
export function walkedReads(env: PagesKernelEnv): UniformKernel {
  const { pages, flags, amend, marks8, marks16, out, arming } = env;
  const { stamp, inserted, setMask, span, push } = env.small;
  return (from, to, first, like, room) => {
    let misses = 0;
    let noted = 0;
    let i = from;
    for (;;) {
      for (; i < to; i++) {
        const pte = (first + pages[i]) | 0;
        const set = pte & setMask;
        const count = inserted[set];
        const distance = (count - stamp[pte]) | 0;
        if (distance < span) {
          if (distance < 0) break;
          marks8[(pte << 2) | 1] = 1;
          continue;
        }
        marks16[pte << 1] = 0x101;
        const next = (count + push) | 0;
        inserted[set] = next;
        stamp[pte] = (next - 1) | 0;
        misses = (misses + 1) | 0;
      }
      if (i >= to) break;
      const pte = (first + pages[i]) | 0;
      if (arming && (flags[pte] ^ amend[pte]) !== like) {
        if (noted === room) break;
        noted = (noted + 1) | 0;
        out[noted << 1] = i;
        out[(noted << 1) | 1] = misses;
      }
      marks16[pte << 1] = 0x101;
      const set = pte & setMask;
      inserted[set] = (inserted[set] + push) | 0;
      stamp[pte] = (inserted[set] - 1) | 0;
      misses = (misses + 1) | 0;
      i++;
    }
    out[0] = misses;
    out[1] = noted;
    return i - from;
  };
}

/** Writes, with a TLB. */
export function walkedWrites(env: PagesKernelEnv): UniformKernel {
  const { pages, flags, amend, marks8, marks32, out, arming } = env;
  const { stamp, inserted, setMask, span, push } = env.small;
  const ways = span >> 1;
  return (from, to, first, like, room) => {
    let misses = 0;
    let noted = 0;
    let i = from;
    for (;;) {
      for (; i < to; i++) {
        const pte = (first + pages[i]) | 0;
        const set = pte & setMask;
        const count = inserted[set];
        const distance = (count - stamp[pte]) | 0;
        // Rotated right, an odd distance (not known as dirty) is a huge number: a hit is resident and dirty in one comparison.
        if (((distance >>> 1) | (distance << 31)) >>> 0 < ways) marks8[(pte << 2) | 1] = 1;
        else {
          if (distance < 0) break;
          marks32[pte] = 0x10101;
          misses = (misses + 1) | 0;
          if (distance < span) {
            // Resident but not known to be dirty: the walk sets the bits and inserts nothing.
            stamp[pte] |= 1;
            continue;
          }
          const next = (count + push) | 0;
          inserted[set] = next;
          stamp[pte] = next;
        }
      }
      if (i >= to) break;
      const pte = (first + pages[i]) | 0;
      if (arming && (flags[pte] ^ amend[pte]) !== like) {
        if (noted === room) break;
        noted = (noted + 1) | 0;
        out[noted << 1] = i;
        out[(noted << 1) | 1] = misses;
      }
      marks32[pte] = 0x10101;
      const set = pte & setMask;
      inserted[set] = (inserted[set] + push) | 0;
      stamp[pte] = inserted[set];
      misses = (misses + 1) | 0;
      i++;
    }
    out[0] = misses;
    out[1] = noted;
    return i - from;
  };
}

/** Reads, without a TLB. */
export function idealReads(env: PagesKernelEnv): UniformKernel {
  const { pages, flags, amend, marks16, out, arming } = env;
  return (from, to, first, like) => {
    let i = from;
    for (; i < to; i++) {
      const pte = (first + pages[i]) | 0;
      if (arming && (flags[pte] ^ amend[pte]) !== like) break;
      marks16[pte << 1] = 0x101;
    }
    out[0] = 0;
    out[1] = 0;
    return i - from;
  };
}

/** Writes, without a TLB. */
export function idealWrites(env: PagesKernelEnv): UniformKernel {
  const { pages, flags, amend, marks32, out, arming } = env;
  return (from, to, first, like) => {
    let i = from;
    for (; i < to; i++) {
      const pte = (first + pages[i]) | 0;
      if (arming && (flags[pte] ^ amend[pte]) !== like) break;
      marks32[pte] = 0x10101;
    }
    out[0] = 0;
    out[1] = 0;
    return i - from;
  };
}
