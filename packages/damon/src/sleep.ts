import { NS_PER_SEC, NS_PER_US } from '@damonlab/base';
import type { KernelProfile } from './profile.js';

/** Timer ticks per second of the kernels that were measured (CONFIG_HZ). */
export const DEFAULT_HZ = 250;

const US_PER_SEC = 1_000_000;
/** The timer wheel: 64 buckets a level, each level eight times as coarse as the one below. @kernel kernel/time/timer.c */
const WHEEL_LEVEL_TICKS = 63;
const WHEEL_COARSER = 8;

/**
 * How long a sleep of `sampleUs` that begins at `nowNs` really lasts, ns. Ticks fall on multiples of 1 s / `hz`.
 * Short sleeps use a high-resolution timer with 1 µs of slack; long ones count jiffies, which costs up to one tick
 * for rounding up and one for the tick that has already begun: 18 ms at 250 Hz last 20 to 24 ms.
 *
 * @kernel mm/damon/core.c kdamond_usleep (7.3: jiffies from 4 ticks; 6.12: above 20 ms)
 */
export function sleepNs(sampleUs: number, profile: KernelProfile, hz: number, nowNs: number): number {
  if (!countsJiffies(sampleUs, profile, hz)) return (sampleUs + 1) * NS_PER_US;
  const tickNs = NS_PER_SEC / hz;
  const ticks = Math.ceil((sampleUs * hz) / US_PER_SEC);
  const expires = wheelExpiry(Math.floor(nowNs / tickNs), ticks);
  return Math.ceil(expires * tickNs) - nowNs;
}

function countsJiffies(sampleUs: number, profile: KernelProfile, hz: number): boolean {
  return profile.sleepJiffiesFrom === 'above-20-ms' ? sampleUs > 20_000 : sampleUs * hz >= 4 * US_PER_SEC;
}

/** The tick at which a timer of `ticks`, armed during tick `now`, fires: never early, later by up to its level's coarseness. */
function wheelExpiry(now: number, ticks: number): number {
  let granularity = 1;
  while (ticks >= WHEEL_LEVEL_TICKS * granularity) granularity *= WHEEL_COARSER;
  return Math.floor((now + ticks + granularity) / granularity) * granularity;
}
