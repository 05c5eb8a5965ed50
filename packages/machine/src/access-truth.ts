import type { CpuChannel } from '@damonlab/cpu';
import type { AccessTruthWindow } from '@damonlab/record';
import type { Process } from './processes.js';
import { nameInMachine } from './workload-regions.js';

/** Cuts the true counts of accesses by thread, region and read/write into windows. */
export class AccessTruth {
  readonly #processes: readonly Process[];
  readonly #physical: boolean;
  readonly #counts: Float64Array;
  readonly #last: Float64Array;

  /** `physical`: all processes are of one target, and regions are told apart by the process's name. */
  constructor(processes: readonly Process[], channel: CpuChannel, physical: boolean) {
    this.#processes = processes;
    this.#physical = physical;
    this.#counts = channel.regionAccesses;
    this.#last = new Float64Array(channel.regionAccesses.length);
  }

  /** What each process's threads did since the last window, by data region. Rows without accesses are left out. */
  window(startNs: number, endNs: number): AccessTruthWindow[] {
    const rows = this.#processes.map((process) => this.#rows(process));
    this.#last.set(this.#counts);
    const targets = this.#physical ? [rows.flat()] : rows;
    return targets.map((ofTarget, targetId) => ({ targetId, startNs, endNs, rows: ofTarget }));
  }

  #rows(process: Process): AccessTruthWindow['rows'] {
    return process.space.regions.flatMap(({ name, start, end }, r) => {
      const region = this.#physical ? nameInMachine(process, name) : name;
      return process.threads.flatMap(({ id, cpu, firstCounter }) =>
        [0, 1].flatMap((write) => {
          const counter = firstCounter + 2 * r + write;
          const accesses = this.#counts[counter] - this.#last[counter];
          return accesses === 0 ? [] : [{ region, start, end, cpu, tid: id, isWrite: write === 1, accesses }];
        }),
      );
    });
  }
}
