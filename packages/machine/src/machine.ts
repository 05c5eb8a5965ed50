import { setImmediate as breathe } from 'node:timers/promises';
import { BARRIER_WORDS, NS_PER_MS } from '@damonlab/base';
import { allocateChannel, type ChannelSizes, type CpuChannel, EpochSlot, openChannel } from '@damonlab/cpu';
import { HintFaults } from '@damonlab/hint-faults';
import { type AddressSpace, allocateImage, checkTopology, Memory, openImage } from '@damonlab/mm';
import {
  type AccessTruthWindow,
  type AttributionWindow,
  type CpuCounters,
  NO_TARGET,
  type PhaseRecord,
  type RunCounters,
  type Snapshot,
  type TruthWindow,
} from '@damonlab/record';
import { AccessTruth } from './access-truth.js';
import { checkMemory } from './check-memory.js';
import { type MachineConfig, watchesPhysical } from './config.js';
import { CounterLog } from './counter-log.js';
import { createExecutor, type Executor, type ExecutorSpec } from './executor.js';
import { KdamondHost } from './kdamond-host.js';
import type { MachineBuffers } from './lane.js';
import { takePageTruth } from './page-truth.js';
import { PhaseLog } from './phase-log.js';
import { buildProcesses, channelSizes, imageSizes, lruAddBatches, type Process } from './processes.js';
import { FaultResolver } from './resolve-faults.js';
import { Shootdowns } from './shootdowns.js';

/** Who wants to see what the machine does. Called by the coordinator, in virtual-time order. */
export interface MachineObserver {
  snapshot(snapshot: Snapshot): void;
  truth(window: TruthWindow): void;
  phase(phase: PhaseRecord): void;
  cpuCounters(counters: CpuCounters): void;
  /** Who made the accesses that DAMON saw; only with a primitive that knows. */
  attribution(window: AttributionWindow): void;
  /** Who really made how many accesses to which region; with `truth`. */
  accessTruth(window: AccessTruthWindow): void;
}

export interface MachineOptions {
  readonly executor: ExecutorSpec;
  readonly observer: MachineObserver;
  /** Assert invariants of regions and memory at every aggregation. */
  readonly check?: boolean;
}

export interface MachineProgress {
  readonly virtualNs: number;
  /** Expected end, Infinity if it is not known. */
  readonly durationNs: number;
  readonly nrRegions: number;
}

export interface RunOptions {
  /** Called about 30 times a second of real time. */
  readonly onProgress?: (progress: MachineProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RunOutcome {
  /** `interrupted`: the signal came first. */
  readonly state: 'complete' | 'interrupted';
  readonly virtualNs: number;
}

/** Without a monitor, counters and truth are still cut into windows of this length. */
const UNWATCHED_WINDOW_NS = 100 * NS_PER_MS;
/** Let the event loop run (signals, progress, deaths of workers) this often, ms of real time. */
const BREATHE_EVERY_MS = 30;

/**
 * A whole simulated machine. The calling thread is the coordinator: it releases the CPUs epoch by epoch, each up to the next
 * event (at most `epochMaxNs`), and between epochs does, in virtual-time order, everything whose result depends on order.
 */
export class Machine {
  readonly memory: Memory;
  readonly #config: MachineConfig;
  readonly #options: MachineOptions;
  readonly #processes: readonly Process[];
  readonly #sizes: ChannelSizes;
  readonly #channel: CpuChannel;
  readonly #executor: Executor;
  readonly #phases: PhaseLog;
  readonly #kdamond: KdamondHost | null;
  readonly #shootdowns: Shootdowns;
  readonly #hintFaults: HintFaults | null;
  readonly #faults: FaultResolver;
  readonly #accessTruth: AccessTruth;
  readonly #counters: CounterLog;
  #nowNs = 0;
  #windowStartNs = 0;

  private constructor(config: MachineConfig, options: MachineOptions, processes: Process[], buffers: MachineBuffers, executor: Executor) {
    this.#config = config;
    this.#options = options;
    this.#processes = processes;
    this.#sizes = channelSizes(config, processes);
    this.#channel = openChannel(buffers.channel, this.#sizes);
    this.#executor = executor;
    this.memory = new Memory(config.topology, openImage(buffers.image, imageSizes(config, processes)), config.thp, lruAddBatches(config));
    const ofTarget = watchesPhysical(config) ? { targetId: NO_TARGET } : {};
    this.#phases = new PhaseLog(processes, (phase) => options.observer.phase({ ...phase, ...ofTarget }));
    this.#counters = new CounterLog(this.#channel, this.#sizes.nrCpus);
    this.#shootdowns = new Shootdowns(this.#channel, this.memory.image.pteFlags.length);
    const hintFaults = usesHintFaults(config) ? new HintFaults(this.memory, this.#shootdowns, config.sharing) : null;
    this.#hintFaults = hintFaults;
    const { topology } = config;
    this.#channel.epoch[EpochSlot.arming] = this.#hintFaults === null ? 0 : 1;
    this.#faults = new FaultResolver({ channel: this.#channel, sizes: this.#sizes, memory: this.memory, processes, topology, hintFaults });
    this.#accessTruth = new AccessTruth(processes, this.#channel, watchesPhysical(config));
    this.#kdamond =
      config.monitor === null
        ? null
        : new KdamondHost({
            config,
            monitor: config.monitor,
            memory: this.memory,
            processes,
            phases: this.#phases,
            channel: this.#channel,
            hintFaults,
            onSnapshot: (snapshot) => options.observer.snapshot(snapshot),
            onAttribution: (window) => options.observer.attribution(window),
            check: options.check ?? false,
          });
  }

  /**
   * Build the machine and bring up its CPUs.
   * @throws UserError for an impossible configuration, RunError when a worker cannot start.
   */
  static async create(config: MachineConfig, options: MachineOptions): Promise<Machine> {
    checkTopology(config.topology);
    const processes = buildProcesses(config);
    const buffers = {
      image: allocateImage(imageSizes(config, processes)),
      channel: allocateChannel(channelSizes(config, processes)),
      barrier: new SharedArrayBuffer(BARRIER_WORDS * Int32Array.BYTES_PER_ELEMENT),
    };
    const executor = await createExecutor(options.executor, config, buffers, processes);
    return new Machine(config, options, processes, buffers, executor);
  }

  /** Threads that carry CPUs, for diagnosis. */
  get workers(): Executor['workers'] {
    return this.#executor.workers;
  }

  /** Run to the end of the workloads (or of `durationNs`). @throws RunError when memory is full or a worker dies. */
  async run(options: RunOptions = {}): Promise<RunOutcome> {
    let breathedMs = performance.now();
    if (this.#kdamond?.wakeNs === 0) this.#kdamond.wake(0);
    while (!this.#finished()) {
      if (options.signal?.aborted === true) {
        this.#phases.finish(this.#nowNs);
        return { state: 'interrupted', virtualNs: this.#nowNs };
      }
      await this.#epoch();
      if (performance.now() - breathedMs < BREATHE_EVERY_MS) continue;
      options.onProgress?.(this.#progress());
      await breathe();
      breathedMs = performance.now();
    }
    this.#endWindow();
    this.#phases.finish(this.#nowNs);
    return { state: 'complete', virtualNs: this.#nowNs };
  }

  /** Totals of the run, under the kernel's names where the kernel has one. */
  runCounters(): RunCounters {
    const kdamond = this.#kdamond?.counters ?? { samples: 0, aggregations: 0, workNs: 0 };
    return {
      ...this.#counters.totals(),
      ...this.memory.counters,
      nr_samples: kdamond.samples,
      nr_aggregations: kdamond.aggregations,
      kdamond_ns: kdamond.workNs,
      kdamond_ns_per_sample: kdamond.samples === 0 ? 0 : kdamond.workNs / kdamond.samples,
      ...this.#kdamond?.faultCounters,
      virtual_ns: this.#nowNs,
    };
  }

  async close(): Promise<void> {
    await this.#executor.close();
  }

  #finished(): boolean {
    const { durationNs } = this.#config;
    if (durationNs > 0 && this.#nowNs >= durationNs) return true;
    const dead = this.#processes.every((_, p) => !this.#phases.alive(p));
    return dead && (this.#kdamond === null || this.#kdamond.wakeNs === Number.POSITIVE_INFINITY);
  }

  #progress(): MachineProgress {
    const { durationNs } = this.#config;
    const longest = Math.max(0, ...this.#processes.map((process) => process.workload.durationNs));
    // Idle memory is watched too, so there the duration is the end.
    const capped = watchesPhysical(this.#config) ? durationNs : Math.min(durationNs, longest);
    return {
      virtualNs: this.#nowNs,
      durationNs: durationNs > 0 ? capped : longest,
      nrRegions: this.#kdamond?.nrRegions ?? 0,
    };
  }

  async #epoch(): Promise<void> {
    const startNs = this.#nowNs;
    const endNs = this.#epochEnd();
    this.#channel.epoch[EpochSlot.startNs] = startNs;
    this.#channel.epoch[EpochSlot.endNs] = endNs;
    this.#executor.startEpoch();
    while (!this.#executor.awaitEpoch(BREATHE_EVERY_MS)) await breathe();
    this.#nowNs = endNs;
    this.#shootdowns.clear();
    this.#faults.resolve(startNs);
    for (const p of this.#phases.drain(this.#channel, this.#sizes, startNs)) this.#exit(this.#processes[p].space);
    this.#channel.epoch[EpochSlot.generation] = this.memory.generation;
    this.#events();
  }

  #exit(space: AddressSpace): void {
    this.#hintFaults?.forget(space);
    this.memory.exit(space);
  }

  #epochEnd(): number {
    const { epochMaxNs, durationNs } = this.#config;
    const wakeNs = this.#kdamond === null ? this.#windowStartNs + UNWATCHED_WINDOW_NS : this.#kdamond.wakeNs;
    const endNs = Math.min(this.#nowNs + epochMaxNs, Math.max(wakeNs, this.#nowNs + 1));
    return durationNs > 0 ? Math.min(endNs, durationNs) : endNs;
  }

  #events(): void {
    if (this.#kdamond === null) {
      if (this.#nowNs - this.#windowStartNs >= UNWATCHED_WINDOW_NS) this.#endWindow();
    } else if (this.#nowNs >= this.#kdamond.wakeNs) {
      const begins = !this.#kdamond.started;
      this.#kdamond.wake(this.#nowNs);
      if (begins || this.#kdamond.aggregated) this.#endWindow();
    }
  }

  /** An aggregation window is over: what was really touched, and what the CPUs did. */
  #endWindow(): void {
    const startNs = this.#windowStartNs;
    const endNs = this.#nowNs;
    if (endNs === startNs) return;
    this.#windowStartNs = endNs;
    const { observer, check } = this.#options;
    if (this.#config.truth) {
      for (const touched of takePageTruth(this.#config, this.memory.image, this.#processes)) observer.truth({ ...touched, startNs, endNs });
      for (const window of this.#accessTruth.window(startNs, endNs)) observer.accessTruth(window);
    }
    for (const counters of this.#counters.window(startNs, endNs)) observer.cpuCounters(counters);
    if (check === true) checkMemory(this.memory, this.#config.topology);
  }
}

function usesHintFaults(config: MachineConfig): boolean {
  return config.monitor?.sample.primitive === 'page_fault';
}
