import { type CpuChannel, SHOOTDOWN_RANGES } from '@damonlab/cpu';
import type { Shootdown } from '@damonlab/hint-faults';

/** The list of translations that every CPU drops at the start of the next round. */
export class Shootdowns implements Shootdown {
  readonly #list: Uint32Array;
  readonly #nrPtes: number;

  constructor(channel: CpuChannel, nrPtes: number) {
    this.#list = channel.shootdown;
    this.#nrPtes = nrPtes;
  }

  /** Neighbours in the order of the calls become one range; a list that is full becomes "everything". */
  drop(first: number, end: number): void {
    const list = this.#list;
    const ranges = list[0];
    if (ranges > 0 && list[2 * ranges] === first) {
      list[2 * ranges] = end;
    } else if (ranges < SHOOTDOWN_RANGES) {
      list[1 + 2 * ranges] = first;
      list[2 + 2 * ranges] = end;
      list[0] = ranges + 1;
    } else {
      list[0] = 1;
      list[1] = 0;
      list[2] = this.#nrPtes;
    }
  }

  /** The CPUs have dropped them. */
  clear(): void {
    this.#list[0] = 0;
  }
}
