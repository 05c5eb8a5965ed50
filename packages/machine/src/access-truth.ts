import type { CpuChannel } from '@damonlab/cpu';
import type { PlacedRegion } from '@damonlab/mm';
import type { AccessTruthRow, AccessTruthWindow } from '@damonlab/record';
import type { Process, ProcessThread } from './processes.js';
import { nameInMachine } from './workload-regions.js';

/** Cuts the true counts of accesses by thread, region and read/write into windows. */
export class AccessTruth {
  readonly #processes: readonly Process[];
  readonly #physical: boolean;
  readonly #counts: Float64Array;
  readonly #last: Float64Array;
  readonly #cpus: Int32Array;
  /** By process: what threads did in this window before they moved. */
  readonly #moved: AccessTruthRow[][];

  /** `physical`: all processes are of one target, and regions are told apart by the process's name. */
  constructor(processes: readonly Process[], channel: CpuChannel, physical: boolean) {
    this.#processes = processes;
    this.#physical = physical;
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
        this.#moved[p].push(...this.#take(process, leaving, region, r));
      });
    });
  }

  /** What each process's threads did since the last window, by data region. Rows without accesses are left out. */
  window(startNs: number, endNs: number): AccessTruthWindow[] {
    const rows = this.#processes.map((process, p) => {
      const ofProcess = this.#moved[p].splice(0);
      process.space.regions.forEach((region, r) => {
        for (const thread of process.threads) ofProcess.push(...this.#take(process, thread, region, r));
      });
      return ofProcess;
    });
    const targets = this.#physical ? [rows.flat()] : rows;
    return targets.map((ofTarget, targetId) => ({ targetId, startNs, endNs, rows: ofTarget }));
  }

  /** What a thread did in a region since it was last asked, reads and writes. */
  #take(process: Process, { id, firstCounter }: ProcessThread, region: PlacedRegion, r: number): AccessTruthRow[] {
    const rows: AccessTruthRow[] = [];
    for (const write of [0, 1]) {
      const counter = firstCounter + 2 * r + write;
      const accesses = this.#counts[counter] - this.#last[counter];
      if (accesses === 0) continue;
      this.#last[counter] = this.#counts[counter];
      const { start, end } = region;
      const name = this.#physical ? nameInMachine(process, region.name) : region.name;
      rows.push({ region: name, start, end, cpu: this.#cpus[id], tid: id, isWrite: write === 1, accesses });
    }
    return rows;
  }
}
