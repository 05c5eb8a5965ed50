import { pipeline } from 'node:stream/promises';
import { createDeflate } from 'node:zlib';
import { writeAll } from '@damonlab/base';
import type { Snapshot } from './events.js';
import type { Intervals } from './manifest.js';
import { type Run, targetsOf } from './run.js';

/**
 * Write the snapshots of all kdamonds as damo's `json_compressed` record: a zlib stream of a JSON list with one record per kdamond and
 * target. Streams, since the text of a long run is larger than a JavaScript string may be.
 */
export async function writeDamoRecord(fd: number, run: DamoRun): Promise<void> {
  await pipeline(recordTexts(run), createDeflate(), async (compressed) => {
    for await (const chunk of compressed) writeAll(fd, chunk);
  });
}

/** What a damo record tells of a run. */
export type DamoRun = Pick<Run, 'snapshots' | 'intervals' | 'others' | 'manifest'>;

interface DamoRecord {
  readonly kdamond: number;
  readonly intervals: Intervals | null;
  readonly snapshots: readonly Snapshot[];
}

function recordsOf({ snapshots, intervals, others = [], manifest }: DamoRun): DamoRecord[] {
  const intervalsOf = (i: number) => manifest?.otherIntervals?.[i] ?? null;
  const ofOthers = others.map((other, i) => ({ kdamond: i + 1, intervals: intervalsOf(i), snapshots: other.snapshots }));
  return [{ kdamond: 0, intervals, snapshots }, ...ofOthers];
}

function* recordTexts(run: DamoRun): Generator<Buffer> {
  let separator = '[';
  for (const record of recordsOf(run)) {
    for (const targetId of targetsOf(record.snapshots)) {
      yield Buffer.from(`${separator}${recordHead(targetId, record)}`);
      let comma = '';
      for (const snapshot of record.snapshots) {
        if (snapshot.targetId !== targetId) continue;
        yield Buffer.from(`${comma}\n${snapshotText(snapshot, record.intervals)}`);
        comma = ',';
      }
      yield Buffer.from(']}');
      separator = ',\n';
    }
  }
  yield Buffer.from(separator === '[' ? '[]\n' : ']\n');
}

function recordHead(targetId: number, { kdamond, intervals }: DamoRecord): string {
  const about = { kdamond_idx: kdamond, context_idx: 0, intervals, scheme_idx: null, target_id: targetId, scheme_filters: [] };
  return `${JSON.stringify(about).slice(0, -1)},"snapshots":[`;
}

function snapshotText(s: Snapshot, intervals: Intervals | null): string {
  const regions: string[] = [];
  for (let i = 0; i < s.start.length; i++) {
    regions.push(
      `{"start":${s.start[i]},"end":${s.end[i]},"nr_accesses":{"samples":${s.nrAccesses[i]},"percent":null},` +
        `"age":{"usec":null,"aggr_intervals":${s.age[i]}}}`,
    );
  }
  const tuned = intervals?.intervals_goal === undefined ? '' : `"sample_interval_us":${s.sampleUs},`;
  return `{"start_time":${s.startNs},"end_time":${s.endNs},${tuned}"regions":[${regions.join(',')}],"total_bytes":null}`;
}
