import { PAGE_BYTES, PTES_PER_PMD } from '@damonlab/base';
import type { AddressSpace, Vma } from './address-space.js';
import { Mark, type MemoryImage } from './image.js';
import { Pte } from './pte.js';

/** Byte ranges, sorted and disjoint; ranges that meet are one. */
export interface TouchedRanges {
  readonly start: Float64Array;
  readonly end: Float64Array;
}

/**
 * The byte ranges of `space` that were touched since the last call; forgets them.
 * Cost: one pass over the marks of the address space.
 */
export function takeTruth(image: MemoryImage, space: AddressSpace): TouchedRanges {
  const ranges = new Joined();
  for (const vma of space.vmas) {
    const addrOf = (pte: number) => vma.start + (pte - vma.firstPte) * PAGE_BYTES;
    takeVma(image.marks8, vma, (pte, stop) => ranges.add(addrOf(pte), addrOf(stop)));
  }
  return ranges.take();
}

/**
 * The physical ranges that `spaces` together touched since the last call; forgets them. A page that moved counts where it is now, a page of
 * a process that is gone where it was. Cost: one pass over the marks of the address spaces, and sorting the touched frames.
 */
export function takePhysicalTruth(image: MemoryImage, spaces: readonly AddressSpace[]): TouchedRanges {
  let touched = new Uint32Array(1024);
  let length = 0;
  const add = (pte: number, stop: number): void => {
    if (length + stop - pte > touched.length) {
      const grown = new Uint32Array(2 * (length + stop - pte));
      grown.set(touched);
      touched = grown;
    }
    for (let i = pte; i < stop; i++) touched[length++] = image.ptePfn[i];
  };
  for (const { vmas } of spaces) for (const vma of vmas) takeVma(image.marks8, vma, add);
  const ranges = new Joined();
  for (const pfn of touched.subarray(0, length).sort()) ranges.add(pfn * PAGE_BYTES, (pfn + 1) * PAGE_BYTES);
  return ranges.take();
}

/** By node: how many of `nrPages` entries from `firstPte` on were touched since the marks were cleared, and are mapped there now. */
export function touchedByNode({ marks8, pteFlags }: MemoryImage, firstPte: number, nrPages: number, nrNodes: number): number[] {
  const pages = new Array<number>(nrNodes).fill(0);
  const end = firstPte + nrPages;
  for (let pte = nextTouched(marks8, firstPte, end); pte < end; pte = nextTouched(marks8, pte + 1, end)) {
    if ((pteFlags[pte] & Pte.present) !== 0) pages[pteFlags[pte] & Pte.nidMask]++;
  }
  return pages;
}

/** Tells `found` each entry of `space` that was touched since the marks were cleared, in order. */
export function eachTouched({ marks8 }: MemoryImage, { vmas }: AddressSpace, found: (pte: number) => void): void {
  for (const vma of vmas) {
    const end = vma.firstPte + (vma.end - vma.start) / PAGE_BYTES;
    for (let pte = nextTouched(marks8, vma.firstPte, end); pte < end; pte = nextTouched(marks8, pte + 1, end)) found(pte);
  }
}

/**
 * Base pages of `space` that were written since the last call; forgets them. A walk sets the Dirty bit only if the TLB does not know it to
 * be set: the caller drops the translations of the space, or later writes go unseen. What a PMD maps is dirty as a whole.
 *
 * @kernel arch/x86/kvm/mmu/tdp_mmu.c kvm_tdp_mmu_clear_dirty_slot (outline)
 */
export function takeDirty(image: MemoryImage, { vmas }: AddressSpace): number {
  const { pteFlags, marks8, pmdDirty } = image;
  let written = 0;
  for (const vma of vmas) {
    const endPte = vma.firstPte + (vma.end - vma.start) / PAGE_BYTES;
    for (let pte = vma.firstPte; pte < endPte; pte++) {
      if ((pteFlags[pte] & Pte.huge) !== 0) {
        if (pte % PTES_PER_PMD !== 0) continue;
        const pmd = pte / PTES_PER_PMD;
        if (pmdDirty[pmd] !== 0) written += PTES_PER_PMD;
        pmdDirty[pmd] = 0;
      } else if (marks8[4 * pte + Mark.dirty] !== 0) {
        written++;
        marks8[4 * pte + Mark.dirty] = 0;
      }
    }
  }
  return written;
}

/** Joins ranges that come in ascending order. */
class Joined {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  /** `start` is not below that of the range before; a range that was there already (a frame with a second owner) changes nothing. */
  add(start: number, end: number): void {
    const last = this.#ends.length - 1;
    if (last >= 0 && start <= this.#ends[last]) this.#ends[last] = end;
    else {
      this.#starts.push(start);
      this.#ends.push(end);
    }
  }

  take(): TouchedRanges {
    return { start: Float64Array.from(this.#starts), end: Float64Array.from(this.#ends) };
  }
}

/** Clears the touched marks of a VMA, and tells `found` the runs of entries [pte, stop) that had them. */
function takeVma(marks: Uint8Array, vma: Vma, found: (pte: number, stop: number) => void): void {
  const endPte = vma.firstPte + (vma.end - vma.start) / PAGE_BYTES;
  let pte = nextTouched(marks, vma.firstPte, endPte);
  while (pte < endPte) {
    let stop = pte + 1;
    while (stop < endPte && marks[4 * stop + Mark.touched] !== 0) stop++;
    for (let i = pte; i < stop; i++) marks[4 * i + Mark.touched] = 0;
    found(pte, stop);
    pte = nextTouched(marks, stop, endPte);
  }
}

function nextTouched(marks: Uint8Array, from: number, end: number): number {
  let pte = from;
  while (pte < end && marks[4 * pte + Mark.touched] === 0) pte++;
  return pte;
}
