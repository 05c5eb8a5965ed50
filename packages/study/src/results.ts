import type { Interval } from './stats/bootstrap.js';
import type { Difference } from './stats/paired.js';
import type { Axis, Conclusion, Control, Figure, Point, Published, Study } from './study.js';

/** A figure of a variant over its seeds; null if a run lacks it. */
export interface Value {
  readonly point: Point;
  readonly figure: string;
  readonly value: Interval | null;
}

export interface ComparisonResult {
  readonly axis: string;
  readonly from: string;
  readonly to: string;
  /** The levels that are kept apart. */
  readonly within: Point;
  readonly figure: string;
  /** `to` minus `from`. */
  readonly difference: Difference;
}

export interface ControlResult {
  readonly control: Control;
  readonly passed: boolean;
  /** What was seen, in one sentence. */
  readonly finding: string;
}

export interface PublishedResult {
  readonly published: Published;
  /** `not asked`: the quick study lacks its runs. */
  readonly verdict: 'agree' | 'differ' | 'not asked';
  /** What was seen and expected, in one sentence. */
  readonly finding: string;
}

/** A level of an axis with all other axes averaged within each seed. */
export interface LevelValue {
  readonly level: string;
  readonly value: Interval;
}

/** What the closing paragraph says of one figure. */
export interface Verdict {
  readonly conclusion: Conclusion;
  readonly figure: string;
  /** In the order of the axis; levels without the figure are left out. */
  readonly levels: readonly LevelValue[];
  /** `rank`: the best level, and the next minus the best; null: there is nothing to rank. */
  readonly best: { readonly level: string; readonly next: string; readonly margin: Difference } | null;
}

/** All that a study found: data first, then its faces. */
export interface StudyResult {
  readonly study: Study;
  readonly quick: boolean;
  readonly nrSeeds: number;
  readonly nrRuns: number;
  readonly axes: readonly Axis[];
  readonly figures: readonly Figure[];
  readonly points: readonly Point[];
  readonly values: readonly Value[];
  readonly comparisons: readonly ComparisonResult[];
  readonly controls: readonly ControlResult[];
  readonly published: readonly PublishedResult[];
  readonly verdicts: readonly Verdict[];
}

export function figureOf({ figures }: Pick<StudyResult, 'figures'>, name: string): Figure {
  const figure = figures.find((one) => one.name === name);
  if (figure === undefined) throw new Error(`no figure ${name}`);
  return figure;
}
