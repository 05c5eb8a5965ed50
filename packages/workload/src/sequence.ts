/** The walk of a `sequence` batch. */
export interface SequenceSteps {
  /** Bytes, ≥ 0. */
  readonly stride: number;
  /** Wrap-around size in bytes, ≥ 1. */
  readonly bytes: number;
}

/** Offset after `count` steps from `offset` (< bytes) of: offset += stride; if (offset >= bytes) offset = 0. In closed form. */
export function offsetAfter(offset: number, count: number, steps: SequenceSteps): number {
  const { stride, bytes } = steps;
  if (stride === 0) return offset;
  const untilWrap = Math.ceil((bytes - offset) / stride);
  if (count < untilWrap) return offset + count * stride;
  return ((count - untilWrap) % Math.ceil(bytes / stride)) * stride;
}
