import { type CsvValue, formatCsv } from '@damonlab/report';
import { controlName } from '../controls.js';
import { figureOf, type StudyResult } from '../results.js';
import { closingParagraph } from './conclude.js';

/** Plain data: everything that the other faces show, unrounded. */
export function studyJson(result: StudyResult): object {
  const { study, quick, nrSeeds, nrRuns, axes, figures, values, comparisons, controls, published, verdicts } = result;
  return {
    study: study.name,
    question: study.question,
    quick,
    nr_seeds: nrSeeds,
    nr_runs: nrRuns,
    confidence: 0.95,
    axes: axes.map(({ name, title, levels }) => ({ name, title, levels: levels.map((level) => level.name) })),
    figures: figures.map(({ name, title, unit, better }) => ({ name, title, unit, better })),
    values: values.map(({ point, figure, value }) => ({ point, figure, ...value })),
    comparisons: comparisons.map(({ difference, ...rest }) => ({ ...rest, ...difference })),
    controls: controls.map(({ control, passed, finding }) => ({ name: controlName(control), kind: control.kind, passed, finding })),
    controls_passed: controls.every(({ passed }) => passed),
    published: published.map(({ published: { claim, source, expect }, verdict, finding }) => ({ claim, source, expect, verdict, finding })),
    verdicts: verdicts.map(({ conclusion: { axis }, figure, levels, best }) => ({ axis, figure, levels, best })),
    conclusion: closingParagraph(result),
  };
}

/** One row per figure of a variant (`mean`) and per comparison (`difference`, with `from -> to` in the column of its axis). */
export function studyCsv(result: StudyResult): string {
  const axes = result.axes.map(({ name }) => name);
  const header = ['row', ...axes, 'figure', 'unit', 'n', 'mean', 'low', 'high', 'd_z', 'detectable'];
  const unit = (figure: string) => figureOf(result, figure).unit;
  const means = result.values.map(({ point, figure, value }): CsvValue[] => [
    'mean',
    ...axes.map((axis) => point[axis]),
    figure,
    unit(figure),
    ...(value === null ? [0, null, null, null] : [value.n, value.mean, value.low, value.high]),
    null,
    null,
  ]);
  const differences = result.comparisons.map(({ axis, from, to, within, figure, difference: d }): CsvValue[] => [
    'difference',
    ...axes.map((name) => (name === axis ? `${from} -> ${to}` : (within[name] ?? null))),
    figure,
    unit(figure),
    d.n,
    d.mean,
    d.low,
    d.high,
    d.dz,
    d.detectable,
  ]);
  return formatCsv(header, [...means, ...differences]);
}
