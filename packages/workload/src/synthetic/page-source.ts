import { PAGE_BYTES, type StateTape } from '@damonlab/base';
import type { AccessBatch } from '../access-program.js';

/** Most accesses of one batch of a synthetic pattern: short enough that reads and writes, or hot and cold, mix well. */
export const BATCH_ACCESSES = 1000;

/** Where the accesses of a synthetic pattern go. */
export interface PageSource {
  /** The list that it fills in. */
  readonly pages: Uint32Array;
  /**
   * Fill in `region` if it is not 0, `pages`, `begin`, `cursor`, `end` and `remaining` (1 to `BATCH_ACCESSES`);
   * `elapsedNs`: since the thread began.
   */
  fill(batch: AccessBatch, elapsedNs: number): void;
  /** Share of writes where the last batch went; left out: the pattern's. */
  readonly writeRatio?: number;
  save(tape: StateTape): void;
  restore(tape: StateTape): void;
}

/** Pages that `bytes` bytes from a page boundary touch. */
export function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES);
}
