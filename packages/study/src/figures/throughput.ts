import type { Run } from '@damonlab/record';

/** Millions of true accesses a second in the windows that began at `sinceNs` or later; null: the truth was not logged. */
export function throughput(run: Run, sinceNs = 0): number | null {
  let accesses = 0;
  let ns = 0;
  let counted = -1;
  for (const { startNs, endNs, rows } of run.accessTruth) {
    if (startNs < sinceNs) continue;
    for (const row of rows) accesses += row.accesses;
    if (endNs !== counted) ns += endNs - startNs;
    counted = endNs;
  }
  return ns === 0 ? null : (1e3 * accesses) / ns;
}
