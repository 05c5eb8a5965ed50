import { UserError } from '@damonlab/base';
import type { ScenarioSource } from '@damonlab/scenario';
import { type Axis, type AxisValue, type Label, type RandomAxes, type RandomAxis, type Range, valueIn } from './plan.js';
import type { AxisEntry, AxisFile, SweepFile } from './schema.js';
import { settingsOf } from './settings.js';

/** Where an axis stands, for its errors. */
interface Place {
  readonly name: string;
  readonly source: ScenarioSource;
}

const KINDS = ['list', 'grid', 'random', 'cases'] as const;
/** Columns of the tables that are not axes. */
const TAKEN = ['seed', 'n', 'point', 'state'];

/** The axes of a sweep file. @throws UserError: without values, of no or several kinds, with impossible bounds */
export function readAxes({ axes = {}, samples, figures }: SweepFile, source: ScenarioSource): { axes: Axis[]; random: RandomAxes | null } {
  const fixed: Axis[] = [];
  const drawn: RandomAxis[] = [];
  for (const [name, entry] of Object.entries(axes)) {
    const place: Place = { name, source };
    if (TAKEN.includes(name) || Object.hasOwn(figures, name)) throw taken(place);
    const axis = readAxis(entry, place);
    if ('values' in axis) fixed.push(axis);
    else drawn.push(axis);
  }
  return { axes: fixed, random: randomAxes(drawn, samples, source) };
}

function readAxis(entry: AxisEntry, place: Place): Axis | RandomAxis {
  const axis: AxisFile = Array.isArray(entry) ? { list: entry } : entry;
  const [kind, ...more] = KINDS.filter((candidate) => axis[candidate] !== undefined);
  const where = at(place);
  if (kind === undefined || more.length > 0) throw new UserError('what are its values?', { where, expected: `one of ${KINDS.join(', ')}` });
  const key = axis.key ?? place.name;
  if (kind === 'random') return { ...rangeOf(axis.random as RangeFile, place, kind), name: place.name, key, where };
  const values =
    kind === 'cases' ? casesOf(axis, place) : labelsOf(axis, place).map((label) => ({ label, settings: [{ key, value: label, where }] }));
  if (values.length === 0) throw new UserError('an axis without values', { where });
  const labels = values.map(({ label }) => String(label));
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) throw new UserError('a value stands there twice', { where, actual: twice });
  return { name: place.name, values };
}

function casesOf({ cases = {}, key }: AxisFile, { name, source }: Place): AxisValue[] {
  if (key !== undefined) throw new UserError('cases name their keys themselves', { where: source.place(['axes', name, 'key']) });
  return Object.entries(cases).map(([label, map]) => ({ label, settings: settingsOf(map, ['axes', name, 'cases', label], source) }));
}

function labelsOf({ list, grid }: AxisFile, place: Place): Label[] {
  if (grid === undefined) return list ?? [];
  const range = rangeOf(grid, place, 'grid');
  const { steps } = grid;
  return Array.from({ length: steps }, (_, i) => valueIn(range, steps === 1 ? 0 : i / (steps - 1)));
}

type RangeFile = NonNullable<AxisFile['random']>;

function rangeOf({ from, to, scale, unit, whole }: RangeFile, { name, source }: Place, kind: string): Range {
  const range: Range = { from, to, log: scale === 'log', unit: unit ?? null, whole: whole ?? false };
  if (range.log && Math.min(from, to) <= 0) {
    const actual = `${from} to ${to}`;
    throw new UserError('a logarithmic scale has no zero', {
      where: source.place(['axes', name, kind]),
      expected: 'bounds above 0',
      actual,
    });
  }
  return range;
}

function randomAxes(axes: readonly RandomAxis[], samples: SweepFile['samples'], source: ScenarioSource): RandomAxes | null {
  const where = source.place(['samples']);
  if (axes.length === 0) {
    if (samples === undefined) return null;
    throw new UserError('nothing to sample', { where, hint: '`samples` are draws of `random` axes' });
  }
  if (samples === undefined) throw new UserError('how many draws of the random axes?', { where, expected: 'samples: N' });
  const { count, seed = 1 } = typeof samples === 'number' ? { count: samples } : samples;
  return { samples: count, seed, axes };
}

function taken(place: Place): UserError {
  return new UserError('another column has this name', { where: at(place), hint: 'call the axis otherwise and give it a `key`' });
}

function at({ name, source }: Place): string {
  return source.place(['axes', name]);
}
