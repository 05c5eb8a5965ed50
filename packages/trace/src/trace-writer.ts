import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflateRaw } from 'node:zlib';
import { asRunError, writeAll } from '@damonlab/base';
import {
  type BlockHeader,
  BlockType,
  Codec,
  Column,
  emptyHeader,
  encodeHeader,
  FILE_HEADER_BYTES,
  FILE_MAGIC,
  FORMAT_VERSION,
  setU64,
  TRAILER_BYTES,
  TRAILER_MAGIC,
} from './format.js';
import type { MapEvent, TraceFooter, TraceHead } from './meta.js';
import { OutlineMaker } from './outline.js';
import { Tally } from './tally.js';

const deflate = promisify(deflateRaw);
/** A quick level: what comes after it costs a lot and saves a tenth. */
const LEVEL = 4;
/** Blocks that may wait for compression before whoever makes them has to wait. */
const PENDING = 16;

/**
 * Writes a trace. The file has another name until it is whole. Blocks are compressed by Node's thread pool and written in
 * order; `drained` is the brake for those who make them.
 */
export class TraceWriter {
  readonly file: string;
  readonly tally = new Tally();
  readonly #temporary: string;
  readonly #fd: number;
  readonly #headers: Uint8Array[] = [];
  readonly #outlines = new OutlineMaker();
  #offset = 0;
  #pending = 0;
  #chain: Promise<void> = Promise.resolve();
  #failure: unknown;

  /** @throws RunError if the file cannot be made. */
  constructor(file: string, head: TraceHead) {
    this.file = file;
    this.#temporary = path.join(path.dirname(file), `.${path.basename(file)}.tmp`);
    try {
      this.#fd = fs.openSync(this.#temporary, 'w');
    } catch (error) {
      throw asRunError(error, file);
    }
    const header = new Uint8Array(FILE_HEADER_BYTES);
    header.set(Buffer.from(FILE_MAGIC, 'latin1'));
    new DataView(header.buffer).setUint32(8, FORMAT_VERSION, true);
    this.#write(header);
    this.#json(BlockType.head, head);
  }

  /** Add an access block, and its outline. Its payload must not be changed afterwards. */
  accesses(header: BlockHeader, payload: Uint8Array): void {
    this.tally.add(header, payload);
    this.#append(header, payload);
    if ((header.flags & Column.places) === 0) return;
    const outline = this.#outlines.make(payload, header.flags, header.nrRecords);
    if (outline !== undefined) this.#append(emptyHeader(BlockType.outline), outline);
  }

  maps(events: readonly MapEvent[]): void {
    this.tally.maps.push(...events);
    this.#json(BlockType.maps, events);
  }

  /** Wait until not too much waits to be written. @throws RunError when the disk refuses. */
  async drained(): Promise<void> {
    if (this.#pending > PENDING || this.#failure !== undefined) await this.#chain;
    if (this.#failure !== undefined) throw asRunError(this.#failure, this.file);
  }

  /** Write footer and index, and give the file its name. @throws RunError when the disk refuses. */
  async finish(): Promise<TraceFooter> {
    const footer = this.tally.footer();
    this.#json(BlockType.footer, footer);
    await this.#chain;
    await this.drained();
    try {
      await this.#index();
      fs.fsyncSync(this.#fd);
      fs.closeSync(this.#fd);
      fs.renameSync(this.#temporary, this.file);
    } catch (error) {
      throw asRunError(error, this.file);
    }
    return footer;
  }

  /** Throw away what was written. */
  async discard(): Promise<void> {
    await this.#chain;
    fs.closeSync(this.#fd);
    fs.rmSync(this.#temporary, { force: true });
  }

  async #index(): Promise<void> {
    const at = this.#offset;
    const raw = Buffer.concat(this.#headers);
    await this.#store(emptyHeader(BlockType.index), raw);
    const trailer = new Uint8Array(TRAILER_BYTES);
    setU64(new DataView(trailer.buffer), 0, at);
    trailer.set(Buffer.from(TRAILER_MAGIC, 'latin1'), 8);
    this.#write(trailer);
  }

  #json(type: number, value: unknown): void {
    this.#append(emptyHeader(type), Buffer.from(JSON.stringify(value)));
  }

  #append(header: BlockHeader, payload: Uint8Array): void {
    this.#pending++;
    const stored = this.#compress(header, payload);
    stored.catch(() => {});
    this.#chain = this.#chain.then(async () => {
      try {
        if (this.#failure === undefined) this.#put(...(await stored));
      } catch (error) {
        this.#failure ??= error;
      }
      this.#pending--;
    });
  }

  async #store(header: BlockHeader, payload: Uint8Array): Promise<void> {
    this.#put(...(await this.#compress(header, payload)));
  }

  async #compress(header: BlockHeader, payload: Uint8Array): Promise<[BlockHeader, Uint8Array]> {
    const small = await deflate(payload, { level: LEVEL });
    const [codec, stored] = small.length < payload.length ? [Codec.deflate, small] : [Codec.raw, payload];
    return [{ ...header, codec, storedBytes: stored.length, rawBytes: payload.length, payloadCrc: crc32(stored) }, stored];
  }

  #put(header: BlockHeader, stored: Uint8Array): void {
    const bytes = encodeHeader(header);
    this.#headers.push(bytes);
    this.#write(bytes);
    this.#write(stored);
  }

  #write(bytes: Uint8Array): void {
    writeAll(this.#fd, bytes);
    this.#offset += bytes.length;
  }
}
