import { PAGE_BYTES } from '@damonlab/base';
import type { AddressSpace, Vma } from './address-space.js';

/** Which mapping, and so which process, an entry of any address space belongs to. */
export class VmaIndex {
  readonly #firsts: Float64Array;
  readonly #ends: Float64Array;
  readonly #vmas: Vma[] = [];
  readonly #spaces: AddressSpace[] = [];
  /** Where the last question was answered: neighbours are asked for one after the other. */
  #last = 0;

  /** `spaces` in the order of their entries, as a machine numbers them. */
  constructor(spaces: readonly AddressSpace[]) {
    for (const space of spaces) {
      for (const vma of space.vmas) {
        this.#vmas.push(vma);
        this.#spaces.push(space);
      }
    }
    this.#firsts = Float64Array.from(this.#vmas, ({ firstPte }) => firstPte);
    this.#ends = Float64Array.from(this.#vmas, ({ firstPte, start, end }) => firstPte + (end - start) / PAGE_BYTES);
  }

  /** The mapping of entry `pte`; undefined between mappings. */
  vmaOf(pte: number): Vma | undefined {
    return this.#find(pte) ? this.#vmas[this.#last] : undefined;
  }

  /** The address space of entry `pte`; undefined between mappings. */
  spaceOf(pte: number): AddressSpace | undefined {
    return this.#find(pte) ? this.#spaces[this.#last] : undefined;
  }

  #find(pte: number): boolean {
    if (pte >= this.#firsts[this.#last] && pte < this.#ends[this.#last]) return true;
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle] <= pte) low = middle + 1;
      else high = middle;
    }
    if (low === this.#ends.length || this.#firsts[low] > pte) return false;
    this.#last = low;
    return true;
  }
}
