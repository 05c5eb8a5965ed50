import fs from 'node:fs';
import { BLOCK_HEADER_BYTES, BLOCK_MAGIC, BlockType, decodeHeader, FILE_HEADER_BYTES, type PlacedBlock } from './format.js';

const STEP = 1 << 16;

/**
 * Find the blocks of a file that has lost its index: from header to header, and after damage on from the next place that
 * looks like one. `damage` says what lies between.
 */
export function scanBlocks(fd: number): { blocks: PlacedBlock[]; damage: string[] } {
  const { size } = fs.fstatSync(fd);
  const blocks: PlacedBlock[] = [];
  const damage = ['the index at the end is missing: the file was cut off or damaged'];
  let offset = FILE_HEADER_BYTES;
  while (offset < size) {
    const header = headerAt(fd, offset);
    if (header?.type === BlockType.index) break;
    const end = header === undefined ? Number.POSITIVE_INFINITY : offset + BLOCK_HEADER_BYTES + header.storedBytes;
    if (header !== undefined && end <= size) {
      blocks.push({ header, offset });
      offset = end;
      continue;
    }
    const next = nextHeader(fd, offset + 1, size);
    damage.push(`bytes ${offset} to ${next}: ${header === undefined ? 'no block' : 'a block that is cut off'}`);
    offset = next;
  }
  return { blocks, damage };
}

function headerAt(fd: number, offset: number) {
  const bytes = Buffer.alloc(BLOCK_HEADER_BYTES);
  const got = fs.readSync(fd, bytes, 0, BLOCK_HEADER_BYTES, offset);
  return got === BLOCK_HEADER_BYTES ? decodeHeader(bytes, 0) : undefined;
}

/** Offset of the next good header from `from` on, or `size`. */
function nextHeader(fd: number, from: number, size: number): number {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(BLOCK_MAGIC);
  const window = Buffer.allocUnsafe(STEP + magic.length);
  for (let start = from; start < size; start += STEP) {
    const got = fs.readSync(fd, window, 0, window.length, start);
    const bytes = window.subarray(0, got);
    for (let at = bytes.indexOf(magic); at >= 0 && at < STEP; at = bytes.indexOf(magic, at + 1)) {
      if (headerAt(fd, start + at) !== undefined) return start + at;
    }
  }
  return size;
}
