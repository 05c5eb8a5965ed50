import type { AccessTruthRow, AccessTruthWindow, AttributionRow, AttributionWindow } from './events.js';

const F64 = Float64Array.BYTES_PER_ELEMENT;
const HEAD = 4;
const FIELDS = 7;

/** targetId, startNs, endNs, n; then per row regionStart, regionEnd, cpu, tid, isWrite, reports, credited; all f64. */
export function encodeAttribution(window: AttributionWindow): Uint8Array {
  return encodeWindow(window, (r: AttributionRow) => [r.regionStart, r.regionEnd, r.cpu, r.tid, Number(r.isWrite), r.reports, r.credited]);
}

/** targetId, startNs, endNs, n; per row number of the region's name, start, end, cpu, tid, isWrite, accesses; all f64. Then the names. */
export function encodeAccessTruth(window: AccessTruthWindow): Uint8Array {
  const names = new Map<string, number>();
  const reals = encodeWindow(window, (r: AccessTruthRow) => {
    if (!names.has(r.region)) names.set(r.region, names.size);
    return [names.get(r.region) ?? 0, r.start, r.end, r.cpu, r.tid, Number(r.isWrite), r.accesses];
  });
  const text = new TextEncoder().encode(JSON.stringify([...names.keys()]));
  const bytes = new Uint8Array(reals.length + text.length);
  bytes.set(reals);
  bytes.set(text, reals.length);
  return bytes;
}

/** False if `payload`, which starts its own buffer, is not one window. */
export function decodeAttribution(payload: Uint8Array, out: AttributionWindow[]): boolean {
  const reals = windowOf(payload);
  if (reals === null || reals.byteLength !== payload.length) return false;
  const rows = rowsOf(reals, ([regionStart, regionEnd, cpu, tid, isWrite, reports, credited]) => ({
    regionStart,
    regionEnd,
    cpu,
    tid,
    isWrite: isWrite === 1,
    reports,
    credited,
  }));
  out.push({ targetId: reals[0], startNs: reals[1], endNs: reals[2], rows });
  return true;
}

/** False if `payload`, which starts its own buffer, is not one window with the names of its regions. */
export function decodeAccessTruth(payload: Uint8Array, out: AccessTruthWindow[]): boolean {
  const reals = windowOf(payload);
  if (reals === null) return false;
  const names: unknown = JSON.parse(new TextDecoder().decode(payload.subarray(reals.byteLength)));
  if (!Array.isArray(names)) return false;
  const rows = rowsOf(reals, ([name, start, end, cpu, tid, isWrite, accesses]) => ({
    region: String(names[name]),
    start,
    end,
    cpu,
    tid,
    isWrite: isWrite === 1,
    accesses,
  }));
  out.push({ targetId: reals[0], startNs: reals[1], endNs: reals[2], rows });
  return true;
}

interface WindowOf<Row> {
  readonly targetId: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly rows: readonly Row[];
}

function encodeWindow<Row>({ targetId, startNs, endNs, rows }: WindowOf<Row>, fields: (row: Row) => readonly number[]): Uint8Array {
  const reals = new Float64Array(HEAD + FIELDS * rows.length);
  reals.set([targetId, startNs, endNs, rows.length]);
  rows.forEach((row, i) => {
    reals.set(fields(row), HEAD + FIELDS * i);
  });
  return new Uint8Array(reals.buffer);
}

/** The head and the rows of a window; null if they are not all there. */
function windowOf(payload: Uint8Array): Float64Array | null {
  if (payload.length < HEAD * F64) return null;
  const length = HEAD + FIELDS * new Float64Array(payload.buffer, 0, HEAD)[HEAD - 1];
  return length * F64 <= payload.length ? new Float64Array(payload.buffer, 0, length) : null;
}

function rowsOf<Row>(reals: Float64Array, rowOf: (fields: Float64Array) => Row): Row[] {
  return Array.from({ length: reals[HEAD - 1] }, (_, i) => rowOf(reals.subarray(HEAD + FIELDS * i, HEAD + FIELDS * (i + 1))));
}
