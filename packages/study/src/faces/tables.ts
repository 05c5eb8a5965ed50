import { formatDetectable, formatEffect, formatInterval, formatTiny, isTiny } from '../format.js';
import { distinctParts, matches, partOf, pointName } from '../points.js';
import { type ComparisonResult, figureOf, type StudyResult } from '../results.js';
import type { Difference } from '../stats/paired.js';
import type { Figure, Point } from '../study.js';

/** A table as text: what plain text and Markdown lay out each in its way. */
export interface Table {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One figure over all variants: a row for each combination of the other axes that has it, the column axis to the right. */
export function figureTable(result: StudyResult, name: string): Table {
  const figure = figureOf(result, name);
  const { columns } = result.study.tables;
  const axes = result.axes.filter((axis) => axis.levels.length > 1 && axis.name !== columns);
  const levels = result.axes.find((axis) => axis.name === columns)?.levels ?? [];
  const values = result.values.filter((value) => value.figure === name);
  const rest = result.axes.map((axis) => axis.name).filter((axis) => axis !== columns);
  return {
    title: titleOf(figure),
    header: [...axes.map(({ title }) => title), ...levels.map((level) => level.name)],
    rows: distinctParts(
      values.filter(({ value }) => value !== null).map(({ point }) => point),
      rest,
    ).map((row) => [
      ...axes.map((axis) => row[axis.name]),
      ...levels.map((level) => {
        const found = values.find(({ point }) => matches(point, { ...row, [columns]: level.name }));
        return formatInterval(figure, found?.value ?? null);
      }),
    ]),
  };
}

/** Whether any variant has what the table is about. */
export function hasRows({ rows }: Table): boolean {
  return rows.length > 0;
}

/** The differences of each compared figure. */
export function comparisonTables(result: StudyResult): Table[] {
  const compared = result.figures.filter(({ name }) => result.comparisons.some(({ figure }) => figure === name));
  return compared.map((figure) => ({
    title: `difference of the ${titleOf(figure)}, paired by seed`,
    header: ['within', 'from -> to', 'difference', 'd_z', ''],
    rows: result.comparisons
      .filter((comparison) => comparison.figure === figure.name)
      .map((comparison) => comparisonRow(result, figure, comparison)),
  }));
}

function comparisonRow(result: StudyResult, figure: Figure, { axis, from, to, within, difference }: ComparisonResult): string[] {
  const title = result.axes.find(({ name }) => name === axis)?.title ?? axis;
  return [
    inside(result, within),
    `${title} ${from} -> ${to}`,
    formatInterval(figure, difference),
    formatEffect(difference),
    remark(figure, difference),
  ];
}

function remark(figure: Figure, difference: Difference): string {
  if (!difference.seen) return `no difference seen: ${formatDetectable(figure, difference)}`;
  return isTiny(figure, difference) ? formatTiny(figure) : '';
}

/** Axes with one level say nothing. */
function inside({ axes }: StudyResult, within: Point): string {
  const telling = axes.filter((axis) => axis.levels.length > 1 && within[axis.name] !== undefined).map(({ name }) => name);
  return telling.length === 0 ? 'all' : pointName(partOf(within, telling));
}

export function titleOf({ title, unit }: Figure): string {
  return unit === '' ? title : `${title}, ${unit}`;
}
