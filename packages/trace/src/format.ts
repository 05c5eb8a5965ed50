/** The trace file: what lies where. Specified in docs/trace-format.md; `infra/capture/plugin.c` writes the same blocks. */
import { crc32 } from 'node:zlib';

export const FILE_MAGIC = 'DLTRACE\n';
export const FORMAT_VERSION = 1;
/** Magic, version, zero. */
export const FILE_HEADER_BYTES = 16;
/** Offset of the index block (u64), magic of its own. */
export const TRAILER_BYTES = 16;
export const TRAILER_MAGIC = 'DLT-END\n';

export const BLOCK_MAGIC = 0x42_54_4c_44;
export const BLOCK_HEADER_BYTES = 64;
/** No block is larger than this, stored or raw: what claims to be is damage. */
export const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

export const BlockType = {
  /** JSON: `TraceHead`. The first block of a file. */
  head: 0x48,
  /** Accesses of one thread, `AccessBlock`. */
  accesses: 0x41,
  /** What the access block before it comes to, `Outline`. */
  outline: 0x4f,
  /** JSON: list of `MapEvent`. */
  maps: 0x4d,
  /** The headers of all blocks before it, one after the other. */
  index: 0x49,
  /** JSON: `TraceFooter`. The last block of a file. */
  footer: 0x46,
} as const;

/** How a payload is stored. */
export const Codec = { raw: 0, deflate: 1 } as const;

/** Columns that an access block has beside `refs` and `ticks`. */
export const Column = { counts: 1, places: 2, spans: 4 } as const;

/** The fixed part of every block. Clocks are ticks, whole numbers below 2^53. */
export interface BlockHeader {
  type: number;
  codec: number;
  /** `Column` bits. */
  flags: number;
  storedBytes: number;
  rawBytes: number;
  payloadCrc: number;
  /** Thread, counted from 0 in the order of appearance; its tid; the CPU that it ran on when the block began. */
  thread: number;
  tid: number;
  cpu: number;
  nrRecords: number;
  /** Clock of the first record, and of the moment when the block was closed. */
  firstClock: number;
  endClock: number;
  reads: number;
  writes: number;
}

/** A block and where it lies. */
export interface PlacedBlock {
  readonly header: BlockHeader;
  readonly offset: number;
  /** Of an access block, if it has one. */
  readonly outline?: PlacedBlock;
}

const TWO32 = 2 ** 32;

export function emptyHeader(type: number): BlockHeader {
  return {
    type,
    codec: Codec.raw,
    flags: 0,
    storedBytes: 0,
    rawBytes: 0,
    payloadCrc: 0,
    thread: 0,
    tid: 0,
    cpu: 0,
    nrRecords: 0,
    firstClock: 0,
    endClock: 0,
    reads: 0,
    writes: 0,
  };
}

export function encodeHeader(header: BlockHeader): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, BLOCK_MAGIC, true);
  view.setUint8(4, header.type);
  view.setUint8(5, header.codec);
  view.setUint8(6, header.flags);
  view.setUint32(8, header.storedBytes, true);
  view.setUint32(12, header.rawBytes, true);
  view.setUint32(16, header.payloadCrc, true);
  view.setUint32(20, header.thread, true);
  view.setUint32(24, header.cpu, true);
  view.setUint32(28, header.nrRecords, true);
  setU64(view, 32, header.firstClock);
  setU64(view, 40, header.endClock);
  view.setUint32(48, header.reads, true);
  view.setUint32(52, header.writes, true);
  view.setUint32(56, header.tid, true);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

/** The header at `offset` of `bytes`, undefined if none is. `checked`: false in the plugin's stream. */
export function decodeHeader(bytes: Uint8Array, offset: number, checked = true): BlockHeader | undefined {
  if (offset + BLOCK_HEADER_BYTES > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, BLOCK_HEADER_BYTES);
  if (view.getUint32(0, true) !== BLOCK_MAGIC) return undefined;
  if (checked && view.getUint32(60, true) !== crc32(bytes.subarray(offset, offset + 60))) return undefined;
  const header = {
    type: view.getUint8(4),
    codec: view.getUint8(5),
    flags: view.getUint8(6),
    storedBytes: view.getUint32(8, true),
    rawBytes: view.getUint32(12, true),
    payloadCrc: view.getUint32(16, true),
    thread: view.getUint32(20, true),
    cpu: view.getUint32(24, true),
    nrRecords: view.getUint32(28, true),
    firstClock: getU64(view, 32),
    endClock: getU64(view, 40),
    reads: view.getUint32(48, true),
    writes: view.getUint32(52, true),
    tid: view.getUint32(56, true),
  };
  return header.storedBytes > MAX_BLOCK_BYTES || header.rawBytes > MAX_BLOCK_BYTES ? undefined : header;
}

export function setU64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % TWO32, true);
  view.setUint32(offset + 4, Math.floor(value / TWO32), true);
}

export function getU64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * TWO32 + view.getUint32(offset, true);
}
