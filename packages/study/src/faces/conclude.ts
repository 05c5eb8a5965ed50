import { controlName } from '../controls.js';
import { formatDetectable, formatWithUnit } from '../format.js';
import { figureOf, type StudyResult, type Verdict } from '../results.js';

/** The closing paragraph: sentences over the computed numbers, and nothing that the numbers do not say. */
export function closingParagraph(result: StudyResult): string {
  const sentences = result.verdicts.flatMap((verdict) =>
    verdict.conclusion.say === 'rank' ? rank(result, verdict) : list(result, verdict),
  );
  return sentences.join(' ');
}

/** Nothing where there is nothing to rank. */
function rank(result: StudyResult, verdict: Verdict): string[] {
  const { best, conclusion } = verdict;
  if (best === null) return [];
  const figure = figureOf(result, verdict.figure);
  const axis = axisTitle(result, conclusion.axis);
  const value = verdict.levels.find(({ level }) => level === best.level)?.value;
  if (value === undefined) return [];
  const is = `${axis} ${best.level} at ${formatWithUnit(figure, value)}`;
  if (!best.margin.seen) {
    const none = `no difference was seen from ${best.next} (${formatDetectable(figure, best.margin)})`;
    return [`By the ${figure.title}, the best is ${is}, but ${none}.`];
  }
  const { n, mean, low, high } = best.margin;
  const away = mean > 0 ? { n, mean, low, high } : { n, mean: -mean, low: -high, high: -low };
  const direction = mean > 0 ? 'more' : 'less';
  return [`By the ${figure.title}, the best is ${is}; next comes ${best.next} with ${formatWithUnit(figure, away)} ${direction}.`];
}

function list(result: StudyResult, { figure: name, levels, conclusion }: Verdict): string[] {
  if (levels.length === 0) return [];
  const figure = figureOf(result, name);
  const values = levels.map(({ level, value }) => `${formatWithUnit(figure, value)} (${level})`);
  const axis = axisTitle(result, conclusion.axis);
  return [`The ${figure.title} by ${axis}: ${enumerate(values)}.`];
}

function axisTitle({ axes }: StudyResult, name: string): string {
  return axes.find((axis) => axis.name === name)?.title ?? name;
}

function enumerate(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}

/** `controls: passed`, or which failed. */
export function controlsLine({ controls }: StudyResult): string {
  const failed = controls.filter(({ passed }) => !passed).map(({ control }) => controlName(control));
  return failed.length === 0 ? 'controls: passed' : `controls: FAILED: ${failed.join('; ')}`;
}
