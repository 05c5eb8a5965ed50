import { existsSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { UserError } from '@damonlab/base';
import { bundleScenario, explain, listScenarios, type Override, parseShare, readText, ScenarioSource } from '@damonlab/scenario';
import { readAxes } from './axes.js';
import { figurePath } from './figures.js';
import { nrPoints, nrSeeds, pointOf, type Seeds, type StopRule, type SweepPlan } from './plan.js';
import { type SweepFile, sweepSchema } from './schema.js';
import { settingsOf } from './settings.js';

/** More points than this are probably a mistake. */
const MOST_POINTS = 1_000_000;
const DEFAULT_SEEDS: Seeds = { from: 1, count: 1 };
const DEFAULT_CONFIDENCE = 0.95;
const DEFAULT_MIN = 5;
const KIND = { what: 'a sweep', hint: 'a sweep has at least `scenario` and `figures`; see docs/sweeps.md' };

/**
 * The plan of a sweep file. Each value of each axis is tried on the scenario once, so that a mistake shows before anything runs.
 * @param many allow more than a million points
 * @throws UserError with the place of the first mistake
 */
export function loadSweep(file: string, { many = false } = {}): SweepPlan {
  const source = ScenarioSource.fromYaml(readText(file, file), file, []);
  const parsed = sweepSchema.safeParse(source.tree, { reportInput: true });
  if (!parsed.success) throw explain(parsed.error, source, KIND);
  const sweep = parsed.data;
  const { axes, random } = readAxes(sweep, source);
  const nothing = { file: '', text: '', masim: {}, traces: {} };
  const plan: SweepPlan = {
    name: sweep.name ?? basename(file, extname(file)),
    bundle: nothing,
    set: settingsOf(sweep.set ?? {}, ['set'], source),
    axes,
    random,
    seeds: readSeeds(sweep, source),
    figures: readFigures(sweep, source),
    stop: readStop(sweep, source),
    runs: readRuns(sweep, source),
  };
  checkSize(plan, source, many);
  return { ...plan, bundle: bundleScenario(scenarioFile(sweep.scenario, file, source), variants(plan)) };
}

function readFigures({ figures }: SweepFile, source: ScenarioSource): SweepPlan['figures'] {
  const entries = Object.entries(figures);
  if (entries.length === 0) throw new UserError('no figure to collect', { where: source.place(['figures']) });
  return entries.map(([name, path]) => ({ name, path: figurePath(path, source.place(['figures', name])) }));
}

function readSeeds({ seeds, stop }: SweepFile, source: ScenarioSource): Seeds {
  const where = source.place(['seeds']);
  if (seeds === undefined) return stop?.max === undefined ? DEFAULT_SEEDS : { from: 1, count: stop.max };
  if (stop?.max !== undefined) throw new UserError('`seeds` and `stop.max` say the same', { where, hint: 'leave one of them out' });
  if (typeof seeds === 'number') return { from: 1, count: seeds };
  if (!Array.isArray(seeds)) return seeds;
  if (seeds.length === 0) throw new UserError('no seed', { where, expected: 'a number of seeds, or a list of them' });
  const twice = seeds.find((seed, i) => seeds.indexOf(seed) !== i);
  if (twice !== undefined) throw new UserError('a seed stands there twice', { where, actual: String(twice) });
  return seeds;
}

function readStop({ stop, figures }: SweepFile, source: ScenarioSource): StopRule | null {
  if (stop === undefined) return null;
  const where = source.place(['stop']);
  if (!Object.hasOwn(figures, stop.figure)) {
    const expected = `one of the figures: ${Object.keys(figures).join(', ')}`;
    throw new UserError('no such figure', { where: source.place(['stop', 'figure']), expected, actual: stop.figure });
  }
  if ((stop.half_width === undefined) === (stop.relative === undefined)) {
    throw new UserError('how narrow is the interval to be?', { where, expected: 'half_width, or relative' });
  }
  const share = (key: 'relative' | 'confidence', value: string | number) => {
    const parsed = parseShare(value);
    const place = { where: source.place(['stop', key]), actual: String(value) };
    if (typeof parsed !== 'number') throw new UserError('impossible value', { ...place, ...parsed });
    if (parsed <= 0 || parsed >= 1) throw new UserError('impossible value', { ...place, expected: 'more than 0 % and less than 100 %' });
    return parsed;
  };
  return {
    figure: stop.figure,
    bound: stop.relative === undefined ? (stop.half_width as number) : share('relative', stop.relative),
    relative: stop.relative !== undefined,
    confidence: stop.confidence === undefined ? DEFAULT_CONFIDENCE : share('confidence', stop.confidence),
    min: stop.min ?? DEFAULT_MIN,
  };
}

function readRuns({ runs }: SweepFile, source: ScenarioSource): string {
  if (runs === undefined || runs === 'drop' || runs === 'keep') return runs ?? 'drop';
  if (/^file:\/\/\/./.test(runs)) return runs;
  throw new UserError('not a place for runs', {
    where: source.place(['runs']),
    expected: 'drop, keep, or a folder that all workers share: file:///mnt/runs',
    actual: runs,
  });
}

function checkSize(plan: SweepPlan, source: ScenarioSource, many: boolean): void {
  const points = nrPoints(plan);
  if (plan.stop !== null && nrSeeds(plan) < plan.stop.min) {
    const where = source.place(['stop', 'max'], ['seeds']);
    throw new UserError('fewer seeds than the stop rule needs', {
      where,
      expected: `${plan.stop.min} or more`,
      actual: String(nrSeeds(plan)),
    });
  }
  if (points <= MOST_POINTS || many) return;
  throw new UserError('more than a million points', { where: source.file, actual: String(points), hint: 'with --yes they are made' });
}

/** Every value of every axis once, with the first of the others; and every draw. */
function* variants(plan: SweepPlan): Iterable<readonly Override[]> {
  const seeds = nrSeeds(plan);
  const samples = plan.random?.samples ?? 1;
  for (let sample = 0; sample < samples; sample++) yield pointOf(plan, sample * seeds).overrides;
  let stride = samples * seeds;
  for (const { values } of plan.axes.toReversed()) {
    for (let i = 1; i < values.length; i++) yield pointOf(plan, i * stride).overrides;
    stride *= values.length;
  }
}

function scenarioFile(name: string, sweepFile: string, source: ScenarioSource): string {
  const beside = resolve(dirname(sweepFile), name);
  if (existsSync(beside)) return beside;
  const shipped = listScenarios();
  const found = shipped.find((scenario) => scenario.name === name);
  if (found !== undefined) return found.file;
  throw new UserError('no such scenario', {
    where: source.place(['scenario']),
    expected: `a file relative to the sweep file, or one of ${shipped.map((scenario) => scenario.name).join(', ')}`,
    actual: name,
  });
}
