import { loadScenario, type Override, type ResolvedScenario, shippedFile } from '@damonlab/scenario';
import { levelOf, pointName, pointsOf, samePoint } from './points.js';
import type { Control, Point, Settings, Study } from './study.js';

/** Fewer seeds say too little about a difference between two sets of them. */
const SAME_SEEDS = 8;
/** Longest name that a scenario may have. */
const NAME_LETTERS = 80;
/** The second set of seeds of a `same` control starts here: far from the first one. */
const OTHER_SEEDS = 1001;

/** One setting under several seeds. */
export interface Cell {
  /** For the names of its runs. */
  readonly name: string;
  readonly point: Point;
  readonly seeds: readonly number[];
  /** On top of what the point sets: what a control breaks. */
  readonly set: Settings;
}

/** A control and the two cells that it compares, pair by pair. */
export interface ControlPlan {
  readonly control: Control;
  readonly first: Cell;
  readonly second: Cell;
}

/** Which runs a study consists of. */
export interface Plan {
  readonly variants: readonly Cell[];
  readonly controls: readonly ControlPlan[];
  /** What those are measured against. */
  readonly beside: readonly Cell[];
}

export function planOf(study: Study, quick: boolean, nrSeeds: number): Plan {
  const seeds = seedsFrom(1, nrSeeds);
  const variants = pointsOf(study, quick).map((point) => cellAt(point, seeds));
  const controls = study.controls.map((control) => controlPlan(control, seeds));
  return { variants, controls, beside: besideOf(study, [...variants, ...cellsOfControls(controls)]) };
}

/** The variant `point` under `seeds`. */
export function cellAt(point: Point, seeds: readonly number[]): Cell {
  return { name: pointName(point), point, seeds, set: {} };
}

function controlPlan(control: Control, seeds: readonly number[]): ControlPlan {
  const whole = cellAt(control.point, seeds);
  if (control.kind === 'broken') {
    return { control, first: whole, second: { ...whole, name: `${whole.name} ${control.name}`, set: control.set } };
  }
  const n = Math.max(SAME_SEEDS, seeds.length);
  return { control, first: { ...whole, seeds: seedsFrom(1, n) }, second: { ...whole, seeds: seedsFrom(OTHER_SEEDS, n) } };
}

/** What `cells` are measured against, under their seeds. */
function besideOf(study: Study, cells: readonly Cell[]): Cell[] {
  const beside = (point: Point) => Object.values(study.beside?.(point) ?? {});
  const all = cells.flatMap(({ point, seeds }) => beside(point).map((other) => cellAt(other, seeds)));
  const same = (a: Cell, b: Cell) => samePoint(a.point, b.point) && a.seeds[0] === b.seeds[0] && a.seeds.length === b.seeds.length;
  return all.filter((cell, i) => all.findIndex((other) => same(cell, other)) === i);
}

/** The cells whose figures are taken. */
export function measuredCells({ variants, controls }: Plan): Cell[] {
  return [...variants, ...cellsOfControls(controls)];
}

export function cellsOf(plan: Plan): Cell[] {
  return [...measuredCells(plan), ...plan.beside];
}

function cellsOfControls(controls: readonly ControlPlan[]): Cell[] {
  return controls.flatMap(({ first, second }) => [first, second]);
}

/** Tells the runs of a study apart. */
export function runKey({ point, set }: Cell, seed: number): string {
  return JSON.stringify([point, set, seed]);
}

/** Whose time the runs of a cell are made in. */
export function clockOf(study: Study, { point }: Cell): 'virtual' | 'wall' {
  return Object.entries(point).some(([axis, name]) => levelOf(study, axis, name).clock === 'wall') ? 'wall' : 'virtual';
}

/**
 * The scenario of one run.
 * @throws UserError if a file or setting of the declaration is wrong
 */
export function scenarioOf(study: Study, quick: boolean, cell: Cell, seed: number): ResolvedScenario {
  const levels = Object.entries(cell.point).map(([axis, name]) => levelOf(study, axis, name));
  const file = levels.find((level) => level.scenario !== undefined)?.scenario ?? study.name;
  const ofLevels = [...levels.map((level) => level.set ?? {}), study.alsoSet?.(cell.point) ?? {}];
  const settings = [study.set, quick ? study.quickSet : {}, ...ofLevels, cell.set];
  const name = `seed-${seed}-${cell.name}`.replaceAll(/[^A-Za-z0-9._]+/g, '-').slice(0, NAME_LETTERS);
  const overrides = [...settings.flatMap((set) => Object.entries(set)), ['seed', String(seed)], ['name', name]];
  return loadScenario(
    shippedFile(`studies/${study.name}/${file}.yaml`),
    overrides.map(([key, value]) => override(study, key, value)),
  );
}

function override(study: Study, key: string, value: string): Override {
  return { flag: `study ${study.name}: ${key}=${value}`, key, value };
}

function seedsFrom(first: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => first + i);
}
