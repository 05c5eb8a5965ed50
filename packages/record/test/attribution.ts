import fc from 'fast-check';
import type { AccessTruthWindow, AttributionWindow, RunWriter } from '../src/index.js';

const MIB = 1024 * 1024;
const times = (index: number) => ({ targetId: index % 2, startNs: index * 100_000_000, endNs: (index + 1) * 100_000_000 });

/** Window `index`: its first has no reports. */
export function attributionWindow(index: number): AttributionWindow {
  const rows = Array.from({ length: index }, (_, i) => ({
    regionStart: 0x7f00_0000_0000 + i * MIB,
    regionEnd: 0x7f00_0000_0000 + (i + 1) * MIB,
    cpu: i % 2,
    tid: i + 7,
    isWrite: i % 3 === 0,
    workloadRegion: ['', 'a/hot', 'cold, "größte"'][i % 3],
    reports: 20 + i,
    credited: 20,
  }));
  return { ...times(index), rows };
}

/** Window `index`: its first has no accesses. */
export function accessTruthWindow(index: number): AccessTruthWindow {
  const rows = Array.from({ length: index }, (_, i) => ({
    region: ['hot', 'cold, "größte"', ''][i % 3],
    start: 0x7f00_0000_0000 + (i % 3) * MIB,
    end: 0x7f00_0000_0000 + (1 + (i % 3)) * MIB,
    cpu: i % 2,
    tid: i,
    isWrite: i % 2 === 0,
    accesses: 2 ** 40 + i,
  }));
  return { ...times(index), rows };
}

/** Record the first `windows` windows of both kinds, each before the snapshot that ends it is made safe. */
export function recordAttribution(writer: RunWriter, windows: number): void {
  for (let index = 0; index < windows; index++) {
    writer.attribution(attributionWindow(index));
    writer.accessTruth(accessTruthWindow(index));
  }
}

const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const small = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const range = fc.tuple(fc.integer({ min: 0, max: 2 ** 47 }), fc.integer({ min: 1, max: 2 ** 40 }));
const window = { targetId: whole, startNs: whole, endNs: whole };
const who = { cpu: small, tid: whole, isWrite: fc.boolean() };

export const attributionWindows: fc.Arbitrary<AttributionWindow[]> = fc.array(
  fc.record({
    ...window,
    rows: fc.array(
      fc
        .record({ range, ...who, workloadRegion: fc.string({ unit: 'grapheme' }), reports: whole, credited: whole })
        .map(({ range: [regionStart, bytes], ...row }) => ({ regionStart, regionEnd: regionStart + bytes, ...row })),
    ),
  }),
);

export const accessTruthWindows: fc.Arbitrary<AccessTruthWindow[]> = fc.array(
  fc.record({
    ...window,
    rows: fc.array(
      fc
        .record({ region: fc.string({ unit: 'grapheme' }), range, ...who, accesses: whole })
        .map(({ range: [start, bytes], ...row }) => ({ ...row, start, end: start + bytes })),
    ),
  }),
);
