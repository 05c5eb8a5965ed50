/** A section of the bench as an aligned table: text to the left, numbers to the right. */

/**
 * @typedef {{ key: string, title: string, digits?: number }} Column
 * @param {{ title: string, columns: Column[], rows: Record<string, unknown>[], notes?: string[] }} section
 *   `digits`: decimals of a number; cells that are null or missing print as `-`
 */
export function formatTable({ title, columns, rows, notes = [] }) {
  const cells = rows.map((row) => columns.map((column) => formatCell(row[column.key], column.digits)));
  const widths = columns.map((column, i) => Math.max(column.title.length, ...cells.map((row) => row[i].length)));
  const numeric = columns.map((column) => column.digits !== undefined || rows.some((row) => typeof row[column.key] === 'number'));
  const line = (texts) =>
    texts
      .map((text, i) => (numeric[i] ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [
    title,
    line(columns.map((column) => column.title)),
    line(widths.map((width) => '-'.repeat(width))),
    ...cells.map(line),
    ...notes,
  ].join('\n');
}

function formatCell(value, digits) {
  if (value === null || value === undefined) return '-';
  return typeof value === 'number' && digits !== undefined ? value.toFixed(digits) : String(value);
}
