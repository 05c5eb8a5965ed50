import { NS_PER_SEC } from '@damonlab/base';

const MS_PER_SEC = 1_000;
const U32_SPAN = 2 ** 32;
const INT_MAX = 2 ** 31 - 1;

/** Timer ticks since time 0. */
export function jiffiesOf(nowNs: number, hz: number): number {
  return Math.floor((nowNs * hz) / NS_PER_SEC);
}

/** The time of the last tick: what the kernel's coarse clock reads. @kernel ktime_get_coarse_ts64 */
export function coarseNs(nowNs: number, hz: number): number {
  return jiffiesOf(nowNs, hz) * (NS_PER_SEC / hz);
}

/**
 * Ticks that last at least `ms`. The kernel takes 32 bits of it, and what is negative then stands for ever.
 * @kernel include/linux/jiffies.h msecs_to_jiffies
 */
export function msecsToJiffies(ms: number, hz: number): number {
  const cut = ms % U32_SPAN;
  return cut > INT_MAX ? Number.POSITIVE_INFINITY : Math.ceil((cut * hz) / MS_PER_SEC);
}
