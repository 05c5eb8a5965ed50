import type { KernelEnv } from './kernel-env.js';

/** What a kernel over a list works on. */
export interface PagesKernelEnv extends KernelEnv {
  /** Page numbers, relative to the `first` of a call. */
  readonly pages: Uint32Array;
}

/**
 * Access pages[from, to) of the region whose first entry is `first`, one after the other, without an eye on the clock.
 * Returns how many were made: it stops before one that faults. `env.out`: [0] TLB misses, [1] ps spent beside computing.
 * Whole call ≤ 2^31 ps.
 */
export type PagesKernel = (from: number, to: number, first: number, write: number) => number;

// Literals in the loops: 0x10101 is MARK_WRITE, 0x101 MARK_READ, `| 1` the byte Mark.touched, 0x80 Pte.huge, 9 bits of entries
// below a PMD. A specialised function sees no imports.

/** The loop with a TLB: what `AccessCore.access` does, inlined. Used through `specialise`: no imports, no `this`. */
export function walkedKernel(env: PagesKernelEnv): PagesKernel {
  const { pages, flags, amend, marks8, marks16, marks32, pmdAccessed, pmdDirty, cost, out } = env;
  const { stamp, inserted, setMask, span, push } = env.small;
  const { stamp: hugeStamp, inserted: hugeInserted, setMask: hugeSetMask, span: hugeSpan, push: hugePush } = env.huge;
  return (from, to, first, write) => {
    let misses = 0;
    let spent = 0;
    let i = from;
    for (; i < to; i++) {
      const pte = (first + pages[i]) | 0;
      const set = pte & setMask;
      const mark = stamp[pte];
      const count = inserted[set];
      const flag = flags[pte] ^ amend[pte];
      if ((count - mark) >>> 0 < span) {
        if ((mark & write) === write) {
          marks8[(pte << 2) | 1] = 1;
          spent = (spent + cost[flag]) | 0;
        } else {
          // Resident but not known to be dirty: the walk sets the bits and inserts nothing.
          if (cost[256 | flag] === 0) break;
          marks32[pte] = 0x10101;
          stamp[pte] = mark | 1;
          misses = (misses + 1) | 0;
          spent = (spent + cost[256 | flag]) | 0;
        }
      } else if (flag < 0x80) {
        const walk = cost[256 | flag];
        if (walk === 0) break;
        if (write === 1) marks32[pte] = 0x10101;
        else marks16[pte << 1] = 0x101;
        const next = (count + push) | 0;
        inserted[set] = next;
        stamp[pte] = (next - 1 + write) | 0;
        misses = (misses + 1) | 0;
        spent = (spent + walk) | 0;
      } else {
        const pmd = pte >> 9;
        const hugeSet = pmd & hugeSetMask;
        const hugeMark = hugeStamp[pmd];
        const resident = (hugeInserted[hugeSet] - hugeMark) >>> 0 < hugeSpan;
        if (resident && (hugeMark & write) === write) {
          marks8[(pte << 2) | 1] = 1;
          spent = (spent + cost[flag & 0x7f]) | 0;
        } else {
          const walk = cost[256 | (flag & 0x7f)];
          if (walk === 0) break;
          marks8[(pte << 2) | 1] = 1;
          pmdAccessed[pmd] = 1;
          if (write === 1) pmdDirty[pmd] = 1;
          if (!resident) hugeInserted[hugeSet] = (hugeInserted[hugeSet] + hugePush) | 0;
          hugeStamp[pmd] = resident ? hugeMark | write : (hugeInserted[hugeSet] - 1 + write) | 0;
          misses = (misses + 1) | 0;
          spent = (spent + walk) | 0;
        }
      }
    }
    out[0] = misses;
    out[1] = spent;
    return i - from;
  };
}

/** The loop without a TLB: every access marks its page. */
export function idealKernel(env: PagesKernelEnv): PagesKernel {
  const { pages, flags, amend, marks8, marks16, marks32, pmdAccessed, pmdDirty, cost, out } = env;
  return (from, to, first, write) => {
    let spent = 0;
    let i = from;
    for (; i < to; i++) {
      const pte = (first + pages[i]) | 0;
      const flag = flags[pte] ^ amend[pte];
      if (flag < 0x80) {
        if (cost[256 | flag] === 0) break;
        if (write === 1) marks32[pte] = 0x10101;
        else marks16[pte << 1] = 0x101;
      } else {
        if (cost[256 | (flag & 0x7f)] === 0) break;
        marks8[(pte << 2) | 1] = 1;
        pmdAccessed[pte >> 9] = 1;
        if (write === 1) pmdDirty[pte >> 9] = 1;
      }
      spent = (spent + cost[flag & 0x7f]) | 0;
    }
    out[0] = 0;
    out[1] = spent;
    return i - from;
  };
}
