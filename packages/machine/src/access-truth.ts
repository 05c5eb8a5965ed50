import type { CpuChannel } from '@damonlab/cpu';
import type { AccessTruthWindow } from '@damonlab/record';
import type { Process } from './processes.js';

/** Cuts the true counts of accesses by thread, region and read/write into windows. */
export class AccessTruth {
  readonly #processes: readonly Process[];
  readonly #counts: Float64Array;
  readonly #last: Float64Array;

  constructor(processes: readonly Process[], channel: CpuChannel) {
    this.#processes = processes;
    this.#counts = channel.regionAccesses;
    this.#last = new Float64Array(channel.regionAccesses.length);
  }

  /** What each process's threads did since the last window, by data region. Rows without accesses are left out. */
  window(startNs: number, endNs: number): AccessTruthWindow[] {
    const windows = this.#processes.map((process, targetId) => ({ targetId, startNs, endNs, rows: this.#rows(process) }));
    this.#last.set(this.#counts);
    return windows;
  }

  #rows(process: Process): AccessTruthWindow['rows'] {
    return process.space.regions.flatMap((region, r) =>
      process.threads.flatMap(({ id, cpu, firstCounter }) =>
        [0, 1].flatMap((write) => {
          const counter = firstCounter + 2 * r + write;
          const accesses = this.#counts[counter] - this.#last[counter];
          return accesses === 0
            ? []
            : [{ region: region.name, start: region.start, end: region.end, cpu, tid: id, isWrite: write === 1, accesses }];
        }),
      ),
    );
  }
}
