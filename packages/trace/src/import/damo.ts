import { PAGE_BYTES, UserError } from '@damonlab/base';
import type { TraceFooter } from '../meta.js';
import { TraceBuilder } from '../trace-builder.js';

/** A snapshot of a damo record; structurally what `openDamoRecord` reads. */
export interface DamoSnapshot {
  readonly targetId: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly sampleUs: number;
  readonly aggrUs: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly nrAccesses: Uint32Array;
}

const NS_PER_US = 1_000;

/**
 * A program that would have produced a record: in each sampling interval it touches all pages of the regions that DAMON would then
 * have found accessed, as many intervals of a window as `nr_accesses` says, evenly spread. Each target is a thread; DAMON does not tell
 * writes, so all are reads.
 *
 * @param intervals of a record that does not say its own, as those that come from tracepoints alone
 * @throws UserError if there are no intervals, or no accesses
 */
export async function importDamo(
  file: string,
  recorded: readonly DamoSnapshot[],
  output: string,
  intervals?: { readonly sampleUs: number; readonly aggrUs: number },
): Promise<TraceFooter> {
  const snapshots = intervals === undefined ? recorded : recorded.map((snapshot) => ({ ...intervals, ...own(snapshot) }));
  const sampleUs = snapshots[0]?.sampleUs ?? 0;
  if (sampleUs <= 0) {
    const hint = '--monitoring_intervals SAMPLE AGGR UPDATE says with what it was made: damo and the kernel start with 5ms 100ms 1s';
    throw new UserError('a record without intervals', { where: file, expected: 'sampling and aggregation interval', hint });
  }
  const head = { source: 'damo', command: file, detail: 'pages', tick: 'ns', windowTicks: sampleUs * NS_PER_US } as const;
  const builder = new TraceBuilder(output, head, { ranges: true });
  try {
    const originNs = Math.min(...snapshots.map((snapshot) => snapshot.startNs));
    for (const snapshot of snapshots) {
      writeSnapshot(builder, snapshot, originNs);
      await builder.writer.drained();
    }
    if (builder.accesses === 0) throw new UserError('a record without accesses', { where: file, expected: 'nr_accesses above 0' });
    return await builder.finish();
  } catch (error) {
    await builder.writer.discard();
    throw error;
  }
}

/** Without intervals that are not known. */
function own({ sampleUs, aggrUs, ...snapshot }: DamoSnapshot) {
  return sampleUs > 0 ? { ...snapshot, sampleUs, aggrUs } : snapshot;
}

function writeSnapshot(builder: TraceBuilder, snapshot: DamoSnapshot, originNs: number): void {
  const { startNs, endNs, targetId, start, end, nrAccesses } = snapshot;
  const samples = Math.max(1, Math.round(snapshot.aggrUs / snapshot.sampleUs));
  for (let sample = 0; sample < samples; sample++) {
    const clock = Math.round(startNs - originNs + ((endNs - startNs) * sample) / samples);
    for (let i = 0; i < start.length; i++) {
      if (!dueAt(sample, Math.min(nrAccesses[i], samples), samples)) continue;
      const page = Math.floor(start[i] / PAGE_BYTES);
      const pages = Math.ceil(end[i] / PAGE_BYTES) - page;
      if (pages > 0) builder.range(targetId, page, pages, 0, clock);
    }
  }
}

/** Whether interval `sample` is one of `wanted` that are spread evenly over `samples`. */
function dueAt(sample: number, wanted: number, samples: number): boolean {
  return Math.floor(((sample + 1) * wanted) / samples) > Math.floor((sample * wanted) / samples);
}
