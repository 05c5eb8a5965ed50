import { controlName } from '../controls.js';
import { formatDetectable, formatDifference, formatWithUnit } from '../format.js';
import { figureOf, type StudyResult, type Verdict } from '../results.js';
import type { Conclusion } from '../study.js';

/** The closing paragraph: sentences over the computed numbers, and nothing that the numbers do not say. */
export function closingParagraph(result: StudyResult): string {
  const sentences = result.verdicts.flatMap((verdict, i) => [
    ...among(verdict.conclusion, result.verdicts[i - 1]?.conclusion),
    ...(verdict.conclusion.say === 'rank' ? rank(result, verdict) : list(result, verdict)),
  ]);
  return ['With all else averaged:', ...sentences].join(' ');
}

/** Nothing where there is nothing to rank. */
function rank(result: StudyResult, { best, conclusion, figure: name, levels }: Verdict): string[] {
  const value = levels.find(({ level }) => level === best?.level)?.value;
  if (best === null || value === undefined) return [];
  const figure = figureOf(result, name);
  const { margin } = best;
  const most = figure.better === 'less' ? 'smallest' : 'largest';
  const at = `The ${figure.title} is ${most} at ${axisTitle(result, conclusion.axis)} ${best.level}: ${formatWithUnit(figure, value)}`;
  if (margin.seen) return [`${at}; at ${best.next} it is ${formatDifference(figure, margin)}.`];
  return [`${at}, but no difference from ${best.next} was seen (${formatDetectable(figure, margin)}).`];
}

/** Where not all levels of the axis are spoken of, which. */
function among({ levels = [] }: Conclusion, before: Conclusion | undefined): string[] {
  const names = enumerate(levels);
  return names === '' || names === enumerate(before?.levels ?? []) ? [] : [`Among ${names}:`];
}

/** The value at each level. */
function list(result: StudyResult, { figure: name, levels, conclusion }: Verdict): string[] {
  if (levels.length === 0) return [];
  const figure = figureOf(result, name);
  const values = levels.map(({ level, value }) => `${formatWithUnit(figure, value)} (${level})`);
  return [`By ${axisTitle(result, conclusion.axis)}, the ${figure.title} is ${enumerate(values)}.`];
}

function axisTitle({ axes }: StudyResult, name: string): string {
  return axes.find((axis) => axis.name === name)?.title ?? name;
}

function enumerate(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

/** `controls: passed`, or which failed, or that there are none. */
export function controlsLine({ controls }: StudyResult): string {
  if (controls.length === 0) return 'controls: none';
  const failed = controls.filter(({ passed }) => !passed).map(({ control }) => controlName(control));
  return failed.length === 0 ? 'controls: passed' : `controls: FAILED: ${failed.join('; ')}`;
}
