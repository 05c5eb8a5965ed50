import type { KernelEnv } from './kernel-env.js';

/**
 * `count` accesses at `inPage`, `inPage` + stride, … from entry `pte` on, without a wrap and without an eye on the clock. The stride is
 * `stepPages` pages and `stepBytes` bytes. Returns how many were made: it stops before one that faults. `env.out`: [0] TLB
 * misses, [1] ps spent beside computing and faults, [2] pages visited. Whole call ≤ 2^31 ps.
 *
 * With a TLB, the hinting faults of up to `room` (`MOST_NOTED`) armed pages are noted and passed: `env.out[3]` is their number, then come
 * the entry, the accesses made before it and the ps spent on them for each. (A call visits no page twice, so nothing else need know.)
 */
export type SequenceKernel = (
  count: number,
  pte: number,
  inPage: number,
  stepPages: number,
  stepBytes: number,
  write: number,
  room: number,
) => number;

// Literals as in the kernels over lists; 0x20 is Pte.protNone. What is rare is outside of the
// inner loop: code that was run once takes registers from it (docs/decisions/0003).

/** With a TLB. Used through `specialise`: no imports, no `this`. */
export function walkedSequence(env: KernelEnv): SequenceKernel {
  const { flags, amend, marks8, marks16, marks32, cost, out } = env;
  const { stamp, inserted, setMask, span, push } = env.small;
  return (count, firstPte, firstInPage, stepPages, stepBytes, write, room) => {
    let pte = firstPte | 0;
    let inPage = firstInPage | 0;
    let left = count | 0;
    let misses = 0;
    let spent = 0;
    let visits = 0;
    let noted = 0;
    for (;;) {
      while (left > 0) {
        const flag = flags[pte] ^ amend[pte];
        const set = pte & setMask;
        const mark = stamp[pte];
        const inserts = inserted[set];
        const resident = (inserts - mark) >>> 0 < span;
        if (resident && (mark & write) === write) {
          marks8[(pte << 2) | 1] = 1;
          spent = (spent + cost[flag]) | 0;
        } else {
          const walk = cost[256 | flag];
          if (walk === 0 || flag >= 0x80) break;
          if (write === 1) marks32[pte] = 0x10101;
          else marks16[pte << 1] = 0x101;
          if (resident) stamp[pte] = mark | 1;
          else {
            const next = (inserts + push) | 0;
            inserted[set] = next;
            stamp[pte] = (next - 1 + write) | 0;
          }
          misses = (misses + 1) | 0;
          spent = (spent + walk) | 0;
        }
        visits = (visits + 1) | 0;
        left = (left - 1) | 0;
        if (stepPages === 0) {
          // The following accesses to the same page are hits.
          const more = Math.min(left, ((4095 - inPage) / stepBytes) | 0);
          spent = (spent + Math.imul(more, cost[flag])) | 0;
          left = (left - more) | 0;
          inPage = (inPage + Math.imul(more, stepBytes)) | 0;
        }
        inPage = (inPage + stepBytes) | 0;
        pte = (pte + stepPages + (inPage >> 12)) | 0;
        inPage &= 4095;
      }
      if (left === 0 || noted === room || ((flags[pte] ^ amend[pte]) & 0xa0) !== 0x20) break;
      const at = 4 + Math.imul(noted, 3);
      out[at] = pte;
      out[at + 1] = (count - left) | 0;
      out[at + 2] = spent;
      noted = (noted + 1) | 0;
      // It is believed to be restored, as `FaultLog.hint` will say too, and the access is made like any other.
      amend[pte] = 0x20;
    }
    out[0] = misses;
    out[1] = spent;
    out[2] = visits;
    out[3] = noted;
    return (count - left) | 0;
  };
}

/** Without a TLB: every access marks its page. */
export function idealSequence(env: KernelEnv): SequenceKernel {
  const { flags, amend, marks16, marks32, cost, out } = env;
  return (count, firstPte, firstInPage, stepPages, stepBytes, write) => {
    let pte = firstPte | 0;
    let inPage = firstInPage | 0;
    let left = count | 0;
    let spent = 0;
    let visits = 0;
    while (left > 0) {
      const flag = flags[pte] ^ amend[pte];
      if (cost[256 | flag] === 0 || flag >= 0x80) break;
      if (write === 1) marks32[pte] = 0x10101;
      else marks16[pte << 1] = 0x101;
      let made = 1;
      if (stepPages === 0) {
        made = Math.min(left, ((4095 - inPage) / stepBytes + 1) | 0);
        inPage = (inPage + Math.imul(made - 1, stepBytes)) | 0;
      }
      spent = (spent + Math.imul(made, cost[flag])) | 0;
      visits = (visits + 1) | 0;
      left = (left - made) | 0;
      inPage = (inPage + stepBytes) | 0;
      pte = (pte + stepPages + (inPage >> 12)) | 0;
      inPage &= 4095;
    }
    out[0] = 0;
    out[1] = spent;
    out[2] = visits;
    out[3] = 0;
    return (count - left) | 0;
  };
}
