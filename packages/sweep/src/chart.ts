import { UserError } from '@damonlab/base';
import type { Interval } from '@damonlab/report';
import { axisNames, type Label, type SweepPlan } from './plan.js';
import type { GroupRow } from './sweep-data.js';

/** What a picture of a sweep shows: one panel for each figure and each combination of the axes that are neither x nor group. */
export interface Chart {
  readonly title: string;
  readonly x: string;
  /** Values of x; numbers have their place on a scale, others stand side by side. */
  readonly xLabels: readonly Label[];
  /** The axis that lines are told apart by; null: there is one line. */
  readonly group: string | null;
  /** Its values; one that is empty if there is none. */
  readonly lines: readonly string[];
  readonly panels: readonly Panel[];
}

export interface Panel {
  readonly figure: string;
  /** `axis = value` for each of the remaining axes. */
  readonly title: string;
  readonly points: readonly ChartPoint[];
}

export interface ChartPoint {
  /** Index into `xLabels`. */
  readonly x: number;
  /** Index into `lines`. */
  readonly line: number;
  readonly value: number;
  /** Half the confidence interval; 0 if there is none. */
  readonly halfWidth: number;
  readonly n: number;
}

export interface ChartOptions {
  readonly x: string;
  readonly y: readonly string[];
  readonly group?: string;
}

/** @throws UserError: no such axis, no such figure, an axis that is used twice */
export function chartOf(plan: SweepPlan, rows: readonly GroupRow[], { x, y, group }: ChartOptions): Chart {
  const names = axisNames(plan);
  const xAt = among(names, x, '--x', 'axis');
  const groupAt = group === undefined ? -1 : among(names, group, '--group', 'axis');
  if (groupAt === xAt) throw new UserError('--x and --group are the same axis', { where: `--group ${group}`, actual: x });
  const figures = y.map((name) =>
    among(
      plan.figures.map((figure) => figure.name),
      name,
      '--y',
      'figure',
    ),
  );
  const rest = names.map((_, i) => i).filter((i) => i !== xAt && i !== groupAt);

  const xLabels = distinct(rows.map(({ labels }) => labels[xAt]));
  if (xLabels.every((label) => typeof label === 'number')) xLabels.sort((a, b) => Number(a) - Number(b));
  const lineOf = ({ labels }: GroupRow) => (groupAt < 0 ? '' : String(labels[groupAt]));
  const lines = distinct(rows.map(lineOf));
  const titleOf = ({ labels }: GroupRow) => rest.map((i) => `${names[i]} = ${labels[i]}`).join(', ');
  const panels = figures.flatMap((figure) =>
    distinct(rows.map(titleOf)).map((title): Panel => {
      const here = rows.filter((row) => titleOf(row) === title);
      const points = here.flatMap((row) => pointOn(row.figures[figure], xLabels.indexOf(row.labels[xAt]), lines.indexOf(lineOf(row))));
      return { figure: plan.figures[figure].name, title, points };
    }),
  );
  return { title: plan.name, x, xLabels, group: group ?? null, lines, panels };
}

function pointOn({ n, mean, halfWidth }: Interval, x: number, line: number): ChartPoint[] {
  return mean === null ? [] : [{ x, line, value: mean, halfWidth: halfWidth ?? 0, n }];
}

function among(known: readonly string[], name: string, flag: string, what: string): number {
  const index = known.indexOf(name);
  if (index >= 0) return index;
  throw new UserError(`the sweep has no such ${what}`, { where: `${flag} ${name}`, expected: known.join(', ') });
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
