import fs from 'node:fs';
import { asRunError, writeAll } from '@damonlab/base';
import { crc32 } from './crc32.js';
import { decodeFrame } from './journal-frames.js';
import { corruptFile } from './manifest.js';
import { emptyRows, type RunRows } from './run.js';

/** The first bytes of every journal; the last one is its version. */
const MAGIC = Buffer.from('DLABJNL1', 'latin1');
/** payload bytes, CRC-32 over kind and payload, kind: three little-endian u32. */
const HEAD_BYTES = 12;
const FLUSH_BYTES = 1 << 20;

/**
 * Append-only record of a run that goes on. After a kill it is readable up to its last whole frame, since every frame carries
 * its length and a checksum.
 */
export class JournalWriter {
  readonly #file: string;
  readonly #fd: number;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #writtenBytes = MAGIC.length;

  constructor(file: string) {
    this.#file = file;
    try {
      // Appending, so that a write after a truncation goes to the new end.
      this.#fd = fs.openSync(file, 'ax');
      writeAll(this.#fd, MAGIC);
    } catch (error) {
      throw asRunError(error, file);
    }
  }

  /** Add a frame; it reaches the file with the next flush. `payload` belongs to the journal from now on. */
  append(kind: number, payload: Uint8Array): void {
    this.#pending.push(frameHead(kind, payload), payload);
    this.#pendingBytes += HEAD_BYTES + payload.length;
    if (this.#pendingBytes >= FLUSH_BYTES) this.flush();
  }

  /** Hand everything to the operating system: from here on it survives the death of this process. RunError if it is refused. */
  flush(): void {
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      writeAll(this.#fd, bytes);
      this.#writtenBytes += bytes.length;
    } catch (error) {
      // Without the torn frame at its end the journal can still take frames when there is space again.
      fs.ftruncateSync(this.#fd, this.#writtenBytes);
      throw asRunError(error, this.#file);
    }
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** All rows up to the last whole frame. UserError if the file is no journal at all. */
export function readJournal(file: string): RunRows {
  const rows = emptyRows();
  const fd = fs.openSync(file, 'r');
  try {
    const size = fs.fstatSync(fd).size;
    const magic = readAt(fd, 0, Math.min(size, MAGIC.length));
    if (!MAGIC.subarray(0, magic.length).equals(magic)) throw corruptFile(file, 'it does not start as a journal of this version does');
    let at = MAGIC.length;
    while (at + HEAD_BYTES <= size) {
      const head = new DataView(readAt(fd, at, HEAD_BYTES).buffer);
      const length = head.getUint32(0, true);
      if (at + HEAD_BYTES + length > size) break;
      const payload = readAt(fd, at + HEAD_BYTES, length);
      const kind = head.getUint32(8, true);
      if (checksum(kind, payload) !== head.getUint32(4, true) || !decodeFrame(kind, payload, rows)) break;
      at += HEAD_BYTES + length;
    }
  } finally {
    fs.closeSync(fd);
  }
  return rows;
}

function frameHead(kind: number, payload: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint32(0, payload.length, true);
  head.setUint32(4, checksum(kind, payload), true);
  head.setUint32(8, kind, true);
  return new Uint8Array(head.buffer);
}

function checksum(kind: number, payload: Uint8Array): number {
  return crc32(payload, crc32(Uint8Array.of(kind & 0xff, (kind >>> 8) & 0xff, (kind >>> 16) & 0xff, kind >>> 24)));
}

/** Bytes `[at, at + length)` in a buffer of their own, so that typed arrays can lie on it. */
function readAt(fd: number, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = fs.readSync(fd, bytes, done, length - done, at + done);
    if (count === 0) break;
    done += count;
  }
  return bytes;
}
