import fs from 'node:fs';
import { asRunError, writeAll } from '@damonlab/base';
import { frameHead, HEAD_BYTES, JournalReader, MAGIC } from './journal-bytes.js';
import type { RunRows } from './run.js';

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

/** So many bytes of a journal are read at a time. */
const READ_BYTES = 1 << 20;

/** All rows up to the last whole frame. UserError if the file is no journal at all. */
export function readJournal(file: string): RunRows {
  const reader = new JournalReader(file);
  const fd = fs.openSync(file, 'r');
  try {
    const bytes = new Uint8Array(READ_BYTES);
    for (let at = 0; ; ) {
      const count = fs.readSync(fd, bytes, 0, bytes.length, at);
      if (count === 0 || !reader.push(bytes.subarray(0, count))) break;
      at += count;
    }
  } finally {
    fs.closeSync(fd);
  }
  return reader.rows;
}
