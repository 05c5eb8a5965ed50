import type { ChannelSizes, CpuChannel } from '@damonlab/cpu';
import type { Memory, Reclaim } from '@damonlab/mm';
import { AccessTruth } from './access-truth.js';
import { checkMemory } from './check-memory.js';
import { checkReclaim } from './check-reclaim.js';
import { type MachineConfig, watchesPhysical } from './config.js';
import { CounterLog } from './counter-log.js';
import type { FaultSample } from './fault-sample.js';
import { MoveLog } from './move-log.js';
import { NodeLog } from './node-log.js';
import type { MachineObserver } from './observer.js';
import { takePageTruth } from './page-truth.js';
import type { Process } from './processes.js';
import type { Scheduler } from './scheduler.js';
import type { Sharing } from './sharing.js';
import { PlacementLog, processRows, ThreadLog, vmstatRows } from './window-tables.js';

export interface WindowLogParts {
  readonly config: MachineConfig;
  readonly memory: Memory;
  /** Null: memory is never reclaimed. */
  readonly reclaim: Reclaim | null;
  readonly processes: readonly Process[];
  readonly channel: CpuChannel;
  readonly sizes: ChannelSizes;
  readonly scheduler: Scheduler;
  readonly observer: MachineObserver;
  /** Assert the invariants of the memory at the end of each window. */
  readonly check: boolean;
  /** What time it is, ns; null: nobody can tell when a page moves (wall time). */
  readonly nowNs: (() => number) | null;
}

/** Cuts the run into windows, and tells of each what was really touched, what the CPUs did, and where pages and threads are. */
export class WindowLog {
  /** When the window at hand began, ns. */
  startNs = 0;
  readonly #parts: WindowLogParts;
  readonly #accessTruth: AccessTruth;
  readonly #counters: CounterLog;
  readonly #placement: PlacementLog;
  readonly #threads: ThreadLog;
  /** Null: pages have nowhere to go, or nobody sees them go. */
  readonly #moves: MoveLog | null;
  readonly #nodes: NodeLog;

  constructor(parts: WindowLogParts) {
    const { config, memory, processes, channel, sizes, scheduler, nowNs } = parts;
    const nrNodes = config.topology.nodes.length;
    this.#parts = parts;
    this.#accessTruth = new AccessTruth(processes, channel, watchesPhysical(config));
    this.#counters = new CounterLog(channel, sizes.nrCpus);
    this.#placement = new PlacementLog(memory, processes, nrNodes);
    this.#moves = nrNodes === 1 || nowNs === null ? null : new MoveLog({ memory, processes, nrNodes, nowNs });
    this.#threads = new ThreadLog(processes, channel);
    this.#nodes = new NodeLog(memory, channel, nrNodes, this.#moves);
    scheduler.onMove((thread) => this.#accessTruth.leave(thread));
  }

  /** The window at hand ends now, unless it has just begun. */
  end(endNs: number, sharing: Sharing, faults: FaultSample): void {
    const { startNs } = this;
    if (endNs === startNs) return;
    this.startNs = endNs;
    const { config, memory, reclaim, processes, observer, check } = this.#parts;
    this.#moves?.endWindow(startNs, endNs);
    if (config.truth) {
      if (config.topology.nodes.length > 1) observer.rows('touched_pages', this.#placement.touched(startNs, endNs));
      for (const touched of takePageTruth(config, memory.image, processes)) observer.truth({ ...touched, startNs, endNs });
      for (const window of this.#accessTruth.window(startNs, endNs)) observer.accessTruth(window);
    }
    for (const counters of this.#counters.window(startNs, endNs)) observer.cpuCounters(counters);
    this.#tables(startNs, endNs, sharing);
    observer.rows('faults', faults.take());
    if (check) checkMemory(memory, config.topology);
    if (check && reclaim !== null) checkReclaim(reclaim, memory, processes);
  }

  /** The tables of machines with several nodes, users of hinting faults, reclaim, or threads that move. */
  #tables(startNs: number, endNs: number, sharing: Sharing): void {
    const { config, memory, reclaim, processes, observer } = this.#parts;
    const { numa } = sharing;
    if (config.topology.nodes.length > 1) {
      observer.rows('placement', this.#placement.window(startNs, endNs));
      observer.rows('migrations', this.#nodes.migrations(startNs, endNs));
    }
    observer.rows('node_load', this.#nodes.load(startNs, endNs));
    sharing.endWindow(startNs, endNs);
    if (numa !== null || reclaim !== null) {
      observer.rows(
        'vmstat',
        vmstatRows(endNs, { ...memory.counters, ...reclaim?.counters, ...reclaim?.memcgCounters(), ...numa?.nb.vmstat }),
      );
    }
    if (reclaim !== null) observer.rows('processes', processRows(startNs, endNs, memory, reclaim, processes));
    if (numa !== null || config.sched.policy !== 'fixed') observer.rows('threads', this.#threads.window(startNs, endNs, numa));
  }

  /** What all CPUs did since the start. */
  totals(): Record<string, number> {
    return this.#counters.totals();
  }
}
