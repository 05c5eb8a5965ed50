import fs from 'node:fs';
import path from 'node:path';
import { inflateSync } from 'node:zlib';
import { UserError } from '@damonlab/base';
import type { Snapshot } from './events.js';
import type { Intervals } from './manifest.js';
import { noTables } from './row-tables.js';
import { type Run, targetsOf } from './run.js';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Read a damo record (`json_compressed` or `json`, of a real kernel or of a run) as a run without truth and phases.
 * UserError: no such file, another file type, or a record without the required keys.
 */
export function openDamoRecord(file: string): Run {
  const records = asList(parse(file, readText(file)), file, 'the record list').map((value) => asObject(value, file, 'a record'));
  const intervals = records.length === 0 ? null : readIntervals(records[0].intervals, file);
  const ids = targetIds(records);
  const snapshots = records.flatMap((record, i) =>
    asList(record.snapshots, file, 'snapshots').map((value) => readSnapshot(asObject(value, file, 'a snapshot'), ids[i], intervals, file)),
  );
  snapshots.sort((a, b) => a.endNs - b.endNs || a.targetId - b.targetId);
  return {
    path: file,
    name: path.basename(file),
    state: 'complete',
    reason: null,
    manifest: null,
    intervals,
    targets: targetsOf(snapshots),
    snapshots,
    truth: [],
    phases: [],
    cpuCounters: [],
    attribution: [],
    accessTruth: [],
    tables: noTables(),
    counters: {},
  };
}

function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    throw new UserError('cannot read the damo record', { where: file, actual: error instanceof Error ? error.message : String(error) });
  }
  const zlib = bytes.length >= 2 && bytes[0] === 0x78 && bytes.readUInt16BE(0) % 31 === 0;
  try {
    return (zlib ? inflateSync(bytes) : bytes).toString('utf8');
  } catch {
    throw notARecord(file, 'a zlib stream that is cut off or broken');
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notARecord(file, 'no JSON');
  }
}

function notARecord(file: string, actual: string): UserError {
  return new UserError('not a damo record that damonlab reads', {
    where: file,
    expected: 'a record of type json_compressed or json',
    actual,
    hint: 'damo converts the others: damo convert_record_format --format json_compressed',
  });
}

/** Kernel target ids can be pointers, too large for a number, and several contexts may use the same id: then records count from 0. */
function targetIds(records: readonly JsonObject[]): number[] {
  const ids = records.map((record) => record.target_id);
  const usable = ids.every((id) => typeof id === 'number' && Number.isSafeInteger(id)) && new Set(ids).size === ids.length;
  return ids.map((id, index) => (usable ? Number(id) : index));
}

function readIntervals(value: unknown, file: string): Intervals | null {
  if (value === null || value === undefined) return null;
  const intervals = asObject(value, file, 'intervals');
  const us = (key: string) => asNumber(intervals[key], file, `intervals.${key}`);
  return { sample_us: us('sample_us'), aggr_us: us('aggr_us'), ops_update_us: us('ops_update_us') };
}

function readSnapshot(value: JsonObject, targetId: number, intervals: Intervals | null, file: string): Snapshot {
  const regions = asList(value.regions, file, 'regions').map((region) => asObject(region, file, 'a region'));
  const sampleUs =
    intervals === null
      ? 0
      : value.sample_interval_us == null
        ? intervals.sample_us
        : asNumber(value.sample_interval_us, file, 'sample_interval_us');
  const aggrUs = intervals === null ? 0 : (sampleUs * intervals.aggr_us) / intervals.sample_us;
  const maxNrAccesses = intervals === null ? 0 : aggrUs / sampleUs;
  return {
    targetId,
    startNs: asNumber(value.start_time, file, 'start_time'),
    endNs: asNumber(value.end_time, file, 'end_time'),
    sampleUs,
    aggrUs,
    start: Float64Array.from(regions, (region) => asNumber(region.start, file, 'start')),
    end: Float64Array.from(regions, (region) => asNumber(region.end, file, 'end')),
    nrAccesses: Uint32Array.from(regions, (region) =>
      readNrAccesses(asObject(region.nr_accesses, file, 'nr_accesses'), maxNrAccesses, file),
    ),
    age: Uint32Array.from(regions, (region) => readAge(asObject(region.age, file, 'age'), aggrUs, file)),
  };
}

function readNrAccesses(value: JsonObject, maxNrAccesses: number, file: string): number {
  if (value.samples != null) return asNumber(value.samples, file, 'nr_accesses.samples');
  return Math.floor((asNumber(value.percent, file, 'nr_accesses.percent') * maxNrAccesses) / 100);
}

function readAge(value: JsonObject, aggrUs: number, file: string): number {
  if (value.aggr_intervals != null) return asNumber(value.aggr_intervals, file, 'age.aggr_intervals');
  // The earliest records have no age at all.
  return value.usec == null || aggrUs === 0 ? 0 : Math.floor(asNumber(value.usec, file, 'age.usec') / aggrUs);
}

function asObject(value: unknown, file: string, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badValue(file, what, 'an object', value);
  return Object.fromEntries(Object.entries(value));
}

function asList(value: unknown, file: string, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw badValue(file, what, 'a list', value);
  return value;
}

/** Numbers may be JSON numbers or decimal texts with thousands separators. */
function asNumber(value: unknown, file: string, what: string): number {
  const number = typeof value === 'string' && value !== '' ? Number(value.replaceAll(',', '')) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw badValue(file, what, 'a number', value);
  return number;
}

function badValue(file: string, what: string, expected: string, actual: unknown): UserError {
  const text = JSON.stringify(actual) ?? 'nothing';
  return new UserError(`${what} of a damo record is wrong`, {
    where: file,
    expected,
    actual: text.length > 60 ? `${text.slice(0, 60)}…` : text,
  });
}
