import { NS_PER_SEC } from '@damonlab/base';

const MS_PER_SEC = 1000;

/** The kernel's coarse clock: `hz` ticks a second. Scan times, retry times and access times are kept in it. */
export class Jiffies {
  readonly hz: number;
  /** Nanoseconds of one tick. @kernel TICK_NSEC */
  readonly tickNs: number;

  constructor(hz: number) {
    this.hz = hz;
    this.tickNs = Math.floor((NS_PER_SEC + Math.floor(hz / 2)) / hz);
  }

  /** Whole ticks up to `nowNs`. */
  at(nowNs: number): number {
    return Math.floor(nowNs / this.tickNs);
  }

  /** Rounded up. @kernel msecs_to_jiffies */
  fromMs(ms: number): number {
    return Math.ceil((ms * this.hz) / MS_PER_SEC);
  }

  /** Time of the last tick in ms. @kernel jiffies_to_msecs(jiffies) */
  msAt(nowNs: number): number {
    return Math.floor((this.at(nowNs) * MS_PER_SEC) / this.hz);
  }
}
