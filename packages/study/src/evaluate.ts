import { Prng } from '@damonlab/base';
import { judge } from './controls.js';
import { type Cell, cellsOf, type Plan, runKey } from './plan.js';
import { axesOf, distinctParts, matches } from './points.js';
import { compareWithPublished } from './published.js';
import type { ComparisonResult, LevelValue, StudyResult, Value, Verdict } from './results.js';
import type { Samples } from './samples.js';
import { bootstrapMean } from './stats/bootstrap.js';
import { pairedDifference } from './stats/paired.js';
import type { Comparison, Conclusion, Figure, Point, Study } from './study.js';

/** Resamples are drawn from streams of this seed, one per number: a study prints the same each time. */
const SEED = 1;

/** What the figures of all runs come to. */
export function evaluate(study: Study, quick: boolean, plan: Plan, samples: Samples): StudyResult {
  const evaluation = new Evaluation(study, quick, plan, samples);
  return {
    study,
    quick,
    nrSeeds: plan.variants[0].seeds.length,
    nrRuns: new Set(cellsOf(plan).flatMap((cell) => cell.seeds.map((seed) => runKey(cell, seed)))).size,
    axes: axesOf(study, quick),
    figures: study.figures,
    points: plan.variants.map(({ point }) => point),
    values: evaluation.values(),
    comparisons: study.comparisons.flatMap((comparison) => evaluation.comparison(comparison)),
    controls: plan.controls.map((control) => judge(study, control, samples, stream(study, control.control))),
    published: (study.published ?? []).map((published) =>
      compareWithPublished(study, published, plan.variants, samples, stream(study, published.expect)),
    ),
    verdicts: study.conclusions.flatMap((conclusion) => conclusion.figures.map((figure) => evaluation.verdict(conclusion, figure))),
  };
}

class Evaluation {
  readonly #study: Study;
  readonly #quick: boolean;
  readonly #cells: readonly Cell[];
  readonly #samples: Samples;

  constructor(study: Study, quick: boolean, plan: Plan, samples: Samples) {
    this.#study = study;
    this.#quick = quick;
    this.#cells = plan.variants;
    this.#samples = samples;
  }

  values(): Value[] {
    return this.#cells.flatMap((cell) =>
      this.#study.figures.map(({ name }) => {
        const values = this.#samples.of(cell, name);
        const rng = stream(this.#study, [cell.point, name]);
        return { point: cell.point, figure: name, value: values === null ? null : bootstrapMean(values, rng) };
      }),
    );
  }

  comparison({ axis, base, by, figures }: Comparison): ComparisonResult[] {
    const points = this.#cells.map(({ point }) => point);
    return distinctParts(points, by).flatMap((within) =>
      this.#levels(axis)
        .filter((level) => level !== base)
        .flatMap((to) => figures.flatMap((figure) => this.#difference({ axis, from: base, to, within, figure }))),
    );
  }

  /** Over the points that have the figure at both levels; nothing if there is none. */
  #difference(of: Omit<ComparisonResult, 'difference'>): ComparisonResult[] {
    const [from, to] = this.#matched(of.axis, [of.from, of.to], of.figure, of.within);
    if (from === null || to === null) return [];
    return [{ ...of, difference: pairedDifference(from, to, stream(this.#study, of)) }];
  }

  verdict(conclusion: Conclusion, figure: string): Verdict {
    const levels = this.#levels(conclusion.axis).filter((level) => conclusion.levels?.includes(level) ?? true);
    const lists = levels.map((level) => this.#matched(conclusion.axis, [level], figure)[0]);
    const known = levels.filter((_, i) => lists[i] !== null);
    const matched = this.#matched(conclusion.axis, known, figure);
    const values = known.flatMap((level, i): LevelValue[] => {
      const list = matched[i];
      return list === null ? [] : [{ level, value: bootstrapMean(list, stream(this.#study, [conclusion.axis, level, figure])) }];
    });
    const best = conclusion.say === 'rank' ? this.#best(conclusion.axis, figure, values) : null;
    return { conclusion, figure, levels: values, best };
  }

  #best(axis: string, figure: string, values: readonly LevelValue[]): Verdict['best'] {
    const { better } = this.#study.figures.find(({ name }) => name === figure) as Figure;
    if ((better !== 'less' && better !== 'more') || values.length < 2) return null;
    const sign = better === 'less' ? 1 : -1;
    const [best, next] = [...values].sort((a, b) => sign * (a.value.mean - b.value.mean));
    const [ofBest, ofNext] = this.#matched(axis, [best.level, next.level], figure);
    if (ofBest === null || ofNext === null) return null;
    const margin = pairedDifference(ofBest, ofNext, stream(this.#study, ['margin', axis, figure]));
    return { level: best.level, next: next.level, margin };
  }

  #levels(axis: string): string[] {
    return (
      axesOf(this.#study, this.#quick)
        .find(({ name }) => name === axis)
        ?.levels.map(({ name }) => name) ?? []
    );
  }

  /**
   * Per seed and level, the mean of a figure over the other axes: only over such combinations of them that have the figure at all
   * `levels`, or levels would be compared over different things.
   */
  #matched(axis: string, levels: readonly string[], figure: string, within: Point = {}): (number[] | null)[] {
    const others = this.#study.axes.map(({ name }) => name).filter((name) => name !== axis);
    const cells = this.#cells.filter(({ point }) => matches(point, within));
    const at = (rest: Point, level: string) =>
      cells.find(({ point }) => matches(point, rest) && point[axis] === level && this.#has(point, figure));
    const rests = distinctParts(
      cells.map(({ point }) => point),
      others,
    ).filter((rest) => levels.every((level) => at(rest, level)));
    return levels.map((level) =>
      this.#samples.average(
        rests.flatMap((rest) => at(rest, level) ?? []),
        figure,
      ),
    );
  }

  #has(point: Point, figure: string): boolean {
    const cell = this.#cells.find((one) => one.point === point);
    return cell !== undefined && this.#samples.of(cell, figure) !== null;
  }
}

function stream(study: Study, what: unknown): Prng {
  return Prng.stream(SEED, `study ${study.name} ${JSON.stringify(what)}`);
}
