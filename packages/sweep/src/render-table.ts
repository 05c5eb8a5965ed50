import { EXPORTER } from '@damonlab/record';
import { formatCsv, formatFigure, formatTable } from '@damonlab/report';
import type { Backend, SweepRecord } from '@damonlab/store';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { axisNames } from './plan.js';
import { confidenceOf, type GroupRow, groupRows } from './sweep-data.js';
import { planOf } from './sweep-record.js';
import { groupTable, pointTable, type Table } from './table.js';

export const RESULT_FORMATS = ['text', 'csv', 'json', 'parquet'] as const;
export type ResultFormat = (typeof RESULT_FORMATS)[number];

/**
 * The results of a sweep, as text to print or as the bytes of a Parquet file.
 * @param points a row for each point instead of one for each combination
 */
export async function renderResults(
  backend: Backend,
  record: SweepRecord,
  format: ResultFormat,
  points: boolean,
): Promise<string | Uint8Array> {
  if (format === 'text' && !points) return groupText(record, await groupRows(backend, record));
  const table = await (points ? pointTable(backend, record) : groupTable(backend, record));
  switch (format) {
    case 'text':
      return `${formatTable([table.columns, ...table.rows.map((row) => row.map(cellText))])}\n`;
    case 'csv':
      return formatCsv(table.columns, table.rows);
    case 'json':
      return `${JSON.stringify({ name: record.name, state: record.state, rows: asObjects(table) }, null, 2)}\n`;
    case 'parquet':
      return parquet(table);
  }
}

/** `0.987 ± 0.003` for each figure. */
function groupText(record: SweepRecord, groups: readonly GroupRow[]): string {
  const plan = planOf(record);
  const anyFailed = groups.some(({ failed }) => failed > 0);
  const header = [...axisNames(plan), 'n', ...(anyFailed ? ['failed'] : []), ...plan.figures.map(({ name }) => name)];
  const rows = groups.map(({ labels, n, failed, figures }) => [
    ...labels.map(String),
    String(n),
    ...(anyFailed ? [String(failed)] : []),
    ...figures.map(({ mean, halfWidth }) =>
      halfWidth === null ? formatFigure(mean) : `${formatFigure(mean)} ± ${Number(halfWidth.toPrecision(2))}`,
    ),
  ]);
  const seeds = groups.some(({ n }) => n > 1) ? `# mean over n seeds ± half the ${100 * confidenceOf(plan)} % confidence interval\n` : '';
  return `${seeds}${formatTable([header, ...rows])}\n`;
}

function cellText(cell: Table['rows'][number][number]): string {
  // The first line of an error is what it says; the others are where and why.
  return typeof cell === 'string' ? (cell.split('\n')[0] as string) : formatFigure(cell);
}

function asObjects({ columns, rows }: Table): object[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
}

function parquet({ columns, rows }: Table): Uint8Array {
  const columnData = columns.map((name, i) => {
    const data = rows.map((row) => row[i]);
    const text = data.some((cell) => typeof cell === 'string');
    return { name, data, type: text ? ('STRING' as const) : ('DOUBLE' as const), nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: EXPORTER }));
}
