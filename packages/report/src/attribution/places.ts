import { partitionPoint } from '../partition-point.js';

/** A region that reports are mapped to. */
export interface Place {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A place that a range overlaps, and its share of all the overlapping bytes. */
export interface Overlap {
  readonly index: number;
  readonly share: number;
}

/** Disjoint places by address, and which of them a range overlaps. */
export class Places {
  readonly all: readonly Place[];
  readonly #index: ReadonlyMap<string, number>;

  constructor(places: Iterable<Place>) {
    const byId = new Map<string, Place>();
    for (const place of places) byId.set(idOf(place), place);
    this.all = [...byId.values()].sort((a, b) => a.start - b.start);
    this.#index = new Map(this.all.map((place, index) => [idOf(place), index]));
  }

  /** Number of a place that was given; -1: it was not. */
  indexOf(place: Place): number {
    return this.#index.get(idOf(place)) ?? -1;
  }

  /** Number of the place called `name`, the lowest of several; -1: there is none. */
  named(name: string): number {
    return this.all.findIndex((place) => place.name === name);
  }

  /** By address. The shares add up to 1, or there is none. */
  overlapping(start: number, end: number): Overlap[] {
    const found: { index: number; bytes: number }[] = [];
    let sum = 0;
    for (let index = this.#firstAtOrAfter(end) - 1; index >= 0 && this.all[index].end > start; index--) {
      const place = this.all[index];
      const bytes = Math.min(end, place.end) - Math.max(start, place.start);
      found.push({ index, bytes });
      sum += bytes;
    }
    return found.reverse().map(({ index, bytes }) => ({ index, share: bytes / sum }));
  }

  /** The first place that starts at `addr` or later. */
  #firstAtOrAfter(addr: number): number {
    return partitionPoint(this.all.length, (index) => this.all[index].start >= addr);
  }
}

function idOf({ name, start, end }: Place): string {
  return `${start} ${end} ${name}`;
}
