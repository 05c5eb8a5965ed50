import type { Scan, ScanChunk, ScanPass } from '../scan.js';

/** Go through a pass in one go; `change` arms a chunk and says how many PTEs that changed. */
export function scanAtOnce(scan: Scan | undefined, change: (chunk: ScanChunk) => number): ScanPass | undefined {
  if (scan === undefined) return undefined;
  let step = scan.next(0);
  while (step.done !== true) step = scan.next(change(step.value));
  return step.value;
}
