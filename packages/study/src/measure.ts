import { openRun, type Run } from '@damonlab/record';
import { cellAt, measuredCells, type Plan, runKey } from './plan.js';
import { Samples } from './samples.js';
import type { Study } from './study.js';

/**
 * The figures of a plan's runs. `dirs`: where each run is, by `runKey`. Seed by seed: a run that others are measured against stays open
 * for them.
 */
export async function measureAll(study: Study, plan: Plan, dirs: ReadonlyMap<string, string>): Promise<Samples> {
  const samples = new Samples();
  const cells = measuredCells(plan);
  const seeds = [...new Set(cells.flatMap((cell) => cell.seeds))];
  for (const seed of seeds) {
    const measured = new Map(cells.filter((cell) => cell.seeds.includes(seed)).map((cell) => [runKey(cell, seed), cell]));
    const open = new Map<string, Run>();
    for (const [key, cell] of measured) {
      const beside: Record<string, Run> = {};
      for (const [name, point] of Object.entries(study.beside?.(cell.point) ?? {})) {
        const other = runKey(cellAt(point, [seed]), seed);
        const run = open.get(other) ?? (await openRun(dirs.get(other) as string));
        open.set(other, run);
        beside[name] = run;
      }
      samples.add(cell, seed, study.measure(open.get(key) ?? (await openRun(dirs.get(key) as string)), beside));
    }
  }
  return samples;
}
