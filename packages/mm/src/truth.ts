import { PAGE_BYTES } from '@damonlab/base';
import type { AddressSpace, Vma } from './address-space.js';
import { Mark, type MemoryImage } from './image.js';

/**
 * The byte ranges of `space` that were touched since the last call, sorted and disjoint; forgets them.
 * Cost: one pass over the marks of the address space.
 */
export function takeTruth(image: MemoryImage, space: AddressSpace): { start: Float64Array; end: Float64Array } {
  const starts: number[] = [];
  const ends: number[] = [];
  for (const vma of space.vmas) takeVma(image.marks8, vma, starts, ends);
  return { start: Float64Array.from(starts), end: Float64Array.from(ends) };
}

function takeVma(marks: Uint8Array, vma: Vma, starts: number[], ends: number[]): void {
  const endPte = vma.firstPte + (vma.end - vma.start) / PAGE_BYTES;
  const addrOf = (pte: number) => vma.start + (pte - vma.firstPte) * PAGE_BYTES;
  let pte = nextTouched(marks, vma.firstPte, endPte);
  while (pte < endPte) {
    let stop = pte + 1;
    while (stop < endPte && marks[4 * stop + Mark.touched] !== 0) stop++;
    for (let i = pte; i < stop; i++) marks[4 * i + Mark.touched] = 0;
    const last = ends.length - 1;
    if (last >= 0 && ends[last] === addrOf(pte)) ends[last] = addrOf(stop);
    else {
      starts.push(addrOf(pte));
      ends.push(addrOf(stop));
    }
    pte = nextTouched(marks, stop, endPte);
  }
}

function nextTouched(marks: Uint8Array, from: number, end: number): number {
  let pte = from;
  while (pte < end && marks[4 * pte + Mark.touched] === 0) pte++;
  return pte;
}
