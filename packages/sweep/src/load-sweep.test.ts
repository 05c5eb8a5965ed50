import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '@damonlab/base';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSweep } from './load-sweep.js';
import { axisNames, nrPoints, pointOf } from './plan.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'damonlab-sweep-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const load = (text: string, options?: { many: boolean }) => {
  const file = join(dir, 'try.yaml');
  writeFileSync(file, text);
  return loadSweep(file, options);
};
const HEAD = 'scenario: zipf\nfigures: { recall: targets.0.touched.rec_1 }\n';

describe('a sweep file', () => {
  it('makes points of every kind of axis', () => {
    const plan = load(`${HEAD}
set: { duration: 1 s }
axes:
  monitor.nr_regions.max: [100, 1000]
  sample: { key: monitor.intervals.sample_us, grid: { from: 1, to: 100, steps: 3, scale: log, unit: ms } }
  how:
    cases:
      bits: { monitor.sample_control.primitive: page_table }
      faults: { monitor.sample_control.primitive: page_fault, monitor.sample_control.filter_rule: literal }
  theta: { key: processes.0.workload.theta, random: { from: 0.5, to: 1.5 } }
samples: 3
seeds: { from: 10, count: 2 }
`);
    expect(plan.name).toBe('try');
    expect(axisNames(plan)).toEqual(['monitor.nr_regions.max', 'sample', 'how', 'theta']);
    expect(nrPoints(plan)).toBe(2 * 3 * 2 * 3 * 2);
    const { labels, overrides, seed } = pointOf(plan, nrPoints(plan) - 1);
    expect(labels.slice(0, 3)).toEqual([1000, '100 ms', 'faults']);
    expect(seed).toBe(11);
    expect(overrides.map(({ key }) => key)).toEqual([
      'duration',
      'monitor.nr_regions.max',
      'monitor.intervals.sample_us',
      'monitor.sample_control.primitive',
      'monitor.sample_control.filter_rule',
      'processes.0.workload.theta',
      'seed',
    ]);
    expect(plan.figures).toEqual([{ name: 'recall', path: 'summary.targets.0.touched.rec_1' }]);
  });

  it('names the report of a figure, or means the summary', () => {
    const { figures } = load('scenario: zipf\nfigures: { a: wss.wss.avg, b: n_snap, c: summary.n_snap }');
    expect(figures.map(({ path }) => path)).toEqual(['wss.wss.avg', 'summary.n_snap', 'summary.n_snap']);
  });

  it('has a stop rule', () => {
    const { stop, seeds } = load(`${HEAD}stop: { figure: recall, relative: 5 %, confidence: 90 %, min: 4, max: 40 }`);
    expect(stop).toEqual({ figure: 'recall', bound: 0.05, relative: true, confidence: 0.9, min: 4 });
    expect(seeds).toEqual({ from: 1, count: 40 });
  });
});

describe('what is wrong is told with its place', () => {
  it.each([
    [
      'an unknown path',
      `${HEAD}axes:\n  monitor.nr_regoins.max: [1]`,
      /try\.yaml:4:3: axes\.monitor\.nr_regoins\.max: unknown key `nr_regoins`[\s\S]*did you mean `nr_regions`/,
    ],
    ['a path into nothing', `${HEAD}axes: { processes.7.threads: [1] }`, /axes\.processes\.7\.threads: no such entry/],
    ['an impossible value', `${HEAD}axes: { monitor.nr_regions.max: [100, many] }`, /try\.yaml:3:9: .*impossible value[\s\S]*"many"/],
    ['an impossible value in `set`', `${HEAD}set: { duration: long }`, /set\.duration: impossible value/],
    ['an empty list', `${HEAD}axes: { thp: [] }`, /axes\.thp: an axis without values/],
    ['no cases', `${HEAD}axes: { x: { cases: {} } }`, /axes\.x: an axis without values/],
    ['an empty grid', `${HEAD}axes: { x: { key: seed, grid: { from: 1, to: 2, steps: 0 } } }`, /steps: impossible value[\s\S]*1 or more/],
    [
      'a grid of the same',
      `${HEAD}axes: { x: { key: seed, grid: { from: 1, to: 2, steps: 9, whole: true } } }`,
      /axes\.x: a value stands there twice/,
    ],
    ['zero on a logarithmic scale', `${HEAD}axes: { x: { key: seed, grid: { from: 0, to: 2, steps: 3, scale: log } } }`, /no zero/],
    ['no values', `${HEAD}axes: { thp: { key: thp } }`, /what are its values\?[\s\S]*list, grid, random, cases/],
    ['two kinds', `${HEAD}axes: { thp: { list: [never], random: { from: 1, to: 2 } } }`, /what are its values/],
    ['random without samples', `${HEAD}axes: { x: { key: seed, random: { from: 1, to: 2 } } }`, /how many draws/],
    ['samples without random', `${HEAD}samples: 3`, /nothing to sample/],
    ['an axis called as a figure', `${HEAD}axes: { recall: [1] }`, /another column has this name/],
    ['no seed', `${HEAD}seeds: []`, /seeds: no seed/],
    ['no figures', 'scenario: zipf\nfigures: {}', /no figure to collect/],
    ['a figure that is none', 'scenario: zipf\nfigures: { a: "targets[0]" }', /figures\.a: not a figure/],
    ['an unknown scenario', 'scenario: zpif\nfigures: { a: n_snap }', /try\.yaml:1:1: scenario: no such scenario[\s\S]*zipf/],
    ['an unknown key', `${HEAD}axis: {}`, /unknown key `axis`[\s\S]*did you mean `axes`/],
    ['no sweep', '[]', /not a sweep/],
    ['a stop rule on nothing', `${HEAD}stop: { figure: x, half_width: 1 }`, /stop\.figure: no such figure[\s\S]*recall/],
    ['a stop rule without a bound', `${HEAD}stop: { figure: recall }`, /how narrow/],
    [
      'fewer seeds than the stop rule needs',
      `${HEAD}seeds: 3\nstop: { figure: recall, half_width: 1 }`,
      /fewer seeds[\s\S]*5 or more[\s\S]*3/,
    ],
    ['a folder that is none', `${HEAD}runs: s3://bucket`, /runs: not a place for runs/],
    ['too many points', `${HEAD}seeds: 1000001`, /more than a million points[\s\S]*1000001[\s\S]*--yes/],
  ])('%s', (_, text, message) => {
    const error = (() => {
      try {
        return load(text);
      } catch (reason) {
        return reason;
      }
    })();
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
  });

  it('a million points and more, if that is meant', () => {
    expect(nrPoints(load(`${HEAD}seeds: 1000001`, { many: true }))).toBe(1_000_001);
  });
});
