import type { NumaVma } from './mm.js';

/**
 * Which threads fault in a VMA: two sets of 64 PID hashes. New bits go into the newer set; a rotation makes it the older one.
 *
 * @kernel include/linux/mm.h vma_set_access_pid_bit; include/linux/hash.h hash_32 (7.3, 6.12)
 */
const GOLDEN_RATIO_32 = 0x61c8_8647;
const HASH_BITS = 6;
const OLDER = 0;
const NEWER = 2;

/** Bit of a thread, 0 to 63. */
export function pidBit(pid: number): number {
  return Math.imul(pid, GOLDEN_RATIO_32) >>> (32 - HASH_BITS);
}

/** A hinting fault of `pid` in `vma`. Without effect before the scanner has seen the VMA. */
export function vmaSetAccessPidBit(vma: NumaVma, pid: number): void {
  if (vma.numabState === undefined) return;
  const bit = pidBit(pid);
  vma.numabState.pidsActive[NEWER + (bit >>> 5)] |= 1 << (bit & 31);
}

/** Whether the bit of `pid` is in either set. */
export function pidActive(pidsActive: Uint32Array, pid: number): boolean {
  const bit = pidBit(pid);
  const word = bit >>> 5;
  return (((pidsActive[OLDER + word] | pidsActive[NEWER + word]) >>> (bit & 31)) & 1) !== 0;
}

/** Forget the older set. */
export function rotatePids(pidsActive: Uint32Array): void {
  pidsActive.copyWithin(OLDER, NEWER);
  pidsActive.fill(0, NEWER);
}
