import { concatBytes } from '@damonlab/base';
import { encodeAccessTruth, encodeAttribution } from './attribution-frames.js';
import { corruptFile } from './corrupt-file.js';
import { crc32 } from './crc32.js';
import {
  decodeFrame,
  encodeCpuCounters,
  encodeJson,
  encodeOfKdamond,
  encodeSnapshot,
  encodeTruth,
  FrameKind,
  type RowsFrame,
} from './journal-frames.js';
import type { Manifest } from './manifest.js';
import { type RowsOf, TABLE_NAMES, type TableName } from './row-tables.js';
import { emptyRows, type KdamondRun, type Run, type RunRows, runOf } from './run.js';

/** The first bytes of every journal, `DLABJNL1`; the last one is its version. */
export const MAGIC = new TextEncoder().encode('DLABJNL1');
/** payload bytes, CRC-32 over kind and payload, kind: three little-endian u32. */
export const HEAD_BYTES = 12;

export function frameHead(kind: number, payload: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(HEAD_BYTES));
  head.setUint32(0, payload.length, true);
  head.setUint32(4, checksum(kind, payload), true);
  head.setUint32(8, kind, true);
  return new Uint8Array(head.buffer);
}

function checksum(kind: number, payload: Uint8Array): number {
  return crc32(payload, crc32(Uint8Array.of(kind & 0xff, (kind >>> 8) & 0xff, (kind >>> 16) & 0xff, kind >>> 24)));
}

/** Rows of a journal whose bytes come bit by bit, from a file or over a wire while the run goes on. It works in a browser, too. */
export class JournalReader {
  /** All rows up to the last whole frame. */
  readonly rows: RunRows = emptyRows();
  readonly #where: string;
  #rest = new Uint8Array(0);
  #begun = false;
  #torn = false;

  /** @param where what the bytes are from, for errors */
  constructor(where: string) {
    this.#where = where;
  }

  /** Take the bytes that follow. False: a frame is damaged, and nothing behind it counts. UserError: this is no journal. */
  push(bytes: Uint8Array): boolean {
    this.#rest = joined(this.#rest, bytes);
    let at = this.#begun ? 0 : this.#begin();
    const head = new DataView(this.#rest.buffer);
    while (!this.#torn && this.#begun && at + HEAD_BYTES <= this.#rest.length) {
      const from = at + HEAD_BYTES;
      const length = head.getUint32(at, true);
      if (from + length > this.#rest.length) break;
      // A copy, so that typed arrays can lie on a buffer of its own.
      const payload = this.#rest.slice(from, from + length);
      const kind = head.getUint32(at + 8, true);
      this.#torn = checksum(kind, payload) !== head.getUint32(at + 4, true) || !decodeFrame(kind, payload, this.rows);
      at = from + length;
    }
    this.#rest = this.#rest.slice(at);
    return !this.#torn;
  }

  /** What has been read, as a run. */
  run(manifest: Manifest): Run {
    return runOf(this.#where, manifest, this.rows);
  }

  #begin(): number {
    const start = this.#rest.subarray(0, MAGIC.length);
    if (start.some((byte, i) => byte !== MAGIC[i])) throw corruptFile(this.#where, 'it does not start as a journal of this version does');
    this.#begun = start.length === MAGIC.length;
    return this.#begun ? MAGIC.length : 0;
  }
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(before.length + after.length);
  both.set(before);
  both.set(after, before.length);
  return both;
}

/** Any run as the bytes of a journal: all that it recorded, in one piece that `JournalReader` takes. */
export function encodeRun(run: Run): Uint8Array {
  const parts: Uint8Array[] = [MAGIC];
  const add: AddFrame = (kind, payload) => parts.push(frameHead(kind, payload), payload);
  for (const phase of run.phases) add(FrameKind.phase, encodeJson(phase));
  addKdamond(add, run);
  run.others?.forEach((other, i) => {
    addKdamond((kind, payload) => add(FrameKind.ofKdamond, encodeOfKdamond(i + 1, kind, payload)), other);
  });
  for (const window of run.truth) add(FrameKind.truth, encodeTruth(window));
  for (const counters of run.cpuCounters) add(FrameKind.cpuCounters, encodeCpuCounters(counters));
  for (const window of run.accessTruth) add(FrameKind.accessTruth, encodeAccessTruth(window));
  add(FrameKind.runCounters, encodeJson(run.counters));
  return concatBytes(parts);
}

type AddFrame = (kind: number, payload: Uint8Array) => void;

/** What is about one kdamond. */
function addKdamond(add: AddFrame, { snapshots, attribution, tables }: KdamondRun): void {
  for (const snapshot of snapshots) add(FrameKind.snapshot, encodeSnapshot(snapshot));
  for (const window of attribution) add(FrameKind.attribution, encodeAttribution(window));
  for (const table of TABLE_NAMES) if (tables[table].length > 0) add(FrameKind.rows, encodeJson(frameOf(table, tables)));
}

function frameOf<Name extends TableName>(table: Name, tables: RowsOf): RowsFrame<TableName> {
  return { table, rows: tables[table] };
}
