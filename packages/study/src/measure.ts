import { openRun, type Run } from '@damonlab/record';
import { type Cell, cellAt, runKey } from './plan.js';
import { Samples } from './samples.js';
import type { Study } from './study.js';

/** A run that was made. */
export interface MadeRun {
  readonly cell: Cell;
  readonly seed: number;
  readonly dir: string;
}

/** The figures of all runs, which come seed by seed. A run that others are measured against stays open while its seed lasts. */
export async function measureAll(study: Study, made: readonly MadeRun[]): Promise<Samples> {
  const dirs = new Map(made.map(({ cell, seed, dir }) => [runKey(cell, seed), dir]));
  const samples = new Samples();
  let open = new Map<string, Run>();
  let openSeed = Number.NaN;
  for (const { cell, seed, dir } of made) {
    if (seed !== openSeed) open = new Map();
    openSeed = seed;
    const beside: Record<string, Run> = {};
    for (const [name, point] of Object.entries(study.beside?.(cell.point) ?? {})) {
      const key = runKey(cellAt(point, [seed]), seed);
      const run = open.get(key) ?? (await openRun(dirs.get(key) as string));
      open.set(key, run);
      beside[name] = run;
    }
    samples.add(cell, seed, study.measure(open.get(runKey(cell, seed)) ?? (await openRun(dir)), beside));
  }
  return samples;
}
