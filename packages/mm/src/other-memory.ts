import { PAGE_BYTES, type Prng, UserError } from '@damonlab/base';
import type { Topology } from './topology.js';

export const OTHER_MEMORY_KINDS = ['kernel', 'page_cache'] as const;

/** Memory that is taken before the first process starts. Bytes are multiples of 4096. */
export interface OtherMemory {
  /** `kernel`: on no LRU list, and it never moves. `page_cache`: clean folios of files that nobody has mapped. */
  readonly kind: (typeof OTHER_MEMORY_KINDS)[number];
  readonly nid: number;
  /** Where it lies, as bytes from the begin of the node's memory, half open. */
  readonly start: number;
  readonly end: number;
  /** How much of that it is; all of it, or pieces at random places. */
  readonly bytes: number;
  /** Size and alignment of a piece, a power of two times 4096; the last one may be smaller. */
  readonly pieceBytes: number;
}

/** What a frame was taken for. */
export const Taken = { nobody: 0, kernel: 1, page_cache: 2 } as const;

/**
 * Lay out other memory, in the order in which it is declared: each takes of what those before have left.
 * @param placeOf what the entry of a number is called in messages
 * @returns by frame, `Taken`.
 * @throws UserError where too little is left.
 */
export function takeOtherMemory(
  topology: Topology,
  others: readonly OtherMemory[],
  rng: Prng,
  placeOf = (i: number) => `other_memory[${i}]`,
): Uint8Array {
  const firsts: number[] = [];
  let nrFrames = 0;
  for (const { memoryBytes } of topology.nodes) {
    firsts.push(nrFrames);
    nrFrames += memoryBytes / PAGE_BYTES;
  }
  const taken = new Uint8Array(nrFrames);
  others.forEach((other, i) => {
    const missing = takeOne(taken, firsts[other.nid], other, rng);
    if (missing === 0) return;
    throw new UserError('other memory finds no room', {
      where: placeOf(i),
      expected: `${other.bytes} bytes in free pieces of ${other.pieceBytes} between ${other.start} and ${other.end} of node ${other.nid}`,
      actual: `${other.bytes - missing * PAGE_BYTES} bytes; entries before it have taken the rest`,
      hint: 'smaller pieces, less of it, or whole ranges first and pieces after them',
    });
  });
  return taken;
}

/** Returns frames that found no room. */
function takeOne(taken: Uint8Array, first: number, { kind, start, end, bytes, pieceBytes }: OtherMemory, rng: Prng): number {
  const size = pieceBytes / PAGE_BYTES;
  const pieces: number[] = [];
  const stop = first + end / PAGE_BYTES;
  for (let pfn = Math.ceil((first + start / PAGE_BYTES) / size) * size; pfn + size <= stop; pfn += size) {
    if (taken.subarray(pfn, pfn + size).every((by) => by === Taken.nobody)) pieces.push(pfn);
  }
  let missing = bytes / PAGE_BYTES;
  for (let left = pieces.length; left > 0 && missing > 0; left--) {
    const drawn = rng.below(left);
    const pfn = pieces[drawn];
    pieces[drawn] = pieces[left - 1];
    const frames = Math.min(size, missing);
    taken.fill(Taken[kind], pfn, pfn + frames);
    missing -= frames;
  }
  return missing;
}

/** Base pages of page cache. */
export function pageCachePages(others: readonly OtherMemory[]): number {
  return others.reduce((sum, { kind, bytes }) => sum + (kind === 'page_cache' ? bytes / PAGE_BYTES : 0), 0);
}
