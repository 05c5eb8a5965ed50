import { setImmediate as breathe } from 'node:timers/promises';
import { BARRIER_WORDS, NS_PER_MS, NS_PER_US } from '@damonlab/base';
import { allocateChannel, type ChannelSizes, type CpuChannel, EpochSlot, openChannel } from '@damonlab/cpu';
import type { HintFaults } from '@damonlab/hint-faults';
import { type AddressSpace, allocateImage, checkTopology, Memory, openImage, type Reclaim } from '@damonlab/mm';
import { type HandoverRow, NO_TARGET, type RunCounters } from '@damonlab/record';
import { Bandwidth } from './bandwidth.js';
import { Charges } from './charges.js';
import { type HandoverRequest, type MachineConfig, watchesPhysical } from './config.js';
import { equipMemory, mappingsChanged } from './equip-memory.js';
import { createExecutor, type Executor, type ExecutorSpec } from './executor.js';
import { Kdamonds } from './kdamonds.js';
import type { MachineBuffers } from './lane.js';
import { LatencyLog } from './latency-log.js';
import type { MachineObserver } from './observer.js';
import { PhaseLog } from './phase-log.js';
import { createPolicies, type Policy } from './policies.js';
import { populate } from './populate.js';
import { buildProcesses, channelSizes, imageSizes, lruAddBatches, type Process } from './processes.js';
import { FaultResolver } from './resolve-faults.js';
import { Scheduler } from './scheduler.js';
import { createHintFaults, Sharing } from './sharing.js';
import { Shootdowns } from './shootdowns.js';
import { WindowLog } from './window-log.js';

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
  readonly #kdamonds: Kdamonds;
  readonly #shootdowns: Shootdowns;
  readonly #hintFaults: HintFaults | null;
  readonly #faults: FaultResolver;
  readonly #reclaim: Reclaim | null;
  readonly #bandwidth: Bandwidth | null;
  readonly #charges: Charges;
  readonly #scheduler: Scheduler;
  readonly #policies: readonly Policy[];
  readonly #sharing: Sharing;
  readonly #windows: WindowLog;
  readonly #latencies: LatencyLog | null;
  #nowNs = 0;

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
    this.#shootdowns = new Shootdowns(this.#channel, this.memory.image.pteFlags.length);
    const { topology } = config;
    const hintFaults = createHintFaults(config, this.memory, this.#shootdowns);
    this.#hintFaults = hintFaults;
    this.#bandwidth = Bandwidth.of(topology, this.#channel);
    this.#charges = new Charges(this.#channel, this.#sizes.nrCpus);
    this.#scheduler = new Scheduler(config, this.#channel, processes);
    const changed = mappingsChanged(this.#shootdowns, hintFaults);
    this.#reclaim = equipMemory(config, this.memory, processes, changed);
    this.#windows = new WindowLog({
      config,
      memory: this.memory,
      reclaim: this.#reclaim,
      processes,
      channel: this.#channel,
      sizes: this.#sizes,
      scheduler: this.#scheduler,
      observer: options.observer,
      check: options.check ?? false,
    });
    populate(this.memory, topology, processes);
    this.#reclaim?.takeStallNs();
    this.#channel.epoch[EpochSlot.arming] = this.#hintFaults === null ? 0 : 1;
    this.#latencies = config.latencyEvery === undefined ? null : new LatencyLog(config, this.#channel);
    this.#faults = new FaultResolver({
      channel: this.#channel,
      sizes: this.#sizes,
      memory: this.memory,
      processes,
      topology,
      hintFaults,
      charges: this.#charges,
      reclaim: this.#reclaim,
      hintFaultNs: config.cpu.hintFaultNs,
      latencies: this.#latencies,
      onSample: (seen, latencyNs) => this.#kdamonds.onSample(seen, latencyNs),
    });
    this.#policies = createPolicies(
      { config, memory: this.memory, processes, scheduler: this.#scheduler, shootdowns: this.#shootdowns },
      (rows) => options.observer.rows('dirty_pages', rows),
    );
    this.#kdamonds = new Kdamonds({
      config,
      memory: this.memory,
      processes,
      phases: this.#phases,
      channel: this.#channel,
      changed,
      hintFaults,
      onSnapshot: (snapshot, kdamond) => options.observer.snapshot(snapshot, kdamond),
      onAttribution: (window, kdamond) => options.observer.attribution(window, kdamond),
      onRows: (table, rows, kdamond) => options.observer.rows(table, rows, kdamond),
      policies: this.#policies,
      check: options.check ?? false,
    });
    this.#sharing = new Sharing({
      config,
      memory: this.memory,
      processes,
      channel: this.#channel,
      scheduler: this.#scheduler,
      charges: this.#charges,
      hintFaults,
      damon: this.#kdamonds.faultUser,
      alive: () => processes.filter((_, p) => this.#phases.alive(p)).map((process) => process.space),
      onRows: (table, rows) => options.observer.rows(table, rows),
    });
    this.#channel.epoch[EpochSlot.generation] = this.memory.generation;
  }

  /**
   * Control plane: a hand-over of the hinting faults as soon as the running epoch has ended.
   * Rejects with a UserError (EBUSY names the owner) where the sharing rule forbids it.
   */
  handOver(request: Omit<HandoverRequest, 'atNs'>): Promise<HandoverRow> {
    return this.#sharing.request(request);
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
    try {
      return new Machine(config, options, processes, buffers, executor);
    } catch (error) {
      await executor.close();
      throw error;
    }
  }

  /** Threads that carry CPUs, for diagnosis. */
  get workers(): Executor['workers'] {
    return this.#executor.workers;
  }

  /** Run to the end of the workloads (or of `durationNs`). @throws RunError when memory is full or a worker dies. */
  async run(options: RunOptions = {}): Promise<RunOutcome> {
    let breathedMs = performance.now();
    this.#kdamonds.wake(0);
    while (!this.#finished()) {
      if (options.signal?.aborted === true) {
        this.#end();
        return { state: 'interrupted', virtualNs: this.#nowNs };
      }
      await this.#epoch();
      if (performance.now() - breathedMs < BREATHE_EVERY_MS) continue;
      options.onProgress?.(this.#progress());
      await breathe();
      breathedMs = performance.now();
    }
    this.#end();
    return { state: 'complete', virtualNs: this.#nowNs };
  }

  #end(): void {
    this.#windows.end(this.#nowNs, this.#sharing);
    this.#sharing.finish();
    this.#phases.finish(this.#nowNs);
    if (this.#latencies !== null) this.#options.observer.rows('latency', this.#latencies.rows());
  }

  /** Totals of the run, under the kernel's names where the kernel has one. */
  runCounters(): RunCounters {
    const { numa } = this.#sharing;
    return {
      ...this.#windows.totals(),
      ...this.memory.counters,
      ...this.#reclaim?.counters,
      ...this.#bandwidth?.counters(),
      ...(this.#reclaim === null ? {} : { psi_mem_some_us: Math.floor(this.#reclaim.pressure.someNs / NS_PER_US) }),
      ...this.#kdamonds.counters(),
      ...(this.#config.sched.policy === 'fixed' && numa === null ? {} : { sched_moves: this.#scheduler.moves }),
      ...this.#sharing.counters(),
      ...Object.fromEntries(this.#policies.flatMap((policy) => Object.entries(policy.counters?.() ?? {}))),
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
    return dead && this.#kdamonds.nextNs === Number.POSITIVE_INFINITY;
  }

  #progress(): MachineProgress {
    const { durationNs } = this.#config;
    const longest = Math.max(0, ...this.#processes.map((process) => process.workload.durationNs));
    // Idle memory is watched too, so there the duration is the end.
    const capped = watchesPhysical(this.#config) ? durationNs : Math.min(durationNs, longest);
    return {
      virtualNs: this.#nowNs,
      durationNs: durationNs > 0 ? capped : longest,
      nrRegions: this.#kdamonds.nrRegions,
    };
  }

  async #epoch(): Promise<void> {
    const startNs = this.#nowNs;
    const endNs = this.#epochEnd();
    this.#channel.epoch[EpochSlot.startNs] = startNs;
    this.#channel.epoch[EpochSlot.endNs] = endNs;
    this.#channel.epoch[EpochSlot.sampling] = this.#kdamonds.sampling ? 1 : 0;
    this.#executor.startEpoch();
    while (!this.#executor.awaitEpoch(BREATHE_EVERY_MS)) await breathe();
    this.#nowNs = endNs;
    this.#shootdowns.clear();
    this.#faults.resolve(startNs);
    this.#reclaim?.kswapd(endNs, endNs - startNs);
    this.#bandwidth?.epoch(endNs - startNs);
    for (const p of this.#phases.drain(this.#channel, this.#sizes, startNs)) this.#exit(this.#processes[p].space);
    this.#scheduler.at(endNs);
    this.#events();
    this.#charges.settle();
    this.#channel.epoch[EpochSlot.generation] = this.memory.generation;
  }

  #exit(space: AddressSpace): void {
    this.#hintFaults?.forget(space);
    this.memory.exit(space);
  }

  #epochEnd(): number {
    const { epochMaxNs, durationNs } = this.#config;
    const wakeNs = this.#kdamonds.none ? this.#windows.startNs + UNWATCHED_WINDOW_NS : this.#kdamonds.nextNs;
    const nextNs = Math.min(wakeNs, this.#scheduler.nextNs, this.#sharing.nextNs);
    const endNs = Math.min(this.#nowNs + epochMaxNs, Math.max(nextNs, this.#nowNs + 1));
    return durationNs > 0 ? Math.min(endNs, durationNs) : endNs;
  }

  /** What is due now: hand-overs, the scheduler and its ticks, then the kdamonds. */
  #events(): void {
    const nowNs = this.#nowNs;
    this.#sharing.handOvers(nowNs);
    if (nowNs >= this.#scheduler.nextNs) this.#scheduler.run();
    this.#sharing.tick(nowNs);
    const cut = this.#kdamonds.none ? nowNs - this.#windows.startNs >= UNWATCHED_WINDOW_NS : this.#kdamonds.wake(nowNs);
    if (cut) this.#windows.end(nowNs, this.#sharing);
  }
}
