import type { Backend, SweepRecord } from '@damonlab/store';
import { axisNames } from './plan.js';
import { groupRows, pointRows } from './sweep-data.js';
import { planOf } from './sweep-record.js';

export type Cell = string | number | null;

/** Results as columns with names. All cells of a column are texts, or all are numbers. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** One row for each point that has ended: what is analysed elsewhere. */
export async function pointTable(backend: Backend, record: SweepRecord): Promise<Table> {
  const plan = planOf(record);
  const figures = plan.figures.map(({ name }) => name);
  const rows: Cell[][] = [];
  for await (const { index, labels, seed, outcome } of pointRows(backend, record)) {
    const values = figures.map((name) => (outcome.state === 'done' ? (outcome.figures[name] ?? null) : null));
    const error = outcome.state === 'failed' ? outcome.error : null;
    rows.push([index, ...labels.map(cellOf), seed, outcome.state, ...values, error]);
  }
  return uniform({ columns: ['point', ...axisNames(plan), 'seed', 'state', ...figures, 'error'], rows });
}

/** One row for each combination: the mean of each figure over the seeds, and its confidence interval. */
export async function groupTable(backend: Backend, record: SweepRecord): Promise<Table> {
  const plan = planOf(record);
  const groups = await groupRows(backend, record);
  const rows = groups.map(({ labels, n, failed, figures }) => {
    const values = figures.flatMap(({ mean, halfWidth }): Cell[] => {
      const half = halfWidth ?? 0;
      return mean === null ? [null, null, null] : halfWidth === null ? [mean, null, null] : [mean, mean - half, mean + half];
    });
    return [...labels.map(cellOf), n, failed, ...values];
  });
  const columns = plan.figures.flatMap(({ name }) => [name, `${name}_low`, `${name}_high`]);
  return uniform({ columns: [...axisNames(plan), 'n', 'failed', ...columns], rows });
}

function cellOf(label: string | number | boolean): Cell {
  return typeof label === 'boolean' ? String(label) : label;
}

/** A column with a text in it becomes one of texts. */
function uniform({ columns, rows }: Table): Table {
  const texts = columns.map((_, i) => rows.some((row) => typeof row[i] === 'string'));
  return { columns, rows: rows.map((row) => row.map((cell, i) => (texts[i] && cell !== null ? String(cell) : cell))) };
}
