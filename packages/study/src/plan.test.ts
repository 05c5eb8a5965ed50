import { scenarioHash } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { cellsOf, measuredCells, planOf, runKey, scenarioOf } from './plan.js';
import { pointName } from './points.js';
import { STUDIES, studyNamed } from './studies/index.js';
import type { Study } from './study.js';
import { TOY } from './testing/toy-study.js';

describe.each(STUDIES.map((study) => [study.name, study] as const))('study %s', (_, study) => {
  it.each([true, false])('quick %s: every run has a scenario of its own, called after what it is', (quick) => {
    const cells = cellsOf(planOf(study, quick, 2));
    const runs = new Map(cells.flatMap((cell) => cell.seeds.slice(0, 2).map((seed) => [runKey(cell, seed), { cell, seed }])));
    const scenarios = [...runs.values()].map(({ cell, seed }) => scenarioOf(study, quick, cell, seed));
    expect(new Set(scenarios.map(scenarioHash)).size).toBe(runs.size);
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(runs.size);
    for (const { name } of scenarios) expect(name).toMatch(/^seed-\d+-\w/);
  });

  it('asks a question, and names only axes, levels and figures that it has', () => {
    const axes = new Map(study.axes.map(({ name, levels }) => [name, levels.map((level) => level.name)]));
    const figures = study.figures.map(({ name }) => name);
    expect(study.question).toMatch(/^[A-Z].*\?$/);
    const { headline, columns } = study.tables;
    const used = [headline, ...[...study.comparisons, ...study.plots, ...study.conclusions].map((part) => part.figures)].flat();
    expect(used.filter((name) => !figures.includes(name))).toEqual([]);
    expect(study.comparisons.every(({ axis, base, by }) => axes.get(axis)?.includes(base) && by.every((name) => axes.has(name)))).toBe(
      true,
    );
    expect(study.plots.every(({ x, panels, color }) => [x, panels, color, columns].every((name) => axes.has(name)))).toBe(true);
    const series = study.plots.flatMap(({ color, levels = [] }) => levels.map((level) => axes.get(color)?.includes(level)));
    expect(series.every((known) => known)).toBe(true);
    const points = [...study.controls.map(({ point }) => point), ...study.plots.map(({ at }) => at)];
    for (const point of points)
      for (const [axis, level] of Object.entries(point)) expect(axes.get(axis), pointName(point)).toContain(level);
  });

  it('has controls of both kinds', () => {
    expect(new Set(study.controls.map(({ kind }) => kind))).toEqual(new Set(['same', 'broken']));
  });
});

describe('a study whose runs are measured against others', () => {
  const against: Study = {
    ...TOY,
    beside: (point) => ({ slow: { ...point, rule: 'slow' } }),
    controls: TOY.controls.slice(0, 1),
  };

  it('has those, too, under the seeds of what is measured against them', () => {
    const plan = planOf(against, true, 3);
    expect(plan.beside.map(({ point, seeds }) => [point.rule, seeds[0], seeds.length])).toEqual([
      ['slow', 1, 3],
      ['slow', 1, 8],
      ['slow', 1001, 8],
    ]);
    expect(measuredCells(plan)).toHaveLength(cellsOf(plan).length - 3);
  });
});

it('an unknown study: what there is', () => {
  expect(() => studyNamed('sharng')).toThrow(/attribution/);
});
