import { RunError } from '@damonlab/base';
import { BLOCK_HEADER_BYTES, type BlockHeader, BlockType, decodeHeader } from '../format.js';
import type { MapEvent } from '../meta.js';
import type { TraceWriter } from '../trace-writer.js';

/** Only in the plugin's stream: accesses that a thread made while sampling was off, a u64. */
const SKIPPED = 0x53;
/** Mappings that are written together. */
const MAPS_BATCH = 256;

/** Takes the plugin's stream of raw blocks apart and hands them to a writer. */
export class BlockStream {
  accesses = 0;
  readonly #writer: TraceWriter;
  #chunks: Buffer[] = [];
  #length = 0;
  #maps: MapEvent[] = [];

  constructor(writer: TraceWriter) {
    this.#writer = writer;
  }

  /** @throws RunError if it is no such stream */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    while (this.#length >= BLOCK_HEADER_BYTES) {
      const bytes = this.#joined();
      const header = decodeHeader(bytes, 0, false);
      if (header === undefined) throw new RunError('the capture plugin sent something that is no block');
      const end = BLOCK_HEADER_BYTES + header.storedBytes;
      if (bytes.length < end) return;
      this.#block(header, bytes.subarray(BLOCK_HEADER_BYTES, end));
      this.#chunks = [bytes.subarray(end)];
      this.#length = bytes.length - end;
    }
  }

  /** The stream is over. */
  end(): void {
    if (this.#length > 0) this.#writer.tally.lost.push('the last block of a thread, cut off');
    this.#flushMaps();
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0];
  }

  #block(header: BlockHeader, payload: Buffer): void {
    if (header.type === BlockType.accesses) {
      this.accesses += header.reads + header.writes;
      this.#writer.accesses(header, payload);
    } else if (header.type === BlockType.maps) {
      this.#maps.push(JSON.parse(payload.toString('utf8')) as MapEvent);
      if (this.#maps.length >= MAPS_BATCH) this.#flushMaps();
    } else if (header.type === SKIPPED) {
      this.#writer.tally.skippedAccesses += Number(payload.readBigUInt64LE(0));
    }
  }

  #flushMaps(): void {
    if (this.#maps.length > 0) this.#writer.maps(this.#maps);
    this.#maps = [];
  }
}
