import type { CpuChannel } from '@damonlab/cpu';
import type { PlacedRegion } from '@damonlab/mm';
import type { AccessTruthRow, AccessTruthWindow } from '@damonlab/record';
import type { Process, ProcessThread } from './processes.js';

/** Cuts the true counts of accesses by thread, region and read/write into windows. */
export class AccessTruth {
  readonly #processes: readonly Process[];
  readonly #counts: Float64Array;
  readonly #last: Float64Array;
  readonly #cpus: Int32Array;
  /** By process: what threads did in this window before they moved. */
  readonly #moved: AccessTruthRow[][];

  constructor(processes: readonly Process[], channel: CpuChannel) {
    this.#processes = processes;
    this.#counts = channel.regionAccesses;
    this.#last = new Float64Array(channel.regionAccesses.length);
    this.#cpus = channel.threadCpu;
    this.#moved = processes.map(() => []);
  }

  /** `thread` is about to leave its CPU: what it has done until now it did there. */
  leave(thread: number): void {
    this.#processes.forEach((process, p) => {
      const leaving = process.threads.find(({ id }) => id === thread);
      if (leaving === undefined) return;
      process.space.regions.forEach((region, r) => {
        this.#moved[p].push(...this.#take(leaving, region, r));
      });
    });
  }

  /** What each process's threads did since the last window, by data region. Rows without accesses are left out. */
  window(startNs: number, endNs: number): AccessTruthWindow[] {
    return this.#processes.map((process, targetId) => {
      const rows = this.#moved[targetId].splice(0);
      process.space.regions.forEach((region, r) => {
        for (const thread of process.threads) rows.push(...this.#take(thread, region, r));
      });
      return { targetId, startNs, endNs, rows };
    });
  }

  /** What a thread did in a region since it was last asked, reads and writes. */
  #take({ id, firstCounter }: ProcessThread, region: PlacedRegion, r: number): AccessTruthRow[] {
    const rows: AccessTruthRow[] = [];
    for (const write of [0, 1]) {
      const counter = firstCounter + 2 * r + write;
      const accesses = this.#counts[counter] - this.#last[counter];
      if (accesses === 0) continue;
      this.#last[counter] = this.#counts[counter];
      const { name, start, end } = region;
      rows.push({ region: name, start, end, cpu: this.#cpus[id], tid: id, isWrite: write === 1, accesses });
    }
    return rows;
  }
}
