import { PAGE_BYTES } from '@damonlab/base';
import type { RegionSpec } from './access-program.js';
import type { PageTouch } from './touch.js';

/** Text, rodata and data of a static binary of masim's size. */
const TEXT_BYTES = 0xda000;
/** vvar (4 pages) and vdso (2 pages), which lie back to back. */
const VDSO_BYTES = 6 * PAGE_BYTES;
const STACK_BYTES = 132 * 1024;
/** Heap of a program that allocates little: the first brk of malloc. */
export const SMALL_HEAP_BYTES = 132 * 1024;

/**
 * Pages that run whenever the program runs: main loop, libc, and a page of data. They lie apart: DAMON does not find a single
 * busy page in a large region, and on real kernels it never found these.
 */
const BUSY_TEXT_PAGES = [2, 57, 213];
/** vvar's first page (the clock's parameters) and the code of clock_gettime. */
const BUSY_VDSO_PAGES = [0, 4];
const BUSY_STACK_PAGES = [STACK_BYTES / PAGE_BYTES - 2];

/** What every process has besides its data: part of what DAMON watches too. `heapBytes`: a whole number of pages. */
export function processRegions(heapBytes: number): readonly RegionSpec[] {
  return [
    { name: 'text', role: 'text', bytes: TEXT_BYTES, headerBytes: 0 },
    { name: 'heap', role: 'heap', bytes: heapBytes, headerBytes: 0 },
    { name: 'vdso', role: 'vdso', bytes: VDSO_BYTES, headerBytes: 0 },
    { name: 'stack', role: 'stack', bytes: STACK_BYTES, headerBytes: 0 },
  ];
}

/** Index of the heap in the regions of a process with `nrData` data regions. */
export function heapRegion(nrData: number): number {
  return nrData + 1;
}

/** What a running program touches besides its data, again and again: code, the clock, its stack. */
export function busyTouches(nrData: number): readonly PageTouch[] {
  return [
    { region: nrData, write: 0, pages: Uint32Array.from(BUSY_TEXT_PAGES) },
    { region: nrData + 2, write: 0, pages: Uint32Array.from(BUSY_VDSO_PAGES) },
    { region: nrData + 3, write: 1, pages: Uint32Array.from(BUSY_STACK_PAGES) },
  ];
}
