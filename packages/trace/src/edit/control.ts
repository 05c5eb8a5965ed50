import { RunError } from '@damonlab/base';
import type { PlacedBlock } from '../format.js';
import type { TraceFile } from '../trace-file.js';

/** Who wants to know how far a long edit is, and may stop it. */
export interface EditControl {
  /** Bytes of traces done, and all of them. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal;
}

/** A block, and which trace it is of. */
export interface Step {
  readonly index: number;
  readonly trace: TraceFile;
  readonly block: PlacedBlock;
}

/** The blocks of traces, one after the other. @throws RunError when the user has had enough. */
export function* steps(traces: readonly TraceFile[], { onProgress, signal }: EditControl): Generator<Step> {
  const totalBytes = traces.reduce((sum, { blocks }) => blocks.reduce((all, { header }) => all + header.storedBytes, sum), 0);
  let doneBytes = 0;
  for (const [index, trace] of traces.entries()) {
    for (const block of trace.blocks) {
      checkSignal(signal);
      yield { index, trace, block };
      doneBytes += block.header.storedBytes;
      onProgress?.(doneBytes, totalBytes);
    }
  }
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new RunError('stopped by the user; no trace was written');
}
