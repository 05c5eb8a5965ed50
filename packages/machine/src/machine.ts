import { setImmediate as breathe } from 'node:timers/promises';
import { BARRIER_WORDS, NS_PER_MS, NS_PER_SEC, NS_PER_US, UserError } from '@damonlab/base';
import { allocateChannel, type ChannelSizes, type CpuChannel, EpochSlot, openChannel } from '@damonlab/cpu';
import { HintFaults } from '@damonlab/hint-faults';
import { type AddressSpace, allocateImage, checkTopology, Memory, openImage, type Reclaim } from '@damonlab/mm';
import {
  type AccessTruthWindow,
  type AttributionWindow,
  type CpuCounters,
  type HandoverRow,
  NO_TARGET,
  type PhaseRecord,
  type RunCounters,
  type RunTables,
  type Snapshot,
  type TableName,
  type TruthWindow,
} from '@damonlab/record';
import { AccessTruth } from './access-truth.js';
import { Arbiter, type FaultUser } from './arbiter.js';
import { Bandwidth } from './bandwidth.js';
import { Charges } from './charges.js';
import { checkMemory } from './check-memory.js';
import { type FaultUserName, type HandoverRequest, type MachineConfig, watchesPhysical } from './config.js';
import { CounterLog } from './counter-log.js';
import { equipMemory, mappingsChanged } from './equip-memory.js';
import { createExecutor, type Executor, type ExecutorSpec } from './executor.js';
import { KdamondHost } from './kdamond-host.js';
import type { MachineBuffers } from './lane.js';
import { LatencyLog } from './latency-log.js';
import { NumaHost } from './numa-host.js';
import { takePageTruth } from './page-truth.js';
import { PhaseLog } from './phase-log.js';
import { createPolicies, type Policy } from './policies.js';
import { populate } from './populate.js';
import { buildProcesses, channelSizes, imageSizes, lruAddBatches, type Process } from './processes.js';
import { FaultResolver } from './resolve-faults.js';
import { Scheduler } from './scheduler.js';
import { Shootdowns } from './shootdowns.js';
import { PlacementLog, sharingRows, ThreadLog, vmstatRows } from './window-tables.js';

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
  /** Rows of the tables that only some machines have something to say in. */
  rows<Name extends TableName>(table: Name, rows: readonly RunTables[Name][]): void;
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
  readonly #reclaim: Reclaim | null;
  readonly #bandwidth: Bandwidth | null;
  readonly #accessTruth: AccessTruth;
  readonly #counters: CounterLog;
  readonly #charges: Charges;
  readonly #scheduler: Scheduler;
  readonly #numa: NumaHost | null;
  readonly #policies: readonly Policy[];
  readonly #users = new Map<FaultUserName, FaultUser>();
  readonly #arbiter: Arbiter | null;
  readonly #placement: PlacementLog;
  readonly #threads: ThreadLog;
  readonly #latencies: LatencyLog | null;
  readonly #requests: ((nowNs: number) => void)[] = [];
  /** When the next timer tick is, ns; Infinity: nobody needs ticks. */
  #tickNs: number;
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
    const { sharing, topology } = config;
    const hintFaults = usesHintFaults(config)
      ? new HintFaults(this.memory, this.#shootdowns, sharing.strategy, sharing.uninstallEvery)
      : null;
    this.#hintFaults = hintFaults;
    this.#bandwidth = Bandwidth.of(topology, this.#channel);
    this.#charges = new Charges(this.#channel, this.#sizes.nrCpus);
    this.#scheduler = new Scheduler(config, this.#channel, processes);
    this.#scheduler.onMove((thread) => this.#accessTruth.leave(thread));
    this.#placement = new PlacementLog(this.memory, processes, topology.nodes.length);
    this.#threads = new ThreadLog(processes, this.#channel);
    const changed = mappingsChanged(this.#shootdowns, hintFaults);
    this.#reclaim = equipMemory(config, this.memory, processes, changed);
    populate(this.memory, topology, processes);
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
      onSample: (seen, latencyNs) => this.#kdamond?.onSample(seen, latencyNs),
    });
    this.#policies = createPolicies(
      { config, memory: this.memory, processes, scheduler: this.#scheduler, shootdowns: this.#shootdowns },
      (rows) => options.observer.rows('dirty_pages', rows),
    );
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
            changed,
            hintFaults,
            onSnapshot: (snapshot) => options.observer.snapshot(snapshot),
            onAttribution: (window) => options.observer.attribution(window),
            onRows: (table, rows) => options.observer.rows(table, rows),
            policies: this.#policies,
            check: options.check ?? false,
          });
    this.#numa = this.#createNuma(hintFaults);
    this.#tickNs = this.#numa === null ? Number.POSITIVE_INFINITY : this.#tickLengthNs;
    this.#arbiter = hintFaults === null ? null : this.#createArbiter(hintFaults);
    this.#channel.epoch[EpochSlot.generation] = this.memory.generation;
  }

  get #tickLengthNs(): number {
    return Math.round(NS_PER_SEC / this.#config.sched.hz);
  }

  #createNuma(hintFaults: HintFaults | null): NumaHost | null {
    const settings = this.#config.numaBalancing;
    if (hintFaults === null || settings === null) return null;
    return new NumaHost({
      config: this.#config,
      settings,
      memory: this.memory,
      processes: this.#processes,
      channel: this.#channel,
      hintFaults,
      scheduler: this.#scheduler,
      charges: this.#charges,
      onPass: (pass) => this.#options.observer.rows('scan_passes', [pass]),
    });
  }

  #createArbiter(hintFaults: HintFaults): Arbiter {
    const numa = this.#numa;
    const damon = this.#kdamond?.faultUser;
    if (damon !== undefined) this.#users.set('damon', damon);
    if (numa !== null) {
      this.#users.set('numa_balancing', { id: numa.user, setOn: (on, nowNs) => numa.setOn(on, nowNs), armed: () => undefined });
    }
    const alive = () => this.#processes.filter((_, p) => this.#phases.alive(p)).map((process) => process.space);
    return new Arbiter(this.#config.sharing, hintFaults, this.#users, alive, (row) => this.#options.observer.rows('handovers', [row]));
  }

  /**
   * Control plane: a hand-over of the hinting faults as soon as the running epoch has ended.
   * Rejects with a UserError (EBUSY names the owner) where the sharing rule forbids it.
   */
  handOver(request: Omit<HandoverRequest, 'atNs'>): Promise<HandoverRow> {
    return new Promise((resolve, reject) => {
      this.#requests.push((nowNs) => {
        try {
          if (this.#arbiter === null) throw new UserError('nobody uses hinting faults in this machine', { where: 'hand-over' });
          resolve(this.#arbiter.handOver(request, nowNs));
        } catch (error) {
          reject(error);
        }
      });
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
    if (this.#kdamond?.wakeNs === 0) this.#kdamond.wake(0);
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
    this.#endWindow();
    this.#arbiter?.finish();
    this.#phases.finish(this.#nowNs);
    if (this.#latencies !== null) this.#options.observer.rows('latency', this.#latencies.rows());
  }

  /** Totals of the run, under the kernel's names where the kernel has one. */
  runCounters(): RunCounters {
    const kdamond = this.#kdamond?.counters ?? { samples: 0, aggregations: 0, workNs: 0 };
    return {
      ...this.#counters.totals(),
      ...this.memory.counters,
      ...this.#reclaim?.counters,
      ...this.#bandwidth?.counters(),
      ...(this.#reclaim === null ? {} : { psi_mem_some_us: Math.floor(this.#reclaim.pressure.someNs / NS_PER_US) }),
      nr_samples: kdamond.samples,
      nr_aggregations: kdamond.aggregations,
      kdamond_ns: kdamond.workNs,
      kdamond_ns_per_sample: kdamond.samples === 0 ? 0 : kdamond.workNs / kdamond.samples,
      ...this.#kdamond?.reportCounters,
      ...this.#numaCounters(),
      ...Object.fromEntries(this.#policies.flatMap((policy) => Object.entries(policy.counters?.() ?? {}))),
      virtual_ns: this.#nowNs,
    };
  }

  #numaCounters(): Record<string, number> {
    const numa = this.#numa;
    const moves = this.#config.sched.policy === 'fixed' && numa === null ? {} : { sched_moves: this.#scheduler.moves };
    if (numa === null || this.#hintFaults === null) return moves;
    const own = Object.entries(this.#hintFaults.counters(numa.user)).map(([name, count]) => [`numab_${name}`, count]);
    const skipped = Object.entries(numa.nb.skipped).map(([name, count]) => [`numa_skip_${name}`, count]);
    return { ...moves, ...numa.nb.vmstat, ...Object.fromEntries([...own, ...skipped]), orphans: this.#hintFaults.orphans };
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
    this.#channel.epoch[EpochSlot.sampling] = this.#kdamond?.sampling === true ? 1 : 0;
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
    const wakeNs = this.#kdamond === null ? this.#windowStartNs + UNWATCHED_WINDOW_NS : this.#kdamond.wakeNs;
    const nextNs = Math.min(wakeNs, this.#tickNs, this.#scheduler.nextNs, this.#arbiter?.nextNs ?? Number.POSITIVE_INFINITY);
    const endNs = Math.min(this.#nowNs + epochMaxNs, Math.max(nextNs, this.#nowNs + 1));
    return durationNs > 0 ? Math.min(endNs, durationNs) : endNs;
  }

  /** What is due now: hand-overs, the scheduler and its ticks, then the kdamond. */
  #events(): void {
    const nowNs = this.#nowNs;
    for (const request of this.#requests.splice(0)) request(nowNs);
    if (this.#arbiter !== null && nowNs >= this.#arbiter.nextNs) this.#arbiter.run(nowNs);
    this.#arbiter?.watch(nowNs);
    if (nowNs >= this.#scheduler.nextNs) this.#scheduler.run();
    if (nowNs >= this.#tickNs) {
      this.#numa?.tick(nowNs);
      this.#tickNs += this.#tickLengthNs;
    }
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
    this.#tables(startNs, endNs);
    if (check === true) checkMemory(this.memory, this.#config.topology);
  }

  /** The tables of machines with several nodes, users of hinting faults, or threads that move. */
  #tables(startNs: number, endNs: number): void {
    const { observer } = this.#options;
    const { topology, sched } = this.#config;
    if (topology.nodes.length > 1) observer.rows('placement', this.#placement.window(startNs, endNs));
    if (this.#hintFaults !== null) observer.rows('sharing', sharingRows(startNs, endNs, this.#hintFaults, this.#users));
    if (this.#numa !== null || this.#reclaim !== null) {
      observer.rows('vmstat', vmstatRows(endNs, { ...this.memory.counters, ...this.#reclaim?.counters, ...this.#numa?.nb.vmstat }));
    }
    if (this.#numa !== null || sched.policy !== 'fixed') observer.rows('threads', this.#threads.window(startNs, endNs, this.#numa));
  }
}

function usesHintFaults(config: MachineConfig): boolean {
  return config.numaBalancing !== null || config.monitor?.sample.primitive === 'page_fault';
}
