import type { Prng } from '@damonlab/base';
import { formatNumber, formatWithUnit } from './format.js';
import type { Cell } from './plan.js';
import { matches } from './points.js';
import type { PublishedResult } from './results.js';
import type { Samples } from './samples.js';
import { bootstrapMean, type Interval } from './stats/bootstrap.js';
import type { Figure, Published, Study } from './study.js';

/** Whether the runs agree with what was reported of a real system: the whole interval has to lie where it was expected. */
export function compareWithPublished(
  study: Study,
  published: Published,
  cells: readonly Cell[],
  samples: Samples,
  rng: Prng,
): PublishedResult {
  const { figure, point, than } = published.expect;
  const values = valuesAt(cells, samples, figure, point);
  const others = than === undefined ? undefined : valuesAt(cells, samples, figure, than);
  if (values === null || others === null) return { published, verdict: 'not asked', finding: 'these runs are not in the quick study' };
  const value = bootstrapMean(others === undefined ? values : values.map((one, i) => one / others[i]), rng);
  const { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY } = published.expect;
  const agrees = value.low >= least && value.high <= most;
  return { published, verdict: agrees ? 'agree' : 'differ', finding: findingOf(study, published, value) };
}

/** One value per seed; null: no variant of this size of the study is there. */
function valuesAt(cells: readonly Cell[], samples: Samples, figure: string, point: Published['expect']['point']): number[] | null {
  const cell = cells.find((one) => matches(one.point, point));
  return cell === undefined ? null : samples.of(cell, figure);
}

function findingOf(study: Study, { expect }: Published, value: Interval): string {
  const figure = study.figures.find(({ name }) => name === expect.figure) as Figure;
  const shown = expect.than === undefined ? figure : { ...figure, unit: '', digits: 3 };
  const bounds = [
    ...(expect.least === undefined ? [] : [`at least ${formatNumber(shown, expect.least)}`]),
    ...(expect.most === undefined ? [] : [`at most ${formatNumber(shown, expect.most)}`]),
  ];
  const what = expect.than === undefined ? figure.title : `ratio of the ${figure.title}`;
  return `${what} ${formatWithUnit(shown, value)}, expected ${bounds.join(' and ')}`;
}
