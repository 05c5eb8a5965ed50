import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import { NS_PER_MS } from '@damonlab/base';
import { type AddressSpace, checkTopology, type Memory } from '@damonlab/mm';
import { type HandoverRow, NO_TARGET, type RunCounters } from '@damonlab/record';
import { checkFaults } from './check-faults.js';
import { checkMemory } from './check-memory.js';
import { checkReclaim } from './check-reclaim.js';
import { type HandoverRequest, type MachineConfig, watchesPhysical } from './config.js';
import type { AttrsChange, CommitRecord, ControlRecord, MachineStatus, RegionsNow } from './control.js';
import { givePolicies } from './equip-memory.js';
import type { ExecutorSpec } from './executor.js';
import { FaultSample } from './fault-sample.js';
import { Kdamonds } from './kdamonds.js';
import { LatencyLog } from './latency-log.js';
import { MadviseCalls } from './madvise-calls.js';
import type { MachineObserver } from './observer.js';
import { PhaseLog } from './phase-log.js';
import { createPolicies, type Policy } from './policies.js';
import { populate } from './populate.js';
import { buildProcesses, channelSizes, type Process } from './processes.js';
import { Scheduler } from './scheduler.js';
import { hintFaultUsers, Sharing } from './sharing.js';
import { TunerHost } from './tuner-host.js';
import { VirtualWorld } from './virtual-world.js';
import { WallWorld } from './wall/wall-world.js';
import { WindowLog } from './window-log.js';
import type { Meeting, World } from './world.js';

export interface MachineOptions {
  readonly executor: ExecutorSpec;
  readonly observer: MachineObserver;
  /** Assert invariants of regions and memory at every aggregation. */
  readonly check?: boolean;
  /** `wall`: real time, and threads that race; default: virtual time. */
  readonly clock?: Clock;
  /** Wall time: a CPU that shows no sign of life for so long ends the run, ms; default 30 s. */
  readonly watchdogMs?: number;
}

export type Clock = 'virtual' | 'wall';

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
/** A paused machine looks this often whether it may go on, ms. */
const PAUSE_MS = 20;

/**
 * A whole simulated machine. The calling thread is the coordinator: it lets time pass up to the next event (at most `epochMaxNs`), meets
 * the CPUs, and does what is due. In virtual time no CPU runs meanwhile, so that everything whose result depends on order happens in the
 * order of time; in wall time the CPUs run on (docs/concurrency.md).
 */
export class Machine {
  readonly memory: Memory;
  readonly #config: MachineConfig;
  readonly #options: MachineOptions;
  readonly #processes: readonly Process[];
  readonly #world: World;
  readonly #meeting: Meeting;
  readonly #phases: PhaseLog;
  readonly #kdamonds: Kdamonds;
  readonly #scheduler: Scheduler;
  readonly #policies: readonly Policy[];
  readonly #sharing: Sharing;
  readonly #madviseCalls: MadviseCalls;
  readonly #windows: WindowLog;
  readonly #latencies: LatencyLog | null;
  /** Null: nobody sets weights of interleaving. */
  readonly #tuner: TunerHost | null;
  readonly #faults = new FaultSample();
  #nowNs = 0;
  #paused = false;

  private constructor(config: MachineConfig, options: MachineOptions, processes: Process[], world: World) {
    const { memory, hintFaults, channel, charges, shootdowns, placing, changed, reclaim } = world;
    this.#config = config;
    this.#options = options;
    this.#processes = processes;
    this.#world = world;
    this.memory = memory;
    const ofTarget = watchesPhysical(config) ? { targetId: NO_TARGET } : {};
    this.#phases = new PhaseLog(processes, (phase) => options.observer.phase({ ...phase, ...ofTarget }));
    this.#scheduler = new Scheduler(config, placing, processes);
    this.#windows = new WindowLog({
      config,
      memory,
      reclaim,
      processes,
      channel,
      sizes: channelSizes(config, processes),
      scheduler: this.#scheduler,
      observer: options.observer,
      // In wall time CPUs are in the middle of changes; at the end they are not.
      check: options.check === true && world.wall === null,
      nowNs: world.wall === null ? () => this.#nowNs : null,
    });
    populate(memory, config.topology, processes);
    givePolicies(config, memory);
    // What memory was put in place before the start, nobody has waited for.
    reclaim?.takeStallNs();
    this.#latencies = config.latencyEvery === undefined ? null : new LatencyLog(config, channel, world.faultLatencies);
    this.#policies = createPolicies({ config, memory, processes, scheduler: this.#scheduler, shootdowns }, (rows) =>
      options.observer.rows('dirty_pages', rows),
    );
    this.#kdamonds = new Kdamonds({
      config,
      memory,
      processes,
      phases: this.#phases,
      channel,
      changed,
      hintFaults,
      onSnapshot: (snapshot, kdamond) => options.observer.snapshot(snapshot, kdamond),
      onAttribution: (window, kdamond) => options.observer.attribution(window, kdamond),
      onRows: (table, rows, kdamond) => options.observer.rows(table, rows, kdamond),
      policies: this.#policies,
      check: options.check ?? false,
      wall: world.wall,
    });
    this.#sharing = new Sharing({
      config,
      memory,
      processes,
      channel,
      scheduler: this.#scheduler,
      charges,
      hintFaults,
      damon: this.#kdamonds.faultUser,
      scans: world.scans,
      alive: () => processes.filter((_, p) => this.#phases.alive(p)).map((process) => process.space),
      onRows: (table, rows) => options.observer.rows(table, rows),
    });
    this.#madviseCalls = new MadviseCalls({ config, memory, processes, phases: this.#phases, changed, charges, placing });
    this.#meeting = world.meet({
      config,
      processes,
      phases: this.#phases,
      kdamonds: this.#kdamonds,
      sharing: this.#sharing,
      latencies: this.#latencies,
      faults: this.#faults,
    });
    this.#tuner = this.#createTuner();
  }

  #createTuner(): TunerHost | null {
    const settings = this.#config.policies?.interleaveTuner;
    const { bandwidth } = this.#meeting;
    if (settings === undefined || bandwidth === null) return null;
    return new TunerHost({ config: this.#config, settings, memory: this.memory, bandwidth, kdamonds: this.#kdamonds });
  }

  /**
   * Control plane: a hand-over of the hinting faults at the next meeting.
   * Rejects with a UserError (EBUSY names the owner) where the sharing rule forbids it.
   */
  handOver(request: Omit<HandoverRequest, 'atNs'>): Promise<HandoverRow> {
    return this.#sharing.request(request);
  }

  /** Control plane: other attributes for the first kdamond, in force where the kernel puts them in. @throws UserError where it refuses. */
  commit(change: AttrsChange): CommitRecord {
    // What is asked for now is seen by the next wake-up, also when the last one was at this very instant.
    return this.#kdamonds.commit(change, this.#nowNs + 1);
  }

  /** Control plane: let time stand still until `resume`. In virtual time nothing depends on it. */
  pause(): void {
    this.#paused = true;
    this.#meeting.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#meeting.resume();
  }

  /** Regions of the first kdamond as they are now. */
  snapshot(): RegionsNow[] {
    return this.#kdamonds.regions();
  }

  status(): MachineStatus {
    const { virtualNs: nowNs, durationNs, nrRegions } = this.#progress();
    const { clock = 'virtual' } = this.#options;
    return { clock, state: this.#paused ? 'paused' : 'running', nowNs, durationNs, nrRegions, attrs: this.#kdamonds.attrs };
  }

  /** What was asked for and done so far. */
  get controlled(): ControlRecord {
    return { commits: this.#kdamonds.committed, handovers: this.#sharing.requested };
  }

  /**
   * Build the machine and bring up its CPUs.
   * @throws UserError for an impossible configuration, RunError when a worker cannot start.
   */
  static async create(config: MachineConfig, options: MachineOptions): Promise<Machine> {
    checkTopology(config.topology);
    const processes = buildProcesses(config);
    const { clock = 'virtual', executor, watchdogMs } = options;
    const world =
      clock === 'wall'
        ? await WallWorld.create(config, processes, executor, watchdogMs)
        : await VirtualWorld.create(config, processes, executor);
    try {
      return new Machine(config, options, processes, world);
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  /** Threads that carry CPUs, for diagnosis. */
  get workers(): Meeting['workers'] {
    return this.#meeting.workers;
  }

  /** Run to the end of the workloads (or of `durationNs`). @throws RunError when memory is full or a worker dies. */
  async run(options: RunOptions = {}): Promise<RunOutcome> {
    let breathedMs = performance.now();
    this.#meeting.start();
    this.#kdamonds.wake(0);
    while (!this.#finished()) {
      if (options.signal?.aborted === true) {
        await this.#end();
        return { state: 'interrupted', virtualNs: this.#nowNs };
      }
      if (this.#paused) {
        await sleep(PAUSE_MS);
        continue;
      }
      await this.#epoch();
      if (performance.now() - breathedMs < BREATHE_EVERY_MS) continue;
      options.onProgress?.(this.#progress());
      await breathe();
      breathedMs = performance.now();
    }
    await this.#end();
    return { state: 'complete', virtualNs: this.#nowNs };
  }

  #endWindow(): void {
    const { startNs } = this.#windows;
    this.#meeting.endWindow(startNs, this.#nowNs, this.#options.observer);
    this.#windows.end(this.#nowNs, this.#sharing, this.#faults);
  }

  async #end(): Promise<void> {
    if (await this.#meeting.stop()) this.#settle(this.#nowNs);
    this.#endWindow();
    if (this.#options.check === true) this.#check();
    this.#sharing.finish();
    this.#phases.finish(this.#nowNs);
    if (this.#latencies !== null) this.#options.observer.rows('latency', this.#latencies.rows());
  }

  /** Invariants that hold when no CPU runs. */
  #check(): void {
    const { hintFaults, memory, channel, reclaim } = this.#world;
    checkMemory(memory, this.#config.topology);
    if (reclaim !== null) checkReclaim(reclaim, memory, this.#processes);
    if (hintFaults === null || this.#world.wall === null) return;
    checkFaults(hintFaults, memory, channel, hintFaultUsers(this.#config).length, this.#meeting.counters().lost_claims);
  }

  /** Totals of the run, under the kernel's names where the kernel has one. */
  runCounters(): RunCounters {
    const { numa } = this.#sharing;
    return {
      ...this.#windows.totals(),
      ...this.memory.counters,
      ...this.#kdamonds.counters(),
      ...(this.#config.sched.policy === 'fixed' && numa === null ? {} : { sched_moves: this.#scheduler.moves }),
      ...this.#sharing.counters(),
      ...Object.fromEntries(this.#policies.flatMap((policy) => Object.entries(policy.counters?.() ?? {}))),
      ...this.#meeting.counters(),
      ...this.#madviseCalls.counters(),
      ...this.#tuner?.counters(),
      virtual_ns: this.#nowNs,
    };
  }

  async close(): Promise<void> {
    await this.#world.close();
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
    this.#nowNs = await this.#meeting.pass(startNs, this.#epochEnd());
    this.#settle(startNs);
    this.#events();
    this.#meeting.dismiss();
  }

  #settle(startNs: number): void {
    for (const p of this.#meeting.settle(startNs)) this.#exit(this.#processes[p].space);
    this.#scheduler.at(this.#nowNs);
  }

  #exit(space: AddressSpace): void {
    this.#sharing.leave(space);
    this.#world.hintFaults?.forget(space);
    this.memory.exit(space);
  }

  #epochEnd(): number {
    const { epochMaxNs, durationNs } = this.#config;
    const wakeNs = this.#kdamonds.none ? this.#windows.startNs + UNWATCHED_WINDOW_NS : this.#kdamonds.nextNs;
    const tunerNs = this.#tuner?.nextNs ?? Number.POSITIVE_INFINITY;
    const nextNs = Math.min(wakeNs, this.#scheduler.nextNs, this.#sharing.nextNs, this.#madviseCalls.nextNs, tunerNs);
    const endNs = Math.min(this.#nowNs + epochMaxNs, Math.max(nextNs, this.#nowNs + 1));
    return durationNs > 0 ? Math.min(endNs, durationNs) : endNs;
  }

  /** What is due now: what processes advise, hand-overs, the scheduler and its ticks, who sets weights, then the kdamonds. */
  #events(): void {
    const nowNs = this.#nowNs;
    this.#madviseCalls.run(nowNs);
    this.#sharing.handOvers(nowNs);
    if (nowNs >= this.#scheduler.nextNs) this.#scheduler.run();
    this.#sharing.tick(nowNs);
    if (this.#tuner !== null && nowNs >= this.#tuner.nextNs) this.#tuner.look(nowNs);
    this.#meeting.due(this.#kdamonds.nextNs, nowNs);
    const cut = this.#kdamonds.none ? nowNs - this.#windows.startNs >= UNWATCHED_WINDOW_NS : this.#kdamonds.wake(nowNs);
    if (cut) this.#endWindow();
  }
}
