import { assert, Prng } from '@damonlab/base';
import type { Override, ScenarioBundle } from '@damonlab/scenario';

/** A sweep after its file was read and checked, as plain data: all that it takes to make its points, on any machine. */
export interface SweepPlan {
  readonly name: string;
  readonly bundle: ScenarioBundle;
  /** The same for all points. */
  readonly set: readonly Setting[];
  /** Every value of each is combined with every value of the others. */
  readonly axes: readonly Axis[];
  /** Every combination is combined with every draw. */
  readonly random: RandomAxes | null;
  readonly seeds: Seeds;
  readonly figures: readonly FigureSpec[];
  readonly stop: StopRule | null;
  /** Where run directories are kept: nowhere, beside the store, or in the folder of a `file://` URL. */
  readonly runs: 'drop' | 'keep' | string;
}

/** A key of the scenario and its value, as a scenario file would have it. */
export interface Setting {
  readonly key: string;
  readonly value: unknown;
  /** Place in the sweep file, for errors. */
  readonly where: string;
}

export interface Axis {
  readonly name: string;
  readonly values: readonly AxisValue[];
}

export interface AxisValue {
  readonly label: Label;
  readonly settings: readonly Setting[];
}

/** What stands for a value in tables. */
export type Label = string | number | boolean;

export interface RandomAxes {
  readonly samples: number;
  readonly seed: number;
  readonly axes: readonly RandomAxis[];
}

export interface RandomAxis extends Range {
  readonly name: string;
  readonly key: string;
  readonly where: string;
}

export interface Range {
  readonly from: number;
  readonly to: number;
  readonly log: boolean;
  readonly unit: string | null;
  readonly whole: boolean;
}

/** A list, or so many from the first one on. */
export type Seeds = readonly number[] | { readonly from: number; readonly count: number };

/** A figure of a report of the run. */
export interface FigureSpec {
  readonly name: string;
  /** Report and path in its JSON: `summary.targets.0.touched.rec_1`. */
  readonly path: string;
}

/** Stop to add seeds to a combination when the mean of a figure is known well enough. */
export interface StopRule {
  readonly figure: string;
  /** Largest half width of the confidence interval; absolute, or as a share of the mean. */
  readonly bound: number;
  readonly relative: boolean;
  /** 0 to 1. */
  readonly confidence: number;
  /** Fewest seeds, and how many are added at a time. */
  readonly min: number;
}

/** One run of a sweep. */
export interface Point {
  readonly index: number;
  /** Which combination: points of a group differ in their seed only. */
  readonly group: number;
  readonly seed: number;
  /** Its values on the axes, in the order of `axisNames`. */
  readonly labels: readonly Label[];
  readonly overrides: readonly Override[];
}

export function axisNames({ axes, random }: SweepPlan): string[] {
  return [...axes, ...(random?.axes ?? [])].map(({ name }) => name);
}

/** Number of seeds of a combination; with a stop rule: at most. */
export function nrSeeds({ seeds }: SweepPlan): number {
  return 'from' in seeds ? seeds.count : seeds.length;
}

/** Number of combinations. */
export function nrGroups({ axes, random }: SweepPlan): number {
  return axes.reduce((product, { values }) => product * values.length, random?.samples ?? 1);
}

/** Number of points; with a stop rule: at most. */
export function nrPoints(plan: SweepPlan): number {
  return nrGroups(plan) * nrSeeds(plan);
}

/** Point `index`, from 0. Seeds change fastest, then draws, then the axes, the last one before the first one. */
export function pointOf(plan: SweepPlan, index: number): Point {
  assert(index >= 0 && index < nrPoints(plan), `point ${index} is one of ${nrPoints(plan)}`);
  const seeds = nrSeeds(plan);
  const group = Math.floor(index / seeds);
  const seed = seedOf(plan, index % seeds);
  const values = groupValues(plan, group);
  const seedSetting: Setting = { key: 'seed', value: seed, where: `${plan.name}: seeds` };
  const settings = [...plan.set, ...values.flatMap((value) => value.settings), seedSetting];
  return { index, group, seed, labels: values.map(({ label }) => label), overrides: settings.map(overrideOf) };
}

/** The points [from, to) of a plan that belong to `group`. */
export function pointsOfGroup(plan: SweepPlan, group: number): { readonly from: number; readonly to: number } {
  const seeds = nrSeeds(plan);
  return { from: group * seeds, to: (group + 1) * seeds };
}

function seedOf({ seeds }: SweepPlan, i: number): number {
  return 'from' in seeds ? seeds.from + i : seeds[i];
}

/** The values of a combination, in the order of `axisNames`. */
function groupValues({ axes, random }: SweepPlan, group: number): AxisValue[] {
  const samples = random?.samples ?? 1;
  let rest = Math.floor(group / samples);
  const values = axes.toReversed().map(({ values }) => {
    const value = values[rest % values.length];
    rest = Math.floor(rest / values.length);
    return value;
  });
  const drawn = random === null ? [] : random.axes.map((axis) => draw(axis, random.seed, group % samples));
  return [...values.reverse(), ...drawn];
}

/** A stream of its own for each draw: one more sample or axis changes no other. */
function draw(axis: RandomAxis, seed: number, sample: number): AxisValue {
  const label = valueIn(axis, Prng.stream(seed, `sweep/${axis.name}/${sample}`).nextUnit());
  return { label, settings: [{ key: axis.key, value: label, where: axis.where }] };
}

/** The value at `share` (0 to 1) of a range, with six digits; with its unit it is a text. */
export function valueIn({ from, to, log, unit, whole }: Range, share: number): string | number {
  const exact = log ? from * (to / from) ** share : from + (to - from) * share;
  const value = whole ? Math.round(exact) : Number(exact.toPrecision(6));
  return unit === null ? value : `${value} ${unit}`;
}

function overrideOf({ key, value, where }: Setting): Override {
  // JSON is YAML.
  return { flag: where, key, value: JSON.stringify(value) };
}
