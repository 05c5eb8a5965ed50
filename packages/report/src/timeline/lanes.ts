/** One line of a lane: `values[i]` holds over `[startNs[i], endNs[i])`. */
export interface Series {
  readonly name: string;
  readonly startNs: readonly number[];
  readonly endNs: readonly number[];
  readonly values: readonly number[];
}

/** What a value of a lane is counted in. */
export type LaneUnit = 'count' | 'bytes' | 'bytes_per_s' | 'per_s' | 'ns';

/** Figures over virtual time. */
export interface LineLane {
  readonly kind: 'lines';
  readonly id: string;
  readonly title: string;
  readonly unit: LaneUnit;
  readonly series: readonly Series[];
}

/** Who had something, and when. */
export interface BandLane {
  readonly kind: 'bands';
  readonly id: string;
  readonly title: string;
  readonly bands: readonly { readonly name: string; readonly spans: readonly (readonly [startNs: number, endNs: number])[] }[];
  readonly marks: readonly { readonly atNs: number; readonly label: string }[];
}

export type Lane = LineLane | BandLane;

/** Collects the windows of several series by name, in the order in which the names come up. */
export class SeriesSet {
  readonly #series = new Map<string, { name: string; startNs: number[]; endNs: number[]; values: number[] }>();

  add(name: string, startNs: number, endNs: number, value: number): void {
    const series = this.#series.get(name) ?? { name, startNs: [], endNs: [], values: [] };
    this.#series.set(name, series);
    series.startNs.push(startNs);
    series.endNs.push(endNs);
    series.values.push(value);
  }

  all(): Series[] {
    return [...this.#series.values()];
  }
}

/** The lane, or none if nothing is in it. */
export function lineLane(id: string, title: string, unit: LaneUnit, series: readonly Series[]): LineLane[] {
  return series.length === 0 ? [] : [{ kind: 'lines', id, title, unit, series }];
}
