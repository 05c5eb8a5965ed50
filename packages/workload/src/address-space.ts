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
/** A pthread's stack as glibc maps it; its top page holds the thread's own block, which the main thread fills in, and the first frames. */
const THREAD_STACK_BYTES = 8 * 1024 * 1024;
const BUSY_THREAD_STACK_PAGE = THREAD_STACK_BYTES / PAGE_BYTES - 1;
/** Regions of `processRegions` before the stacks of threads. */
const NR_FIXED = 4;

/** Which thread of how many. */
export interface ThreadOf {
  readonly index: number;
  readonly nrThreads: number;
}

/**
 * What every process has besides its data: part of what DAMON watches too. `heapBytes`: a whole number of pages. With several
 * threads there is a main thread besides, which waits for them on the process's stack, and each has a stack of its own. `mainNid`: node
 * that the main thread ran on when it made them, -1: each thread's own.
 */
export function processRegions(heapBytes: number, nrThreads: number, mainNid = -1): readonly RegionSpec[] {
  const populate = mainNid < 0 ? {} : { populate: { nid: mainNid, first: BUSY_THREAD_STACK_PAGE, pages: 1 } };
  const stacks = Array.from({ length: nrThreads > 1 ? nrThreads : 0 }, (_, i): RegionSpec => {
    return { name: `stack/${i}`, role: 'thread_stack', bytes: THREAD_STACK_BYTES, headerBytes: 0, ownVma: true, ...populate };
  });
  return [
    { name: 'text', role: 'text', bytes: TEXT_BYTES, headerBytes: 0 },
    { name: 'heap', role: 'heap', bytes: heapBytes, headerBytes: 0 },
    { name: 'vdso', role: 'vdso', bytes: VDSO_BYTES, headerBytes: 0 },
    { name: 'stack', role: 'stack', bytes: STACK_BYTES, headerBytes: 0 },
    ...stacks,
  ];
}

/** Index of the heap in the regions of a process with `nrData` data regions. */
export function heapRegion(nrData: number): number {
  return nrData + 1;
}

/** What a running program touches besides its data, again and again: code, the clock, its thread's stack. */
export function busyTouches(nrData: number, thread: ThreadOf): readonly PageTouch[] {
  const stack =
    thread.nrThreads > 1
      ? { region: nrData + NR_FIXED + thread.index, pages: [BUSY_THREAD_STACK_PAGE] }
      : { region: nrData + NR_FIXED - 1, pages: BUSY_STACK_PAGES };
  return [
    { region: nrData, write: 0, pages: Uint32Array.from(BUSY_TEXT_PAGES) },
    { region: nrData + 2, write: 0, pages: Uint32Array.from(BUSY_VDSO_PAGES) },
    { region: stack.region, write: 1, pages: Uint32Array.from(stack.pages) },
  ];
}
