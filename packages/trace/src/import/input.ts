import fs from 'node:fs';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '@damonlab/base';
import { Decompress } from 'fzstd';

const CHUNK_BYTES = 1 << 20;
const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** How far the reading of a file is. */
export interface InputProgress {
  /** Bytes of the file read, before decompression. */
  readonly doneBytes: number;
  /** Size of the file; 0: not known (a pipe). */
  readonly totalBytes: number;
}

/** Bytes of a file (or of standard input, `-`), decompressed if they are gzip or zstd. */
export class Input {
  readonly file: string;
  /** Why the data ended early: compressed data that is cut off or broken. */
  broken: string | undefined;
  readonly #stream: Readable;
  readonly #totalBytes: number;
  #doneBytes = 0;

  /** @throws UserError if there is no such file. */
  constructor(file: string) {
    this.file = file;
    this.#totalBytes = file === '-' ? 0 : sizeOf(file);
    this.#stream = file === '-' ? process.stdin : fs.createReadStream(file, { highWaterMark: CHUNK_BYTES });
  }

  get progress(): InputProgress {
    return { doneBytes: this.#doneBytes, totalBytes: this.#totalBytes };
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const raw = this.#counted();
    const first = await raw.next();
    if (first.done === true) return;
    const all = prepend(first.value, raw);
    if (begins(first.value, GZIP)) yield* this.#gunzip(all);
    else if (begins(first.value, ZSTD)) yield* this.#unzstd(all);
    else yield* all;
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#stream) {
      const bytes = chunk as Uint8Array;
      this.#doneBytes += bytes.length;
      yield bytes;
    }
  }

  async *#gunzip(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
    // An error of either ends the loop below; nothing is left to tell here.
    pipeline(chunks, gunzip, () => {});
    try {
      for await (const chunk of gunzip) yield chunk as Uint8Array;
    } catch (error) {
      this.broken = `the gzip data is cut off or broken (${error instanceof Error ? error.message : String(error)})`;
    }
  }

  async *#unzstd(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    let ready: Uint8Array[] = [];
    let ended = false;
    const zstd = new Decompress((data, final) => {
      ready.push(data);
      ended = final === true;
    });
    try {
      for await (const chunk of chunks) {
        zstd.push(chunk);
        yield* ready;
        ready = [];
      }
      zstd.push(new Uint8Array(0), true);
      yield* ready;
    } catch (error) {
      ended = true;
      this.broken = `the zstd data is cut off or broken (${error instanceof Error ? error.message : String(error)})`;
    }
    if (!ended) this.broken = 'the zstd data is cut off';
  }
}

function sizeOf(file: string): number {
  try {
    const stat = fs.statSync(file);
    if (stat.isDirectory()) throw new Error('a directory');
    return stat.size;
  } catch (error) {
    throw new UserError('cannot read the input', { where: file, actual: error instanceof Error ? error.message : String(error) });
  }
}

function begins(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

async function* prepend(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}
