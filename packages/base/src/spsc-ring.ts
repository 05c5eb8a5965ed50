import { assert } from './assert.js';

/** Slots of a ring unless its views say otherwise. One slot always stays empty, so 255 records fit. */
export const SPSC_RING_SLOTS = 256;
/** Int32 words of one ring: four cache lines, so that producer and consumer do not write to the same one. */
export const SPSC_RING_WORDS = 64;

/** Writer: producer (store, after the record is written). Reader: consumer. The slot that the next record goes to. */
const HEAD = 0;
/** Writer: consumer (store, after the record is copied out). Reader: producer. The oldest record's slot; equal to the head: empty. */
const TAIL = 16;
/**
 * Writers: producer (1, after the head), consumer (0, before it reads the head). Reader: consumer. In this order a record that
 * the consumer's reading of the head missed leaves the flag up.
 */
const PENDING = 32;
/** Writer: producer (add, before the head, so never less than what was drained). Readers: anybody. Wraps at 2^32. */
const QUEUED = 48;
/** Writer: producer (add). Readers: anybody. Records refused because all slots were taken; wraps at 2^32. */
const RING_FULL = 49;

/** The memory of one ring, at best in a SharedArrayBuffer and aligned to 64 bytes; zeroed at the start. */
export interface SpscRingViews {
  /** SPSC_RING_WORDS words. */
  readonly words: Int32Array;
  /** `slots × columns` numbers; `slots` a power of two, at least 2. Written by the producer before the head passes a slot. */
  readonly records: Float64Array;
}

/**
 * A ring of records of a few numbers each, from one producer to one consumer in two threads (or in one), without locks and
 * without waiting: a record that finds no room is refused and counted. Each side opens its own `SpscRing` on the same memory.
 */
export class SpscRing {
  readonly #words: Int32Array;
  readonly #records: Float64Array;
  readonly #columns: number;
  readonly #mask: number;
  /** What `drain` shows: a copy, since the slot is given back before the visit. */
  readonly #record: Float64Array;

  /** `columns`: numbers in one record, at least 1. */
  constructor(views: SpscRingViews, columns: number) {
    const slots = views.records.length / columns;
    assert(Number.isSafeInteger(columns) && columns >= 1, 'a record has at least one column');
    assert(Number.isSafeInteger(slots) && slots >= 2 && (slots & (slots - 1)) === 0, `a ring has 2^n slots, not ${slots}`);
    assert(views.words.length >= SPSC_RING_WORDS, 'a ring has all its control words');
    this.#words = views.words;
    this.#records = views.records;
    this.#columns = columns;
    this.#mask = slots - 1;
    this.#record = new Float64Array(columns);
  }

  /** Records taken so far. */
  get queued(): number {
    return Atomics.load(this.#words, QUEUED) >>> 0;
  }

  /** Records refused so far. */
  get ringFull(): number {
    return Atomics.load(this.#words, RING_FULL) >>> 0;
  }

  /** Producer: append the first `columns` numbers of `record`. */
  push(record: ArrayLike<number>): 'queued' | 'ring_full' {
    const words = this.#words;
    const head = Atomics.load(words, HEAD);
    const next = (head + 1) & this.#mask;
    if (next === Atomics.load(words, TAIL)) {
      Atomics.add(words, RING_FULL, 1);
      return 'ring_full';
    }
    const at = head * this.#columns;
    for (let column = 0; column < this.#columns; column++) this.#records[at + column] = record[column];
    Atomics.add(words, QUEUED, 1);
    Atomics.store(words, HEAD, next);
    Atomics.store(words, PENDING, 1);
    return 'queued';
  }

  /**
   * Consumer: visit and remove what is in the ring now, oldest first; returns how many. What arrives meanwhile is for the next
   * drain, so a busy producer cannot hold the consumer. `record` is reused: it means something only during the visit.
   */
  drain(visit: (record: Float64Array) => void): number {
    const words = this.#words;
    if (Atomics.load(words, PENDING) === 0) return 0;
    Atomics.store(words, PENDING, 0);
    const head = Atomics.load(words, HEAD);
    let tail = Atomics.load(words, TAIL);
    let drained = 0;
    for (; tail !== head; drained++) {
      const at = tail * this.#columns;
      for (let column = 0; column < this.#columns; column++) this.#record[column] = this.#records[at + column];
      tail = (tail + 1) & this.#mask;
      Atomics.store(words, TAIL, tail);
      visit(this.#record);
    }
    return drained;
  }
}
