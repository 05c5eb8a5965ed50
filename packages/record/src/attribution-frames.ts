import type { AccessTruthRow, AccessTruthWindow, AttributionRow, AttributionWindow } from './events.js';

const F64 = Float64Array.BYTES_PER_ELEMENT;
const HEAD = 4;
const ATTRIBUTION_FIELDS = 8;
const ACCESS_TRUTH_FIELDS = 7;

/**
 * targetId, startNs, endNs, n; then per row number of the workload region's name, regionStart, regionEnd, cpu, tid, isWrite, reports,
 * credited; all f64. Then the names.
 */
export function encodeAttribution(window: AttributionWindow): Uint8Array {
  return encodeWindow(window, ATTRIBUTION_FIELDS, (r: AttributionRow, number) => [
    number(r.workloadRegion),
    r.regionStart,
    r.regionEnd,
    r.cpu,
    r.tid,
    Number(r.isWrite),
    r.reports,
    r.credited,
  ]);
}

/** targetId, startNs, endNs, n; per row number of the region's name, start, end, cpu, tid, isWrite, accesses; all f64. Then the names. */
export function encodeAccessTruth(window: AccessTruthWindow): Uint8Array {
  return encodeWindow(window, ACCESS_TRUTH_FIELDS, (r: AccessTruthRow, number) => [
    number(r.region),
    r.start,
    r.end,
    r.cpu,
    r.tid,
    Number(r.isWrite),
    r.accesses,
  ]);
}

/** False if `payload`, which starts its own buffer, is not one window with the names of its regions. */
export function decodeAttribution(payload: Uint8Array, out: AttributionWindow[]): boolean {
  return decodeWindow(payload, ATTRIBUTION_FIELDS, out, ([name, regionStart, regionEnd, cpu, tid, isWrite, reports, credited], names) => ({
    regionStart,
    regionEnd,
    cpu,
    tid,
    isWrite: isWrite === 1,
    workloadRegion: String(names[name]),
    reports,
    credited,
  }));
}

/** The same. */
export function decodeAccessTruth(payload: Uint8Array, out: AccessTruthWindow[]): boolean {
  return decodeWindow(payload, ACCESS_TRUTH_FIELDS, out, ([name, start, end, cpu, tid, isWrite, accesses], names) => ({
    region: String(names[name]),
    start,
    end,
    cpu,
    tid,
    isWrite: isWrite === 1,
    accesses,
  }));
}

interface WindowOf<Row> {
  readonly targetId: number;
  readonly startNs: number;
  readonly endNs: number;
  readonly rows: readonly Row[];
}

/** `fieldsOf` makes the numbers of a row; its second argument gives each name its number. */
function encodeWindow<Row>(
  { targetId, startNs, endNs, rows }: WindowOf<Row>,
  nrFields: number,
  fieldsOf: (row: Row, numberOf: (name: string) => number) => readonly number[],
): Uint8Array {
  const names = new Map<string, number>();
  const numberOf = (name: string): number => {
    if (!names.has(name)) names.set(name, names.size);
    return names.get(name) ?? 0;
  };
  const reals = new Float64Array(HEAD + nrFields * rows.length);
  reals.set([targetId, startNs, endNs, rows.length]);
  rows.forEach((row, i) => {
    reals.set(fieldsOf(row, numberOf), HEAD + nrFields * i);
  });
  const text = new TextEncoder().encode(JSON.stringify([...names.keys()]));
  const bytes = new Uint8Array(reals.byteLength + text.length);
  bytes.set(new Uint8Array(reals.buffer));
  bytes.set(text, reals.byteLength);
  return bytes;
}

function decodeWindow<Row>(
  payload: Uint8Array,
  nrFields: number,
  out: WindowOf<Row>[],
  rowOf: (fields: Float64Array, names: readonly unknown[]) => Row,
): boolean {
  if (payload.length < HEAD * F64) return false;
  const nrRows = new Float64Array(payload.buffer, 0, HEAD)[HEAD - 1];
  const length = HEAD + nrFields * nrRows;
  if (length * F64 > payload.length) return false;
  const reals = new Float64Array(payload.buffer, 0, length);
  const names = namesIn(payload.subarray(reals.byteLength));
  if (names === null) return false;
  const rows = Array.from({ length: nrRows }, (_, i) => rowOf(reals.subarray(HEAD + nrFields * i, HEAD + nrFields * (i + 1)), names));
  out.push({ targetId: reals[0], startNs: reals[1], endNs: reals[2], rows });
  return true;
}

function namesIn(text: Uint8Array): readonly unknown[] | null {
  try {
    const names: unknown = JSON.parse(new TextDecoder().decode(text));
    return Array.isArray(names) ? names : null;
  } catch {
    return null;
  }
}
