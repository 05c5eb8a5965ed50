import type { Run } from '@damonlab/record';

/** Keys of a scenario and their values, as `--set` takes them. */
export type Settings = Readonly<Record<string, string>>;

/** One value of an axis. */
export interface Level {
  readonly name: string;
  /** The scenario file of this level under `scenarios/studies/STUDY/`, without extension. One axis of a study has them. */
  readonly scenario?: string;
  readonly set?: Settings;
  /** Its runs are made in wall time; left out: in virtual time. */
  readonly clock?: 'wall';
  /** False: only in the full study. */
  readonly quick?: boolean;
}

/** Something that is varied. */
export interface Axis {
  readonly name: string;
  /** For people, with the unit if there is one: `sample interval`. */
  readonly title: string;
  readonly levels: readonly Level[];
}

/** A level of each axis, by the axis's name. */
export type Point = Readonly<Record<string, string>>;

/** A number that is taken from each run. */
export interface Figure {
  readonly name: string;
  /** For people, with a small letter: `error of the threads' shares, whole run`. */
  readonly title: string;
  /** `pp` are percentage points. Empty: a pure number. */
  readonly unit: string;
  /** Which value is better; null: neither, the figure is for information and never ranked. */
  readonly better: 'less' | 'more' | 'zero' | null;
  /** Decimals to print. */
  readonly digits: number;
}

/** Null: the run does not have it. */
export type Figures = Readonly<Record<string, number | null>>;

/** Runs of the same seed that a run is measured against, by name. */
export type BesideRuns = Readonly<Record<string, Run>>;

/** How levels of an axis differ, paired by seed, for each combination of levels of `by`; the other axes are averaged within a seed. */
export interface Comparison {
  readonly axis: string;
  /** The level that all others are compared with. */
  readonly base: string;
  readonly by: readonly string[];
  readonly figures: readonly string[];
}

/** A run whose answer is known. */
export type Control =
  /** One variant under two sets of seeds that have none in common: no figure may differ. */
  | { readonly kind: 'same'; readonly point: Point }
  /** A variant broken on purpose against the whole one: the figure must be worse. */
  | { readonly kind: 'broken'; readonly name: string; readonly point: Point; readonly set: Settings; readonly figure: string };

/** What was reported of a real system, and which part of it a simulation can be expected to show: a sign, an order, a ratio. */
export interface Published {
  /** Who reported it, where. */
  readonly source: string;
  readonly claim: string;
  /** Bounds of the figure at `point`, or of its ratio to the figure at `than`. */
  readonly expect: {
    readonly figure: string;
    readonly point: Point;
    readonly than?: Point;
    readonly least?: number;
    readonly most?: number;
  };
}

/** Small multiples: a panel for each level of `panels` (to the right) and each figure (downwards). */
export interface Plot {
  /** The file is called after the study and this. */
  readonly name: string;
  readonly title: string;
  readonly x: string;
  readonly panels: string;
  readonly color: string;
  /** Only these levels of the color axis; left out: all. */
  readonly levels?: readonly string[];
  readonly figures: readonly string[];
  /** Levels of the axes that the plot does not show. */
  readonly at: Point;
}

/** What the closing paragraph speaks of. */
export interface Conclusion {
  readonly axis: string;
  /** Only these levels of the axis; left out: all. */
  readonly levels?: readonly string[];
  readonly figures: readonly string[];
  /** `rank`: which level is best, and by how much; `list`: the value at each level. */
  readonly say: 'rank' | 'list';
}

/** A question as an experiment that anyone can repeat. */
export interface Study {
  readonly name: string;
  /** One sentence that ends in a question mark. */
  readonly question: string;
  readonly axes: readonly Axis[];
  /** Left out: all combinations are possible. */
  readonly possible?: (point: Point) => boolean;
  /** Settings that follow from several levels together. They come on top of those of the levels. */
  readonly alsoSet?: (point: Point) => Settings;
  /** Settings of every run, and those that come on top in the quick study. */
  readonly set: Settings;
  readonly quickSet: Settings;
  readonly seeds: { readonly quick: number; readonly full: number };
  readonly figures: readonly Figure[];
  /** Variants whose run of the same seed the figures of a run of `point` are measured against, by name; left out: none. */
  readonly beside?: (point: Point) => Readonly<Record<string, Point>>;
  readonly measure: (run: Run, beside: BesideRuns) => Figures;
  /** Figures whose tables are printed as text, all others are in JSON, CSV and Markdown; and the axis whose levels are columns. */
  readonly tables: { readonly headline: readonly string[]; readonly columns: string };
  readonly comparisons: readonly Comparison[];
  readonly controls: readonly Control[];
  /** Left out: nobody has reported anything yet. */
  readonly published?: readonly Published[];
  readonly plots: readonly Plot[];
  readonly conclusions: readonly Conclusion[];
}
