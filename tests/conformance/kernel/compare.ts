import type { RunFigures } from './figures.js';
import type { MeasuredGroup } from './measured.js';

/** A figure passes within the range of the real runs, widened by this share of their mean on each side. */
const WIDEN = 0.1;

export interface Comparison {
  readonly figure: string;
  readonly least: number;
  readonly greatest: number;
  /** The band in which the simulated mean must lie. */
  readonly low: number;
  readonly high: number;
  /** Mean over the seeds; null if no seed has the figure. */
  readonly simulated: number | null;
  readonly passes: boolean;
}

/** Every figure of a group of real runs against the simulated ones. `widen`: share of the mean that the real range is widened by. */
export function compareGroup(group: MeasuredGroup, simulated: readonly RunFigures[], widen = WIDEN): Comparison[] {
  return Object.entries(group.figures).map(([figure, values]) => {
    const real = values.filter((value) => value !== null);
    const least = Math.min(...real);
    const greatest = Math.max(...real);
    const margin = widen * Math.abs(meanOf(real));
    const found = simulated.map((figures) => figures.get(figure)).filter((value) => value !== undefined);
    const mean = found.length === 0 ? null : meanOf(found);
    const low = least - margin;
    const high = greatest + margin;
    return { figure, least, greatest, low, high, simulated: mean, passes: mean !== null && mean >= low && mean <= high };
  });
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
