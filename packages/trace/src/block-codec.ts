import { concatBytes } from '@damonlab/base';
import { Column } from './format.js';
import { ByteColumn, ByteReader, DamagedBlock, unzigzag, varintBytes, zigzag } from './varint.js';

/** Pages of a 64-bit address space that a number can hold exactly. */
const PAGES_MAX = 2 ** 52;
/** Records of a block of `MAX_BLOCK_BYTES` at two bytes each. */
export const RECORDS_MAX = 1 << 25;
/** Single accesses to one page one after the other, within so many ticks, are one run. */
const RUN_TICKS = 1_000;
/** No byte: what is not read as one. */
const LONG = 0x100;
const NO_PLACES = new Uint16Array(0);

/** The columns of an access block under construction. A record is one access, or several that count as one. */
export class BlockColumns {
  readonly pages = new ByteColumn();
  readonly refs = new ByteColumn();
  readonly ticks = new ByteColumn();
  readonly counts = new ByteColumn();
  readonly spans = new ByteColumn();
  readonly places = new ByteColumn();
  nrPages = 0;
  nrRecords = 0;
  #lastPage = 0;

  /** Add a page to the dictionary; returns its index. */
  page(page: number): number {
    this.pages.varint(zigzag(page - this.#lastPage));
    this.#lastPage = page;
    return this.nrPages++;
  }

  /** The payload as docs/trace-format.md has it. `flags`: the `Column`s that are there. */
  payload(flags: number): Uint8Array {
    const head = new ByteColumn();
    head.varint(this.nrPages);
    const columns = [this.refs, this.ticks];
    if ((flags & Column.counts) !== 0) columns.push(this.counts);
    if ((flags & Column.spans) !== 0) columns.push(this.spans);
    if ((flags & Column.places) !== 0) columns.push(this.places);
    const parts: Uint8Array[] = [head.written(), this.pages.written(), varintBytes(this.nrRecords)];
    for (const column of columns) parts.push(varintBytes(column.length), column.written());
    return concatBytes(parts);
  }

  clear(): void {
    for (const column of [this.pages, this.refs, this.ticks, this.counts, this.spans, this.places]) column.length = 0;
    this.nrPages = 0;
    this.nrRecords = 0;
    this.#lastPage = 0;
  }
}

/** A decoded access block. Arrays are reused from block to block and may be longer than what they hold. */
export class DecodedBlock {
  nrPages = 0;
  nrRecords = 0;
  /** Page number (address / 4096) by index in the dictionary. */
  pages = new Float64Array(0);
  /** Index in the dictionary * 2, + 1 for a write. */
  refs = new Uint32Array(0);
  /** Ticks since the record before; the first: since the block's `firstClock`. */
  ticks = new Float64Array(0);
  /** Accesses to each page of the record, ≥ 1. */
  counts = new Uint32Array(0);
  /** Consecutive pages, ≥ 1. */
  spans = new Uint32Array(0);
  /** Offset in the page + 4096 * log2(size); empty without the column. */
  places: Uint16Array = NO_PLACES;

  /** `places`: false leaves that column out, which nobody needs who only asks for pages. @throws DamagedBlock */
  decode(payload: Uint8Array, flags: number, nrRecords: number, { places = true } = {}): void {
    const reader = this.#decodeHead(payload, nrRecords);
    reader.slice(reader.varint()).varints(this.refs, nrRecords, 0);
    for (let i = 0; i < nrRecords; i++) if (this.refs[i] >= 2 * this.nrPages) throw new DamagedBlock('a record of no page');
    reader.slice(reader.varint()).varints(this.ticks, nrRecords, 0);
    readFromOne(reader, (flags & Column.counts) !== 0, this.counts, nrRecords);
    readFromOne(reader, (flags & Column.spans) !== 0, this.spans, nrRecords);
    this.places = (flags & Column.places) === 0 || !places ? NO_PLACES : readPlaces(reader, nrRecords);
  }

  /**
   * A block of single accesses as runs: neighbours of one page and kind are one record with a count, at the clock of the first. The same
   * accesses in the same order. @throws DamagedBlock
   */
  decodeRuns(payload: Uint8Array, flags: number, nrRecords: number): void {
    if ((flags & (Column.counts | Column.spans)) !== 0) {
      this.decode(payload, flags, nrRecords, { places: false });
      return;
    }
    const reader = this.#decodeHead(payload, nrRecords);
    const refs = reader.slice(reader.varint());
    this.nrRecords = joinAccesses(refs, reader.slice(reader.varint()), nrRecords, this);
    this.spans.fill(1, 0, this.nrRecords);
  }

  /** Only the dictionary. Returns what comes behind it. @throws DamagedBlock */
  decodePages(payload: Uint8Array): ByteReader {
    const reader = new ByteReader(payload);
    this.nrPages = reader.varint();
    if (this.nrPages > reader.end - reader.at) throw new DamagedBlock('more pages than bytes');
    if (this.pages.length < this.nrPages) this.pages = new Float64Array(2 * this.nrPages);
    let page = 0;
    for (let i = 0; i < this.nrPages; i++) {
      page += unzigzag(reader.varint());
      if (page < 0 || page >= PAGES_MAX) throw new DamagedBlock('a page outside of any address space');
      this.pages[i] = page;
    }
    return reader;
  }

  /** Up to the number of records. */
  #decodeHead(payload: Uint8Array, nrRecords: number): ByteReader {
    const reader = this.decodePages(payload);
    this.nrRecords = reader.varint();
    if (this.nrRecords !== nrRecords || nrRecords > RECORDS_MAX) throw new DamagedBlock('a wrong number of records');
    if (this.refs.length < nrRecords) this.#grow(nrRecords);
    return reader;
  }

  #grow(nrRecords: number): void {
    const size = 2 * nrRecords;
    this.refs = new Uint32Array(size);
    this.ticks = new Float64Array(size);
    this.counts = new Uint32Array(size);
    this.spans = new Uint32Array(size);
  }
}

/** Decode both columns and join, in one go: a replay in order spends most of its time here. Returns how many runs there are. */
function joinAccesses(refColumn: ByteReader, tickColumn: ByteReader, nrRecords: number, into: DecodedBlock): number {
  const { refs, ticks, counts } = into;
  const { bytes } = refColumn;
  // One and two bytes are read here, what is longer (and the last byte of a column) by `varint`.
  const refEnd = refColumn.end - 1;
  const tickEnd = tickColumn.end - 1;
  const most = 2 * into.nrPages;
  let refAt = refColumn.at;
  let tickAt = tickColumn.at;
  let last = -1;
  let kept = -1;
  let waited = 0;
  let count = 0;
  for (let i = 0; i < nrRecords; i++) {
    let ref = refAt < refEnd ? bytes[refAt] : LONG;
    if (ref < 0x80) refAt++;
    else if (ref < LONG && bytes[refAt + 1] < 0x80) {
      ref = (ref & 0x7f) | (bytes[refAt + 1] << 7);
      refAt += 2;
    } else {
      refColumn.at = refAt;
      ref = refColumn.varint();
      refAt = refColumn.at;
    }
    let tick = tickAt < tickEnd ? bytes[tickAt] : LONG;
    if (tick < 0x80) tickAt++;
    else {
      tickColumn.at = tickAt;
      tick = tickColumn.varint();
      tickAt = tickColumn.at;
    }
    waited += tick;
    if (ref === last && waited <= RUN_TICKS) {
      count++;
      continue;
    }
    if (ref >= most) throw new DamagedBlock('a record of no page');
    if (kept >= 0) counts[kept] = count;
    kept++;
    refs[kept] = ref;
    ticks[kept] = waited;
    last = ref;
    count = 1;
    waited = 0;
  }
  if (kept >= 0) counts[kept] = count;
  return kept + 1;
}

/** A column of numbers ≥ 1, stored one less; all 1 without it. */
function readFromOne(reader: ByteReader, present: boolean, into: Uint32Array, nrRecords: number): void {
  if (!present) {
    into.fill(1, 0, nrRecords);
    return;
  }
  reader.slice(reader.varint()).varints(into, nrRecords, 1);
}

function readPlaces(reader: ByteReader, nrRecords: number): Uint16Array {
  const column = reader.slice(reader.varint());
  if (column.end - column.at !== 2 * nrRecords) throw new DamagedBlock('a wrong number of places');
  const places = new Uint16Array(nrRecords);
  for (let i = 0; i < nrRecords; i++) places[i] = column.bytes[column.at + 2 * i] | (column.bytes[column.at + 2 * i + 1] << 8);
  return places;
}
