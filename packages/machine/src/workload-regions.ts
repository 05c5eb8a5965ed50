import { type AccessReport, NO_PLACE, type PlaceOf } from '@damonlab/damon';
import type { Process } from './processes.js';

/** The workload's regions of all processes, numbered through. Physical regions do not tell whose memory they hold; reports do. */
export class WorkloadRegions {
  readonly #processes: readonly Process[];
  readonly #names: readonly string[];
  /** By process: number of its first region. */
  readonly #first: readonly number[];

  constructor(processes: readonly Process[]) {
    this.#processes = processes;
    this.#names = processes.flatMap((process) => process.space.regions.map((region) => nameInMachine(process, region.name)));
    let next = 0;
    this.#first = processes.map(({ space }) => {
      next += space.regions.length;
      return next - space.regions.length;
    });
  }

  /** Number of the region that a report is about. */
  readonly placeOf: PlaceOf = ({ tgid, vaddr }: AccessReport): number => {
    const { regions } = this.#processes[tgid].space;
    const region = regions.findIndex(({ start, end }) => vaddr >= start && vaddr < end);
    return region < 0 ? NO_PLACE : this.#first[tgid] + region;
  };

  /** Name of region `place`, empty for none. */
  nameOf(place: number): string {
    return this.#names[place] ?? '';
  }
}

/** A region's name where those of several processes stand side by side. */
export function nameInMachine(process: Process, region: string): string {
  return `${process.name}/${region}`;
}
