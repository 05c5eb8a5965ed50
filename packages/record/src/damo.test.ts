import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { UserError } from '@damonlab/base';
import { beforeAll, describe, expect, it } from 'vitest';
import { COUNTERS, INTERVALS, recordedRun, stairsSnapshot, temporaryDir } from '../test/events.js';
import { openDamoRecord } from './damo-read.js';
import { writeDamoRecord } from './damo-write.js';

const DAMO = process.env.DAMO;
let data = '';

beforeAll(async () => {
  const writer = recordedRun(path.join(temporaryDir(), 'run'), 40, 2);
  await writer.finish(COUNTERS, () => ({}));
  data = path.join(writer.dir, 'damon.data');
});

function writeRecord(value: unknown, compress = true): string {
  const file = path.join(temporaryDir(), 'damon.data');
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  fs.writeFileSync(file, compress ? deflateSync(text) : text);
  return file;
}

describe('damon.data', () => {
  it('is a zlib stream with the keys that damo requires', () => {
    const bytes = fs.readFileSync(data);
    expect(bytes[0]).toBe(0x78);
    const records = JSON.parse(inflateSync(bytes).toString());
    expect(records.map((record: { target_id: number }) => record.target_id)).toEqual([0, 1]);
    for (const record of records) {
      expect(record.intervals).toEqual(INTERVALS);
      expect(record.snapshots).toHaveLength(40);
      for (const snapshot of record.snapshots) {
        expect(Object.keys(snapshot)).toEqual(expect.arrayContaining(['start_time', 'end_time', 'regions']));
        for (const region of snapshot.regions) {
          expect(Object.keys(region)).toEqual(expect.arrayContaining(['start', 'end', 'nr_accesses', 'age']));
          expect(Object.keys(region.age).sort()).toEqual(['aggr_intervals', 'usec']);
          expect(Object.keys(region.nr_accesses).sort()).toEqual(['percent', 'samples']);
        }
      }
    }
  });

  it('comes back as the same snapshots', () => {
    const run = openDamoRecord(data);
    const snapshots = Array.from({ length: 40 }, (_, i) => [stairsSnapshot(i, 0), stairsSnapshot(i, 1)]).flat();
    expect(run.snapshots).toEqual(snapshots);
    expect(run).toMatchObject({ manifest: null, intervals: INTERVALS, targets: [0, 1], truth: [] });
  });

  it('carries the sample interval of each snapshot when intervals are tuned', async () => {
    const file = path.join(temporaryDir(), 'damon.data');
    const tuned = { ...stairsSnapshot(0), sampleUs: 10_000, aggrUs: 200_000 };
    const goal = { access_bp: 400, aggrs: 3, min_sample_us: 5000, max_sample_us: 10_000_000 };
    const fd = fs.openSync(file, 'w');
    await writeDamoRecord(fd, { snapshots: [tuned], intervals: { ...INTERVALS, intervals_goal: goal }, manifest: null });
    fs.closeSync(fd);
    expect(openDamoRecord(file).snapshots).toEqual([tuned]);
  });
});

describe('openDamoRecord', () => {
  const region = { start: '94,827,419,009,024', end: '94,827,423,150,080', nr_accesses: { samples: 3, percent: null } };
  const snapshot = {
    start_time: '539809434100',
    end_time: '539914032967',
    regions: [{ ...region, age: { usec: null, aggr_intervals: null } }],
  };

  it('reads the oldest form: ids that are pointers, texts for numbers, no intervals, no ages', () => {
    const run = openDamoRecord(writeRecord(`[{"target_id": 18446623438842320000, "snapshots": [${JSON.stringify(snapshot)}]}]`, false));
    expect(run.intervals).toBeNull();
    expect(run.targets).toEqual([0]);
    expect(run.snapshots[0]).toMatchObject({ startNs: 539809434100, start: Float64Array.of(94827419009024), sampleUs: 0 });
    expect(run.snapshots[0].nrAccesses[0]).toBe(3);
  });

  it('turns percent and microseconds into samples and intervals', () => {
    const percent = { ...region, nr_accesses: { samples: null, percent: 50 }, age: { usec: 250_000, aggr_intervals: null } };
    const run = openDamoRecord(writeRecord([{ target_id: 1, intervals: INTERVALS, snapshots: [{ ...snapshot, regions: [percent] }] }]));
    expect([run.snapshots[0].nrAccesses[0], run.snapshots[0].age[0]]).toEqual([10, 2]);
  });

  it.each([
    ['text of another kind', 'kdamond.0 4452 [000]'],
    ['no list', {}],
    ['no snapshots', [{ target_id: 0 }]],
    ['no regions', [{ target_id: 0, snapshots: [{ start_time: 1, end_time: 2 }] }]],
    ['a bad number', [{ target_id: 0, snapshots: [{ ...snapshot, start_time: 'soon' }] }]],
  ])('refuses %s', (_, value) => {
    expect(() => openDamoRecord(writeRecord(value))).toThrow(UserError);
  });

  it('refuses a cut stream and a missing file', () => {
    const file = writeRecord([]);
    fs.truncateSync(file, 6);
    expect(() => openDamoRecord(file)).toThrow(/cut off or broken/);
    expect(() => openDamoRecord(`${file}.gone`)).toThrow(UserError);
  });
});

describe.skipIf(DAMO === undefined)('the unmodified damo (skipped unless DAMO names a checkout of it)', () => {
  const damo = (...args: string[]) =>
    execFileSync('python3', [path.join(DAMO ?? '', 'damo'), ...args], {
      encoding: 'utf8',
      cwd: os.tmpdir(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('finds nothing wrong', () => {
    expect(damo('validate', '--input', data)).toBe('');
  });

  it('shows the stairs', () => {
    const rows = damo('report', 'heatmap', '--input', data, '--output', 'raw', '--resol', '8', '8').trim().split('\n');
    const heats = rows.map((row) => Number(row.split('\t')[2]));
    const hottest = Array.from({ length: 8 }, (_, i) => heats.slice(8 * i, 8 * i + 8)).map((row) => row.indexOf(Math.max(...row)));
    expect(hottest).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it.each([
    ['access', /access 200 hz/],
    ['wss', /100 +2\.000 MiB/],
    ['nr_regions', /100\t9/],
    ['record_info', /target_id: 0/],
  ])('reports %s', (report, expected) => {
    expect(damo('report', report, '--input', data)).toMatch(expected);
  });
});
