import { concatBytes } from '@damonlab/base';
import { DecodedBlock } from './block-codec.js';
import { type CutBlock, Pieces } from './pieces.js';
import { ByteColumn, type ByteReader, DamagedBlock, varintBytes } from './varint.js';

/** An outline is worth its bytes if so many runs of the block are one sum of it on the average. */
const WORTH = 4;

/**
 * What most of a replay needs of a block of a `full` trace: its pages, its pieces, and of each piece the *sums*: which pages it
 * reads and which it writes, in the order of their first accesses, and how often. A hundredth of the block itself.
 */
export class Outline implements CutBlock {
  nrPages = 0;
  pages = new Float64Array(0);
  /** `begin` counts sums. */
  readonly pieces = new Pieces();
  /** As in a `DecodedBlock`: index of the page * 2, + 1 for writes; and accesses, ≥ 1. */
  refs = new Uint32Array(0);
  counts = new Uint32Array(0);
  readonly spans = new Uint32Array(0);
  readonly #dictionary = new DecodedBlock();

  /** @throws DamagedBlock */
  decode(payload: Uint8Array): void {
    const reader = this.#dictionary.decodePages(payload);
    this.nrPages = this.#dictionary.nrPages;
    this.pages = this.#dictionary.pages;
    const nrPieces = atMost(reader, reader.varint());
    const nrSums = atMost(reader, reader.varint());
    if (this.refs.length < nrSums) {
      this.refs = new Uint32Array(2 * nrSums);
      this.counts = new Uint32Array(2 * nrSums);
    }
    const ofPieces = reader.slice(reader.varint());
    reader.slice(reader.varint()).varints(this.refs, nrSums, 0);
    reader.slice(reader.varint()).varints(this.counts, nrSums, 1);
    this.#cut(ofPieces, nrPieces, nrSums);
    for (let i = 0; i < nrSums; i++) if (this.refs[i] >= 2 * this.nrPages) throw new DamagedBlock('a sum of no page');
  }

  #cut(reader: ByteReader, nrPieces: number, nrSums: number): void {
    this.pieces.clear();
    let begin = 0;
    for (let piece = 0; piece < nrPieces; piece++) {
      const lead = reader.varint();
      const elapsed = reader.varint();
      const end = begin + reader.varint();
      if (end > nrSums) throw new DamagedBlock('pieces of more sums than there are');
      let accesses = 0;
      for (let i = begin; i < end; i++) accesses += this.counts[i];
      this.pieces.add(end, lead, elapsed, accesses);
      begin = end;
    }
  }
}

/** Makes outlines, one after the other. */
export class OutlineMaker {
  readonly #runs = new DecodedBlock();
  readonly #pieces = new Pieces();
  /** By ref: in which piece it was last seen, counted on from block to block, and its sum. */
  #seenIn = new Uint32Array(0);
  #sumOf = new Uint32Array(0);
  #piece = 0;
  #refs = new Uint32Array(0);
  #counts = new Uint32Array(0);

  /**
   * The payload of the outline of a block of a `full` trace; undefined if it would say hardly less than the block.
   * @throws DamagedBlock
   */
  make(payload: Uint8Array, flags: number, nrRecords: number): Uint8Array | undefined {
    const runs = this.#runs;
    runs.decodeRuns(payload, flags, nrRecords);
    this.#pieces.cut(runs, true);
    if (this.#seenIn.length < 2 * runs.nrPages || this.#piece > 2 ** 31) {
      this.#seenIn = new Uint32Array(4 * runs.nrPages);
      this.#sumOf = new Uint32Array(4 * runs.nrPages);
      this.#piece = 0;
    }
    if (this.#refs.length < runs.nrRecords) {
      this.#refs = new Uint32Array(2 * runs.nrRecords);
      this.#counts = new Uint32Array(2 * runs.nrRecords);
    }
    const ofPieces = new ByteColumn();
    let nrSums = 0;
    for (let piece = 0; piece < this.#pieces.nr; piece++) {
      const before = nrSums;
      nrSums = this.#sumUp(piece, before);
      ofPieces.varint(this.#pieces.lead[piece]);
      ofPieces.varint(this.#pieces.elapsed[piece]);
      ofPieces.varint(nrSums - before);
    }
    if (nrSums * WORTH > runs.nrRecords) return undefined;
    const dictionary = payload.subarray(0, runs.decodePages(payload).at);
    return this.#payload(dictionary, ofPieces, nrSums);
  }

  /** The sums of one piece, from `nrSums` on; returns how many there are now. */
  #sumUp(piece: number, nrSums: number): number {
    const { refs, counts } = this.#runs;
    const { begin } = this.#pieces;
    const seenIn = this.#seenIn;
    const sumOf = this.#sumOf;
    const sumRefs = this.#refs;
    const sumCounts = this.#counts;
    const now = ++this.#piece;
    const end = begin[piece + 1];
    let next = nrSums;
    for (let i = begin[piece]; i < end; i++) {
      const ref = refs[i];
      if (seenIn[ref] === now) {
        sumCounts[sumOf[ref]] += counts[i];
        continue;
      }
      seenIn[ref] = now;
      sumOf[ref] = next;
      sumRefs[next] = ref;
      sumCounts[next++] = counts[i];
    }
    return next;
  }

  #payload(dictionary: Uint8Array, ofPieces: ByteColumn, nrSums: number): Uint8Array {
    const refs = new ByteColumn();
    const counts = new ByteColumn();
    for (let i = 0; i < nrSums; i++) {
      refs.varint(this.#refs[i]);
      counts.varint(this.#counts[i] - 1);
    }
    const parts: Uint8Array[] = [dictionary, varintBytes(this.#pieces.nr), varintBytes(nrSums)];
    for (const column of [ofPieces, refs, counts]) parts.push(varintBytes(column.length), column.written());
    return concatBytes(parts);
  }
}

/** Things take a byte each at least. */
function atMost(reader: ByteReader, nr: number): number {
  if (nr > reader.end - reader.at) throw new DamagedBlock('more pieces or sums than bytes');
  return nr;
}
