import { pipeline } from 'node:stream/promises';
import { createDeflate } from 'node:zlib';
import { writeAll } from '@damonlab/base';
import type { Snapshot } from './events.js';
import type { Intervals } from './manifest.js';
import { targetsOf } from './run.js';

/**
 * Write `snapshots` as damo's `json_compressed` record: a zlib stream of a JSON list with one record per target. Streams, since the
 * text of a long run is larger than a JavaScript string may be.
 */
export async function writeDamoRecord(fd: number, snapshots: readonly Snapshot[], intervals: Intervals | null): Promise<void> {
  await pipeline(recordTexts(snapshots, intervals), createDeflate(), async (compressed) => {
    for await (const chunk of compressed) writeAll(fd, chunk);
  });
}

function* recordTexts(snapshots: readonly Snapshot[], intervals: Intervals | null): Generator<Buffer> {
  let separator = '[';
  for (const targetId of targetsOf(snapshots)) {
    yield Buffer.from(`${separator}${recordHead(targetId, intervals)}`);
    let comma = '';
    for (const snapshot of snapshots) {
      if (snapshot.targetId !== targetId) continue;
      yield Buffer.from(`${comma}\n${snapshotText(snapshot, intervals)}`);
      comma = ',';
    }
    yield Buffer.from(']}');
    separator = ',\n';
  }
  yield Buffer.from(separator === '[' ? '[]\n' : ']\n');
}

function recordHead(targetId: number, intervals: Intervals | null): string {
  const head = JSON.stringify({ kdamond_idx: 0, context_idx: 0, intervals, scheme_idx: null, target_id: targetId, scheme_filters: [] });
  return `${head.slice(0, -1)},"snapshots":[`;
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
