import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type RunCounters, RunWriter, type Snapshot, type TruthWindow } from '../src/index.js';

export const INTERVALS = { sample_us: 5000, aggr_us: 100_000, ops_update_us: 1_000_000 };
export const DESCRIPTION = { name: 'stairs', seed: 7, kernel: '7.3', intervals: INTERVALS, scenario: { name: 'stairs', b: 1, a: [2] } };
export const COUNTERS: RunCounters = { pgfault: 10, nr_samples: 600 };

const MIB = 1024 * 1024;

export function temporaryDir(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'damonlab-record-'));
}

/** Window `index` of a target whose hot MiB climbs a stair: two VMAs with a gap, `steps` regions of 1 MiB in the second. */
export function stairsSnapshot(index: number, targetId = 0, steps = 8): Snapshot {
  const base = 0x7f00_0000_0000 + targetId * 0x10_0000_0000;
  const starts = [0x40_0000, ...Array.from({ length: steps }, (_, i) => base + i * MIB)];
  const hot = 1 + Math.floor((index * steps) / 40);
  return {
    targetId,
    startNs: index * 100_000_000,
    endNs: (index + 1) * 100_000_000,
    sampleUs: 5000,
    aggrUs: 100_000,
    start: Float64Array.from(starts),
    end: Float64Array.from(starts, (start) => start + MIB),
    nrAccesses: Uint32Array.from(starts, (_, i) => (i === hot ? 20 : 0)),
    age: Uint32Array.from(starts, (_, i) => (i === hot ? index % 5 : index)),
  };
}

export function truthOf(snapshot: Snapshot): TruthWindow {
  const hot = snapshot.nrAccesses.indexOf(20);
  const range = (values: Float64Array) => (hot < 0 ? new Float64Array(0) : values.slice(hot, hot + 1));
  const { targetId, startNs, endNs } = snapshot;
  return { targetId, startNs, endNs, start: range(snapshot.start), end: range(snapshot.end) };
}

/** A writer that has recorded `windows` windows of each of `targets` targets. */
export function recordedRun(dir: string, windows: number, targets = 1): RunWriter {
  const writer = RunWriter.create({ dir, manifest: DESCRIPTION, host: { node: process.version } });
  for (let index = 0; index < windows; index++) {
    for (let targetId = 0; targetId < targets; targetId++) {
      const snapshot = stairsSnapshot(index, targetId);
      writer.truth(truthOf(snapshot));
      writer.cpuCounters({
        cpu: 0,
        startNs: snapshot.startNs,
        endNs: snapshot.endNs,
        accesses: 1000 + index,
        tlbMisses: 10,
        pageFaults: 1,
        contextSwitches: 2,
        busyNs: 99_000_000,
      });
      writer.snapshot(snapshot);
    }
  }
  writer.phase({ targetId: 0, name: 'all', initial: true, startNs: 0, endNs: 200_000_000, hot: [{ start: 4096, end: 8192 }] });
  return writer;
}
