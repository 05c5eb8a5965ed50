import { RunError } from '@damonlab/base';
import { DecodedBlock } from './block-codec.js';
import { Column, type PlacedBlock } from './format.js';
import { Outline } from './outline.js';
import { type CutBlock, Pieces } from './pieces.js';
import type { TraceFile } from './trace-file.js';
import { DamagedBlock } from './varint.js';

/** All runs of a block in their order. */
class OrderedBlock extends DecodedBlock implements CutBlock {
  readonly pieces = new Pieces();
}

/** One block of a thread at a time, decoded as far as a replay needs it: its outline, and its runs only where their order matters. */
export class ReplayBlock {
  readonly #trace: TraceFile;
  readonly #outline = new Outline();
  readonly #ordered = new OrderedBlock();
  #block: PlacedBlock | undefined;
  /** Which block `#ordered` is. */
  #inOrder: PlacedBlock | undefined;

  constructor(trace: TraceFile) {
    this.#trace = trace;
  }

  /** @throws RunError if the block is damaged */
  load(block: PlacedBlock): void {
    this.#block = block;
    const { outline } = block;
    if (outline !== undefined) this.#decode(outline, (payload) => this.#outline.decode(payload));
  }

  /** Whether `first` is the outline: sums instead of runs. */
  get outlined(): boolean {
    return this.#block?.outline !== undefined;
  }

  /** What is to be known of the block at first. @throws RunError if it is damaged */
  first(): CutBlock {
    return this.outlined ? this.#outline : this.inOrder();
  }

  /** The block itself. Its pieces are those of `first`. @throws RunError if it is damaged */
  inOrder(): CutBlock {
    const ordered = this.#ordered;
    const block = this.#block;
    if (block === undefined || this.#inOrder === block) return ordered;
    this.#inOrder = undefined;
    const { flags, nrRecords } = block.header;
    const full = (flags & Column.places) !== 0;
    this.#decode(block, (payload) => (full ? ordered.decodeRuns(payload, flags, nrRecords) : ordered.decode(payload, flags, nrRecords)));
    ordered.pieces.cut(ordered, this.#trace.head.detail === 'full');
    if (this.outlined && this.#outline.pieces.nr !== ordered.pieces.nr) throw this.#damaged(block, 'the outline of another block');
    this.#inOrder = block;
    return ordered;
  }

  #decode(block: PlacedBlock, decode: (payload: Uint8Array) => void): void {
    const payload = this.#trace.readWhole(block);
    try {
      decode(payload);
    } catch (error) {
      if (error instanceof DamagedBlock) throw this.#damaged(block, error.message);
      throw error;
    }
  }

  #damaged({ offset }: PlacedBlock, what: string): RunError {
    return new RunError(`${this.#trace.file}: damaged at byte ${offset}: ${what}`);
  }
}
