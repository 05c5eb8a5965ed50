const SIZE_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes for people: `9.537 MiB`. */
export function formatBytes(bytes: number): string {
  if (Math.abs(bytes) < 1024) return `${Math.round(bytes)} B`;
  let value = bytes / 1024;
  let unit = 0;
  while (Math.abs(value) >= 1024 && unit < SIZE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(3)} ${SIZE_UNITS[unit]}`;
}

/** ns for people: `2.500 s`, whole numbers without decimals. */
export function formatNs(ns: number): string {
  const [value, unit] = ns >= 1e9 ? [ns / 1e9, 's'] : ns >= 1e6 ? [ns / 1e6, 'ms'] : ns >= 1e3 ? [ns / 1e3, 'us'] : [ns, 'ns'];
  return `${Number.isInteger(value) ? value : value.toFixed(3)} ${unit}`;
}

export function formatAddr(addr: number): string {
  return `0x${Math.round(addr).toString(16)}`;
}

/** A count with its thousands apart: `1,234,567`. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** A ratio from 0 to 1 with three decimals; `-` if it is undefined. */
export function formatRatio(ratio: number | null): string {
  return ratio === null ? '-' : ratio.toFixed(3);
}

/** A figure with six significant digits at most; `-` if it is undefined. */
export function formatFigure(value: number | null): string {
  return value === null ? '-' : String(Number(value.toPrecision(6)));
}

/** Lines of cells, padded to columns; the first column is left-aligned, the others right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ');
  return rows.map((row) => line(row).trimEnd()).join('\n');
}

/** A bar of at most `width` characters for `value` of `max`. */
export function formatBar(value: number, max: number, width: number): string {
  const length = max === 0 ? 0 : Math.round((value / max) * width);
  return `|${'*'.repeat(length)}${' '.repeat(width - length)}|`;
}

export type CsvValue = string | number | boolean | null;

/** RFC 4180 text with a header line. */
export function formatCsv(header: readonly string[], rows: Iterable<readonly CsvValue[]>): string {
  const lines = [header.join(',')];
  for (const row of rows) lines.push(row.map(csvField).join(','));
  return `${lines.join('\n')}\n`;
}

function csvField(value: CsvValue): string {
  const text = value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The figures of nested plain data as `path.to.figure` and value. */
export function flatten(value: unknown, path = ''): [string, CsvValue][] {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
  }
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' || value === null) return [[path, value]];
  return [];
}
