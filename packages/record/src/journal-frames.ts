import { decodeAccessTruth, decodeAttribution } from './attribution-frames.js';
import type { CpuCounters, PhaseRecord, RunCounters, Snapshot, TruthWindow } from './events.js';
import { isTableName, type RunTables, type TableName } from './row-tables.js';
import { type RunRows, rowsOfKdamond } from './run.js';

/** What a frame of the journal holds. The numbers are part of the format. */
export const FrameKind = {
  snapshot: 1,
  truth: 2,
  phase: 3,
  cpuCounters: 4,
  runCounters: 5,
  attribution: 6,
  accessTruth: 7,
  rows: 8,
  ofKdamond: 9,
} as const;

const F64 = Float64Array.BYTES_PER_ELEMENT;
const U32 = Uint32Array.BYTES_PER_ELEMENT;
const SNAPSHOT_HEAD = 6;
const TRUTH_HEAD = 4;
const CPU_FIELDS = 8;

/** targetId, startNs, endNs, sampleUs, aggrUs, n as f64; start[n], end[n] as f64; nrAccesses[n], age[n] as u32. */
export function encodeSnapshot(s: Snapshot): Uint8Array {
  const n = s.start.length;
  const bytes = new Uint8Array((SNAPSHOT_HEAD + 2 * n) * F64 + 2 * n * U32);
  const reals = new Float64Array(bytes.buffer, 0, SNAPSHOT_HEAD + 2 * n);
  reals.set([s.targetId, s.startNs, s.endNs, s.sampleUs, s.aggrUs, n]);
  reals.set(s.start, SNAPSHOT_HEAD);
  reals.set(s.end, SNAPSHOT_HEAD + n);
  const counts = new Uint32Array(bytes.buffer, reals.byteLength, 2 * n);
  counts.set(s.nrAccesses);
  counts.set(s.age, n);
  return bytes;
}

/** targetId, startNs, endNs, n, start[n], end[n], all f64. */
export function encodeTruth(t: TruthWindow): Uint8Array {
  const n = t.start.length;
  const reals = new Float64Array(TRUTH_HEAD + 2 * n);
  reals.set([t.targetId, t.startNs, t.endNs, n]);
  reals.set(t.start, TRUTH_HEAD);
  reals.set(t.end, TRUTH_HEAD + n);
  return new Uint8Array(reals.buffer);
}

export function encodeCpuCounters(c: CpuCounters): Uint8Array {
  const { cpu, startNs, endNs, accesses, tlbMisses, pageFaults, contextSwitches, busyNs } = c;
  return new Uint8Array(new Float64Array([cpu, startNs, endNs, accesses, tlbMisses, pageFaults, contextSwitches, busyNs]).buffer);
}

/** Rows of one of the tables that have no frames of their own, as JSON. */
export interface RowsFrame<Name extends TableName> {
  readonly table: Name;
  readonly rows: readonly RunTables[Name][];
}

export function encodeJson(value: PhaseRecord | RunCounters | RowsFrame<TableName>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A frame of a kdamond beside the first one: its number and the kind as f64, then the payload. */
export function encodeOfKdamond(kdamond: number, kind: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 * F64 + payload.length);
  new Float64Array(bytes.buffer, 0, 2).set([kdamond, kind]);
  bytes.set(payload, 2 * F64);
  return bytes;
}

function decodeOfKdamond(payload: Uint8Array, rows: RunRows): boolean {
  if (payload.length < 2 * F64) return false;
  const [kdamond, kind] = new Float64Array(payload.buffer, 0, 2);
  if (kind === FrameKind.ofKdamond) return false;
  return decodeFrame(kind, payload.slice(2 * F64), { ...rows, ...rowsOfKdamond(rows, kdamond) });
}

/** Add what one whole frame says to `rows`. False if its payload is not what its kind promises. `payload` starts its own buffer. */
export function decodeFrame(kind: number, payload: Uint8Array, rows: RunRows): boolean {
  switch (kind) {
    case FrameKind.snapshot:
      return decodeSnapshot(payload, rows.snapshots);
    case FrameKind.truth:
      return decodeTruth(payload, rows.truth);
    case FrameKind.cpuCounters:
      return decodeCpuCounters(payload, rows.cpuCounters);
    case FrameKind.phase:
      rows.phases.push(JSON.parse(new TextDecoder().decode(payload)));
      return true;
    case FrameKind.runCounters:
      rows.counters = JSON.parse(new TextDecoder().decode(payload));
      return true;
    case FrameKind.attribution:
      return decodeAttribution(payload, rows.attribution);
    case FrameKind.accessTruth:
      return decodeAccessTruth(payload, rows.accessTruth);
    case FrameKind.rows:
      return decodeRows(JSON.parse(new TextDecoder().decode(payload)), rows);
    case FrameKind.ofKdamond:
      return decodeOfKdamond(payload, rows);
    default:
      return false;
  }
}

function decodeRows(frame: { table?: unknown; rows?: unknown }, out: RunRows): boolean {
  const { table, rows } = frame;
  if (typeof table !== 'string' || !isTableName(table) || !Array.isArray(rows)) return false;
  const list: unknown[] = out.tables[table];
  for (const row of rows) list.push(row);
  return true;
}

function decodeSnapshot(payload: Uint8Array, out: Snapshot[]): boolean {
  if (payload.length < SNAPSHOT_HEAD * F64) return false;
  const [targetId, startNs, endNs, sampleUs, aggrUs, n] = new Float64Array(payload.buffer, 0, SNAPSHOT_HEAD);
  if (payload.length !== (SNAPSHOT_HEAD + 2 * n) * F64 + 2 * n * U32) return false;
  const at = SNAPSHOT_HEAD * F64;
  out.push({
    targetId,
    startNs,
    endNs,
    sampleUs,
    aggrUs,
    start: new Float64Array(payload.buffer, at, n),
    end: new Float64Array(payload.buffer, at + n * F64, n),
    nrAccesses: new Uint32Array(payload.buffer, at + 2 * n * F64, n),
    age: new Uint32Array(payload.buffer, at + 2 * n * F64 + n * U32, n),
  });
  return true;
}

function decodeTruth(payload: Uint8Array, out: TruthWindow[]): boolean {
  if (payload.length < TRUTH_HEAD * F64) return false;
  const [targetId, startNs, endNs, n] = new Float64Array(payload.buffer, 0, TRUTH_HEAD);
  if (payload.length !== (TRUTH_HEAD + 2 * n) * F64) return false;
  const at = TRUTH_HEAD * F64;
  const start = new Float64Array(payload.buffer, at, n);
  out.push({ targetId, startNs, endNs, start, end: new Float64Array(payload.buffer, at + n * F64, n) });
  return true;
}

function decodeCpuCounters(payload: Uint8Array, out: CpuCounters[]): boolean {
  if (payload.length !== CPU_FIELDS * F64) return false;
  const [cpu, startNs, endNs, accesses, tlbMisses, pageFaults, contextSwitches, busyNs] = new Float64Array(payload.buffer, 0, CPU_FIELDS);
  out.push({ cpu, startNs, endNs, accesses, tlbMisses, pageFaults, contextSwitches, busyNs });
  return true;
}
