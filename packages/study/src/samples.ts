import { type Cell, runKey } from './plan.js';
import type { Figures } from './study.js';

/** The figures of all runs of a study, by run. */
export class Samples {
  readonly #figures = new Map<string, Figures>();

  add(cell: Cell, seed: number, figures: Figures): void {
    this.#figures.set(runKey(cell, seed), figures);
  }

  /** A figure of each run of a cell, in the order of its seeds; null if a run lacks it: what is left would be chosen by its value. */
  of(cell: Cell, figure: string): number[] | null {
    const values = cell.seeds.map((seed) => this.#figures.get(runKey(cell, seed))?.[figure] ?? null);
    return values.every((value) => value !== null) ? values : null;
  }

  /** For each seed, the mean of a figure over `cells` that have it and the same seeds; null if there is none. */
  average(cells: readonly Cell[], figure: string): number[] | null {
    const lists = cells.flatMap((cell) => {
      const values = this.of(cell, figure);
      return values === null ? [] : [values];
    });
    if (lists.length === 0) return null;
    return lists[0].map((_, i) => lists.reduce((sum, values) => sum + values[i], 0) / lists.length);
  }
}
