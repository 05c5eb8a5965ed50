import { type LayoutViews, PTES_PER_PMD, SabLayout } from '@damonlab/base';

/** Sizes that fix the layout of a memory image. */
export interface ImageSizes {
  /** Page-table entries of all address spaces together. */
  readonly nrPtes: number;
  /** Physical frames of all nodes together. */
  readonly nrFrames: number;
}

const IMAGE_VERSION = 1;

/**
 * Bytes of an entry's marks. Hardware sets Accessed and Dirty without a lock, so a plain store must be enough: a bit in a
 * shared flag byte would lose updates. They lie side by side because a page walk sets all of them: one store instead of three.
 */
export const Mark = {
  accessed: 0,
  /** Really touched since the coordinator last looked; not part of the modelled machine. */ touched: 1,
  dirty: 2,
  /** `FolioFlag`. Writer: coordinator; a write that walks the page table clears it, but then sets Accessed too. */
  folio: 3,
} as const;

/** What is remembered of a folio whose Accessed bit was cleared, in the fourth mark of its first entry. */
export const FolioFlag = {
  /** Somebody has cleared it since the folio was there, or since reclaim found it accessed: only then does a clear bit mean anything. */
  idle: 1,
  /** DAMON has cleared a set bit: reclaim still counts that access. */
  young: 2,
} as const;
/** Accessed and touched as one word of `marks16`; with Dirty one word of `pteMarks`. Little-endian, as every platform of Node 20. */
export const MARK_READ = 0x0101;
export const MARK_WRITE = 0x01_0101;

/**
 * Every field of the simulated memory, with who writes and who reads it. "Coordinator" writes only between rounds, when
 * no CPU runs; the barrier orders it.
 */
function imageSpec(sizes: ImageSizes) {
  const nrPmds = Math.ceil(sizes.nrPtes / PTES_PER_PMD);
  return {
    /** Frame number of each entry. Writer and reader: coordinator. */
    ptePfn: ['u32', sizes.nrPtes],
    /** Flags (`Pte`). Writer: coordinator. Readers: CPUs (page walk). */
    pteFlags: ['u8', sizes.nrPtes],
    /**
     * What was done to the page of each entry, four bytes an entry (`Mark`). Writers: CPUs store 1 in a byte, or in several bytes at
     * once, any number of CPUs, in any order, with the same result; coordinator clears. Reader: coordinator.
     */
    pteMarks: ['u32', sizes.nrPtes],
    /** Accessed and Dirty of what a PMD maps. As `pteMarks`. */
    pmdAccessed: ['u8', nrPmds],
    pmdDirty: ['u8', nrPmds],
    /** While a frame is free: the next free one + 1. While it is mapped: its entry (reverse map). Writer and reader: coordinator. */
    frameLink: ['u32', sizes.nrFrames],
  } as const;
}

export interface MemoryImage extends LayoutViews<ReturnType<typeof imageSpec>> {
  /** The bytes of `pteMarks`: byte `Mark.x` of entry i at 4 * i + x. */
  readonly marks8: Uint8Array;
  /** The same as 16-bit words: Accessed and touched of entry i at 2 * i. */
  readonly marks16: Uint16Array;
}

/** A new image. Untouched parts of it cost no memory, so a simulated TiB is affordable. */
export function allocateImage(sizes: ImageSizes): SharedArrayBuffer {
  return new SabLayout(imageSpec(sizes), IMAGE_VERSION).allocate();
}

/** Open an image that was allocated with the same sizes. */
export function openImage(buffer: SharedArrayBuffer, sizes: ImageSizes): MemoryImage {
  const views = new SabLayout(imageSpec(sizes), IMAGE_VERSION).views(buffer);
  const { byteOffset, byteLength } = views.pteMarks;
  // No spread: after some copies V8 gives each object that it spreads into a shape of its own, and code that was compiled for the image
  // of one run would be thrown away in the next (docs/decisions/0003).
  return Object.assign(views, {
    marks8: new Uint8Array(buffer, byteOffset, byteLength),
    marks16: new Uint16Array(buffer, byteOffset, byteLength / Uint16Array.BYTES_PER_ELEMENT),
  });
}
