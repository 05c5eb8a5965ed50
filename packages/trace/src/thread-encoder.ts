import { assert, PAGE_BYTES } from '@damonlab/base';
import { BlockColumns } from './block-codec.js';
import { type BlockHeader, BlockType, Column, emptyHeader } from './format.js';
import type { Detail } from './meta.js';
import { PageIndex } from './page-index.js';

/** A block is closed when it has so many records, or so many pages, or so many accesses that a counter might overflow. */
const BLOCK_RECORDS = 1 << 16;
const BLOCK_PAGES = 1 << 14;
const BLOCK_ACCESSES = 2 ** 31;
const OTHER_SIZE = 7;

/** Takes finished blocks. */
export type BlockSink = (header: BlockHeader, payload: Uint8Array) => void;

export interface EncoderOptions {
  readonly detail: Detail;
  readonly windowTicks: number;
  /** With `pages`: the accesses come as `range`s of pages. */
  readonly ranges?: boolean;
}

/** Makes blocks of the accesses of one thread. Clocks must not go back; one that does counts as the last one. */
export class ThreadEncoder {
  readonly #options: EncoderOptions;
  readonly #sink: BlockSink;
  readonly #header: BlockHeader;
  readonly #columns = new BlockColumns();
  readonly #index = new PageIndex();
  /** `pages`: by index in the dictionary, what the window has so far; `#touched` in the order of first touches. */
  #reads = new Uint32Array(256);
  #writes = new Uint32Array(256);
  #touched: number[] = [];
  #windowClock = 0;
  #lastClock = 0;
  #clock = 0;
  #lastPage = -1;
  #lastIndex = -1;

  constructor(thread: number, tid: number, options: EncoderOptions, sink: BlockSink) {
    this.#options = options;
    this.#sink = sink;
    const flags = options.detail === 'full' ? Column.places : options.ranges === true ? Column.counts | Column.spans : Column.counts;
    this.#header = { ...emptyHeader(BlockType.accesses), thread, tid, flags };
  }

  /** One access to `size` bytes at `page` and `offset` in it, at `clock`; `write`: 0 or 1. An access over the end of a page is two. */
  access(page: number, offset: number, size: number, write: number, clock: number, cpu: number): void {
    this.#one(page, offset, size, write, clock, cpu);
    if (offset + size <= PAGE_BYTES) return;
    const last = page + Math.floor((offset + size - 1) / PAGE_BYTES);
    for (let next = page + 1; next <= last; next++) this.#one(next, 0, size, write, clock, cpu);
  }

  /** `span` pages from `page` on, each accessed `count` times, at `clock`: what summaries of accesses tell. Only with `ranges`. */
  range(page: number, span: number, count: number, write: number, clock: number): void {
    assert(this.#options.ranges === true, 'an encoder of ranges');
    this.#advance(clock, 0);
    this.#record(this.#indexOf(page), write, count, span, 0, 0);
    this.#closeIfFull();
  }

  /** Nothing more comes before `clock`. */
  close(clock: number): void {
    this.#clock = Math.max(this.#clock, clock);
    this.#endWindow();
    this.#endBlock();
  }

  #one(page: number, offset: number, size: number, write: number, clock: number, cpu: number): void {
    this.#advance(clock, cpu);
    const index = page === this.#lastPage ? this.#lastIndex : this.#indexOf(page);
    if (this.#options.detail === 'full') {
      this.#record(index, write, 1, 1, offset, size);
      this.#closeIfFull();
      return;
    }
    if (this.#reads[index] === 0 && this.#writes[index] === 0) this.#touched.push(index);
    if (write === 1) this.#writes[index]++;
    else this.#reads[index]++;
  }

  #advance(clock: number, cpu: number): void {
    if (clock > this.#clock) this.#clock = clock;
    const { detail, windowTicks } = this.#options;
    const window = this.#clock - (this.#clock % windowTicks);
    // A window with more pages than a block should have is cut in two.
    if (detail === 'pages' && (window !== this.#windowClock || this.#columns.nrPages >= BLOCK_PAGES)) {
      this.#endWindow();
      this.#closeIfFull();
    }
    this.#windowClock = window;
    if (this.#columns.nrPages === 0) this.#begin(detail === 'pages' && this.#options.ranges !== true ? window : this.#clock, cpu);
  }

  #begin(clock: number, cpu: number): void {
    this.#header.firstClock = clock;
    this.#header.cpu = cpu;
    this.#header.reads = 0;
    this.#header.writes = 0;
    this.#lastClock = clock;
  }

  #indexOf(page: number): number {
    let index = this.#index.get(page);
    if (index < 0) {
      index = this.#columns.page(page);
      this.#index.set(page, index);
      if (index >= this.#reads.length) this.#grow();
    }
    this.#lastPage = page;
    this.#lastIndex = index;
    return index;
  }

  #grow(): void {
    const reads = new Uint32Array(2 * this.#reads.length);
    const writes = new Uint32Array(2 * this.#reads.length);
    reads.set(this.#reads);
    writes.set(this.#writes);
    this.#reads = reads;
    this.#writes = writes;
  }

  #endWindow(): void {
    for (const index of this.#touched) {
      if (this.#reads[index] > 0) this.#record(index, 0, this.#reads[index], 1, 0, 0, this.#windowClock);
      if (this.#writes[index] > 0) this.#record(index, 1, this.#writes[index], 1, 0, 0, this.#windowClock);
      this.#reads[index] = 0;
      this.#writes[index] = 0;
    }
    this.#touched.length = 0;
  }

  #record(index: number, write: number, count: number, span: number, offset: number, size: number, clock = this.#clock): void {
    const { refs, ticks, counts, spans, places } = this.#columns;
    const { flags } = this.#header;
    refs.varint(2 * index + write);
    ticks.varint(clock - this.#lastClock);
    this.#lastClock = clock;
    if ((flags & Column.counts) !== 0) counts.varint(count - 1);
    if ((flags & Column.spans) !== 0) spans.varint(span - 1);
    if ((flags & Column.places) !== 0) places.u16(offset | (sizeCode(size) << 12));
    this.#columns.nrRecords++;
    if (write === 1) this.#header.writes += count * span;
    else this.#header.reads += count * span;
  }

  #closeIfFull(): void {
    const { nrRecords, nrPages } = this.#columns;
    const accesses = this.#header.reads + this.#header.writes;
    if (nrRecords >= BLOCK_RECORDS || nrPages >= BLOCK_PAGES || accesses >= BLOCK_ACCESSES) this.#endBlock();
  }

  #endBlock(): void {
    if (this.#columns.nrRecords > 0) {
      const payload = this.#columns.payload(this.#header.flags);
      const { nrRecords } = this.#columns;
      this.#sink({ ...this.#header, nrRecords, rawBytes: payload.length, storedBytes: payload.length, endClock: this.#clock }, payload);
    }
    this.#columns.clear();
    this.#index.clear();
    this.#lastPage = -1;
  }
}

function sizeCode(size: number): number {
  const log2 = 31 - Math.clz32(size);
  return size > 0 && 1 << log2 === size && log2 < OTHER_SIZE ? log2 : OTHER_SIZE;
}
