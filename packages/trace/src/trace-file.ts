import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { isSystemError, RunError, UserError } from '@damonlab/base';
import {
  BLOCK_HEADER_BYTES,
  type BlockHeader,
  BlockType,
  Codec,
  decodeHeader,
  encodeHeader,
  FILE_HEADER_BYTES,
  FILE_MAGIC,
  FORMAT_VERSION,
  getU64,
  MAX_BLOCK_BYTES,
  type PlacedBlock,
  TRAILER_BYTES,
  TRAILER_MAGIC,
} from './format.js';
import type { MapEvent, TraceFooter, TraceHead } from './meta.js';
import { scanBlocks } from './scan-blocks.js';
import { Tally } from './tally.js';
import { DamagedBlock } from './varint.js';

/** A trace that is open for reading. Blocks are read one at a time, so a trace may be larger than memory. */
export class TraceFile {
  readonly file: string;
  readonly head: TraceHead;
  readonly footer: TraceFooter;
  /** Access blocks in the order of the file. */
  readonly blocks: readonly PlacedBlock[];
  readonly maps: readonly MapEvent[];
  /** SHA-256 over the headers, and so over the checksums, of all blocks: the same bytes have the same id. */
  readonly id: string;
  /** Why the file is not whole; empty: it is. */
  readonly damage: readonly string[];

  private constructor(file: string, found: { blocks: readonly PlacedBlock[]; damage: readonly string[] }, verify: boolean) {
    this.file = file;
    const all = found.blocks;
    const damage = [...found.damage];
    const json = (type: number) => all.filter(({ header }) => header.type === type).flatMap((block) => this.#json(block, damage));
    const [head] = json(BlockType.head);
    if (head === undefined) throw notATrace(file, 'a file without a readable head');
    this.head = head as TraceHead;
    this.maps = json(BlockType.maps).flat() as MapEvent[];
    this.blocks = accessBlocks(all);
    const [footer] = json(BlockType.footer);
    const recount = verify || damage.length > 0 || footer === undefined ? this.#recount(damage) : undefined;
    const { lost = [], skippedAccesses = 0 } = (footer as TraceFooter | undefined) ?? {};
    this.footer = recount === undefined ? (footer as TraceFooter) : { ...recount, lost, skippedAccesses };
    this.damage = damage;
    const hash = createHash('sha256');
    for (const { header } of all) hash.update(encodeHeader(header));
    this.id = hash.digest('hex').slice(0, 32);
  }

  /**
   * Open a trace; of a cut or damaged one, what is good. A block that went bad in a file whose index is whole shows when it is
   * read, or here with `verify`, which reads them all.
   * @throws UserError if it is no trace at all
   */
  static open(file: string, { verify = false } = {}): TraceFile {
    try {
      return withFile(file, (fd) => {
        checkMagic(file, fd);
        return new TraceFile(file, indexedBlocks(fd) ?? scanBlocks(fd), verify);
      });
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw new UserError('cannot read the trace', { where: file, actual: error.message });
    }
  }

  /** The payload of a block. @throws DamagedBlock */
  read({ header, offset }: PlacedBlock): Uint8Array {
    const stored = Buffer.allocUnsafe(header.storedBytes);
    // Open only while it is read: nobody has to close a trace.
    const got = withFile(this.file, (fd) => fs.readSync(fd, stored, 0, stored.length, offset + BLOCK_HEADER_BYTES));
    if (got !== stored.length) throw new DamagedBlock('a cut block');
    if (crc32(stored) !== header.payloadCrc) throw new DamagedBlock('a wrong checksum');
    return decompress(header, stored);
  }

  /** The same for those who can only go on with a whole trace. @throws RunError */
  readWhole(block: PlacedBlock): Uint8Array {
    try {
      return this.read(block);
    } catch (error) {
      if (error instanceof DamagedBlock) throw new RunError(`${this.file}: damaged at byte ${block.offset}: ${error.message}`);
      throw error;
    }
  }

  /** The value of a JSON block; nothing, and a word about it, if it is damaged. */
  #json(block: PlacedBlock, damage: string[]): unknown[] {
    try {
      return [JSON.parse(Buffer.from(this.read(block)).toString('utf8'))];
    } catch (error) {
      damage.push(`block at byte ${block.offset}: ${error instanceof DamagedBlock ? error.message : 'no JSON'}`);
      return [];
    }
  }

  /** Without a footer: count anew, and leave out blocks that do not decode. */
  #recount(damage: string[]): TraceFooter {
    const tally = new Tally();
    tally.maps.push(...this.maps);
    const good = this.blocks.flatMap((block) => {
      const { header, offset, outline } = block;
      const counted = this.#try(damage, `block at byte ${offset} (${header.nrRecords} records)`, () => tally.add(header, this.read(block)));
      if (!counted) return [];
      if (outline === undefined) return [block];
      const whole = this.#try(damage, `outline at byte ${outline.offset}`, () => this.read(outline));
      return [whole ? block : { header, offset }];
    });
    (this as { blocks: readonly PlacedBlock[] }).blocks = good;
    return tally.footer();
  }

  /** Whether `work` finds what it reads undamaged; if not, `damage` says so. */
  #try(damage: string[], what: string, work: () => void): boolean {
    try {
      work();
      return true;
    } catch (error) {
      if (!(error instanceof DamagedBlock)) throw error;
      damage.push(`${what}: ${error.message}`);
      return false;
    }
  }
}

/** Whether the file begins as a trace does. */
export function isTrace(file: string): boolean {
  try {
    return withFile(file, (fd) => readMagic(fd).magic === FILE_MAGIC);
  } catch {
    return false;
  }
}

function withFile<T>(file: string, use: (fd: number) => T): T {
  const fd = fs.openSync(file, 'r');
  try {
    return use(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function checkMagic(file: string, fd: number): void {
  const { magic, version } = readMagic(fd);
  if (magic !== FILE_MAGIC) throw notATrace(file, 'another kind of file');
  if (version !== FORMAT_VERSION) throw notATrace(file, `a trace of version ${version}`);
}

function readMagic(fd: number): { magic: string; version: number } {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  fs.readSync(fd, header, 0, header.length, 0);
  return { magic: header.toString('latin1', 0, 8), version: header.readUInt32LE(8) };
}

function notATrace(file: string, actual: string): UserError {
  return new UserError('not a trace', {
    where: file,
    expected: `a damonlab trace of version ${FORMAT_VERSION}`,
    actual,
    hint: '`damonlab capture` makes traces, `damonlab trace import` takes over those of other tools',
  });
}

/** The access blocks, each with the outline that lies behind it. */
function accessBlocks(all: readonly PlacedBlock[]): PlacedBlock[] {
  const blocks: PlacedBlock[] = [];
  for (const block of all) {
    const { header, offset } = block;
    const last = blocks.at(-1);
    if (header.type === BlockType.accesses) blocks.push(block);
    else if (header.type === BlockType.outline && last !== undefined && endOf(last) === offset) {
      blocks[blocks.length - 1] = { ...last, outline: block };
    }
  }
  return blocks;
}

function endOf({ header, offset }: PlacedBlock): number {
  return offset + BLOCK_HEADER_BYTES + header.storedBytes;
}

/** The blocks by the index at the end of the file; undefined if it has none. */
function indexedBlocks(fd: number): { blocks: PlacedBlock[]; damage: string[] } | undefined {
  const { size } = fs.fstatSync(fd);
  const trailer = Buffer.alloc(TRAILER_BYTES);
  if (size < FILE_HEADER_BYTES + TRAILER_BYTES || fs.readSync(fd, trailer, 0, TRAILER_BYTES, size - TRAILER_BYTES) !== TRAILER_BYTES)
    return undefined;
  if (trailer.toString('latin1', 8) !== TRAILER_MAGIC) return undefined;
  const at = getU64(new DataView(trailer.buffer, trailer.byteOffset, TRAILER_BYTES), 0);
  const length = size - TRAILER_BYTES - at;
  if (length < BLOCK_HEADER_BYTES || length > MAX_BLOCK_BYTES) return undefined;
  const bytes = Buffer.alloc(length);
  fs.readSync(fd, bytes, 0, length, at);
  const header = decodeHeader(bytes, 0);
  const stored = bytes.subarray(BLOCK_HEADER_BYTES);
  if (header?.type !== BlockType.index || stored.length !== header.storedBytes || crc32(stored) !== header.payloadCrc) return undefined;
  return placed(decompress(header, stored), at);
}

/** Headers one after the other, as blocks that fill the file from its header to `end`. */
function placed(index: Uint8Array, end: number): { blocks: PlacedBlock[]; damage: string[] } | undefined {
  const blocks: PlacedBlock[] = [];
  let offset = FILE_HEADER_BYTES;
  for (let at = 0; at < index.length; at += BLOCK_HEADER_BYTES) {
    const header = decodeHeader(index, at);
    if (header === undefined) return undefined;
    const block = { header, offset };
    blocks.push(block);
    offset = endOf(block);
  }
  return offset === end ? { blocks, damage: [] } : undefined;
}

function decompress(header: BlockHeader, stored: Uint8Array): Uint8Array {
  if (header.codec === Codec.raw) return stored;
  if (header.codec !== Codec.deflate) throw new DamagedBlock('an unknown compression');
  try {
    const raw = inflateRawSync(stored, { maxOutputLength: Math.max(1, header.rawBytes) });
    if (raw.length === header.rawBytes) return raw;
  } catch {
    // Told below like a wrong length.
  }
  throw new DamagedBlock('compressed data that is broken');
}
