import { PS_PER_NS, StateTape } from '@damonlab/base';
import { type AddressSpace, cpuToNode, MAX_NODES, type MemoryImage, type Topology } from '@damonlab/mm';
import { BatchKind } from '@damonlab/workload';
import { AccessCore } from './access-core.js';
import { AccessSampler, type SamplingConfig } from './access-sampler.js';
import {
  type ChannelSizes,
  type CpuChannel,
  EpochSlot,
  EVENT_EXIT,
  eventLogEntries,
  LOG_SLOTS,
  LogSlot,
  PHASE_CHANGE_NS,
  STATE_SLOTS,
  StateSlot,
} from './channel.js';
import type { CpuConfig } from './config.js';
import { costTable } from './cost-table.js';
import { FaultLog, type FaultSink } from './fault-log.js';
import { LATENCY_BUCKETS } from './latency-buckets.js';
import { LatencyProbe } from './latency-probe.js';
import { type AccessEngine, runAccesses } from './run-accesses.js';
import { RunQueue } from './run-queue.js';
import { runRuns } from './run-runs.js';
import { SumsRunner } from './run-sums.js';
import { SteadyRegion } from './steady-region.js';
import type { SimThread } from './thread.js';
import { Tlb } from './tlb.js';

/** Where a CPU gets the threads from that it is to run. */
export interface ThreadTable {
  /** Thread `id`, the same object every time; as it was made if no CPU of this worker has had it before. */
  thread(id: number): SimThread;
}

/** What a CPU is built from; the same on whatever thread it is carried. */
export interface CpuParts {
  readonly id: number;
  readonly config: CpuConfig;
  readonly topology: Topology;
  readonly thp: 'never' | 'always';
  readonly image: MemoryImage;
  readonly channel: CpuChannel;
  readonly sizes: ChannelSizes;
  /** All address spaces of the machine, by id. */
  readonly spaces: readonly AddressSpace[];
  readonly threads: ThreadTable;
  /** Another address space takes the CPU for a moment every so many ns; 0: never. */
  readonly backgroundSwitchNs: number;
  /** Null: nobody samples its accesses. */
  readonly sampling: SamplingConfig | null;
  /** Which of its accesses are timed; null: none. */
  readonly timing: TimingConfig | null;
  /** Where its faults go; by default to the log that the coordinator resolves between rounds. */
  readonly faults?: FaultSink;
}

/** One access in `every` is timed, the `first` one first (1 to `every`). */
export interface TimingConfig {
  readonly every: number;
  readonly first: number;
}

/** Address-space number of the background process. */
const BACKGROUND_SPACE = -2;

/** One simulated CPU: it runs its threads, one epoch after the other, and writes only what `channel` and `image` let it. */
export class Cpu {
  readonly #parts: CpuParts;
  readonly #core: AccessCore;
  readonly #engine: AccessEngine;
  readonly #tlb: Tlb | null;
  #queue = new RunQueue([]);
  readonly #state: Float64Array;
  readonly #logs: Int32Array;
  readonly #eventEntries: number;
  #startNs = 0;
  #running: SimThread | undefined;
  /** Switch to another thread at this time, ps since the start of the epoch. */
  #sliceEndPs = 0;
  #nextBackgroundNs: number;
  readonly #tapes: StateTape[] = [];
  /** `EpochSlot.moves` that the queue goes by, -1: none yet. */
  #moves = -1;
  /** `EpochSlot.slowdowns` that the costs go by, 0: without load. */
  #slowdowns = 0;

  constructor(parts: CpuParts) {
    const { image, channel, config, id } = parts;
    const nid = cpuToNode(parts.topology, id);
    this.#parts = parts;
    this.#tlb = config.tlb.kind === 'off' ? null : new Tlb(config.tlb, image.pteFlags.length, image.pmdAccessed.length);
    const faults = parts.faults ?? new FaultLog(channel, parts.sizes, image, { id, nid }, parts.thp);
    this.#core = new AccessCore(image, costTable(parts.topology, config, nid), this.#tlb, faults, config);
    const sampler = parts.sampling === null ? null : new AccessSampler(parts.sampling);
    this.#engine = { core: this.#core, steady: new SteadyRegion(), sums: new SumsRunner(this.#core), sampler, probe: createProbe(parts) };
    this.#state = channel.state.subarray(id * STATE_SLOTS, (id + 1) * STATE_SLOTS);
    this.#logs = channel.logs.subarray(id * LOG_SLOTS, (id + 1) * LOG_SLOTS);
    this.#eventEntries = eventLogEntries(parts.sizes);
    this.#nextBackgroundNs = parts.backgroundSwitchNs > 0 ? parts.backgroundSwitchNs : Number.POSITIVE_INFINITY;
  }

  /** Run from the end of the last epoch to the end of the present one. An access that starts before the end is made whole. */
  runEpoch(): void {
    const { epoch } = this.#parts.channel;
    const state = this.#state;
    this.#startNs = epoch[EpochSlot.startNs];
    const endPs = (epoch[EpochSlot.endNs] - this.#startNs) * PS_PER_NS;
    this.#takeThreads(epoch[EpochSlot.moves]);
    this.#takeSlowdowns(epoch[EpochSlot.slowdowns]);
    this.#core.startRound(epoch[EpochSlot.generation], epoch[EpochSlot.arming] === 1);
    const { sampler } = this.#engine;
    if (sampler !== null) sampler.on = epoch[EpochSlot.sampling] === 1;
    let now = this.#payOwed(state[StateSlot.carryPs] + state[StateSlot.stealPs] + this.#shootdown(), endPs);
    while (now < endPs) now = this.#step(now, endPs);
    this.#sliceEndPs -= endPs;
    state[StateSlot.carryPs] = now - endPs;
    state[StateSlot.stealPs] = 0;
    state[StateSlot.accesses] = this.#core.accesses;
    state[StateSlot.tlbMisses] = this.#core.tlbMisses;
    state[StateSlot.pageFaults] = this.#core.pageFaults;
    state[StateSlot.hintFaults] = this.#core.hintFaults;
    this.#leaveThreads(endPs);
  }

  /** Let the thread spend what it owes, as far as the round goes. Returns the time afterwards. */
  #payOwed(now: number, endPs: number): number {
    const state = this.#state;
    const paid = Math.max(0, Math.min(state[StateSlot.owedPs], endPs - now));
    if (paid === 0) return now;
    state[StateSlot.owedPs] -= paid;
    state[StateSlot.busyPs] += paid;
    if (this.#running !== undefined) this.#parts.channel.threadExecPs[this.#running.id] += paid;
    return now + paid;
  }

  /** How long memory takes under the load that it has. */
  #takeSlowdowns(slowdowns: number): void {
    if (slowdowns === this.#slowdowns) return;
    this.#slowdowns = slowdowns;
    const { id, topology, config, channel } = this.#parts;
    this.#core.setCost(costTable(topology, config, cpuToNode(topology, id), channel.slowdown));
  }

  /** Which threads run here from now on; those that come from elsewhere are taken up where they were put down. */
  #takeThreads(moves: number): void {
    if (moves === this.#moves) return;
    const { id, channel, threads } = this.#parts;
    const had = this.#queue.threads;
    const have: SimThread[] = [];
    channel.threadCpu.forEach((cpu, t) => {
      if (cpu !== id) return;
      const thread = threads.thread(t);
      if (this.#moves >= 0 && !had.includes(thread)) thread.restore(this.#tapeOf(t));
      have.push(thread);
    });
    this.#moves = moves;
    this.#queue = new RunQueue(have);
    if (this.#running !== undefined && !have.includes(this.#running)) this.#running = undefined;
  }

  /** Say how the threads stand at the end of the round. */
  #leaveThreads(endPs: number): void {
    const { channel, sizes } = this.#parts;
    const nowNs = this.#nowNs(endPs);
    const running = this.#running;
    let live = 0;
    for (const thread of this.#queue.threads) {
      channel.threadWakeNs[thread.id] = thread.live ? thread.wakeNs : Number.POSITIVE_INFINITY;
      if (thread.live) live++;
      if (sizes.threadWords > 0) thread.save(this.#tapeOf(thread.id));
    }
    this.#logs[LogSlot.nrLive] = live;
    const goesOn = running?.live === true && running.wakeNs <= nowNs;
    this.#logs[LogSlot.current] = goesOn ? running.id : -1;
  }

  #tapeOf(thread: number): StateTape {
    const { channel, sizes } = this.#parts;
    const words = sizes.threadWords;
    this.#tapes[thread] ??= new StateTape(channel.threadState.subarray(thread * words, (thread + 1) * words));
    return this.#tapes[thread];
  }

  /** Run one thread, or sleep, up to `endPs` at most. */
  #step(now: number, endPs: number): number {
    if (this.#startNs * PS_PER_NS + now >= this.#nextBackgroundNs * PS_PER_NS) return this.#background(now);
    const thread = this.#queue.pick(this.#nowNs(now), this.#running, now >= this.#sliceEndPs);
    const backgroundPs = (this.#nextBackgroundNs - this.#startNs) * PS_PER_NS;
    if (thread === undefined) {
      const wakePs = (this.#queue.nextWakeNs() - this.#startNs) * PS_PER_NS;
      return Math.max(now + 1, Math.min(endPs, wakePs, backgroundPs));
    }
    const begin = thread === this.#running ? now : this.#switchTo(thread, now);
    if (now >= this.#sliceEndPs || thread !== this.#running) this.#sliceEndPs = begin + this.#parts.config.sliceNs * PS_PER_NS;
    this.#running = thread;
    // Alone on the CPU a thread needs no slice; a sleeper that wakes up is looked for when the slice ends.
    const end = this.#runThread(thread, begin, Math.min(endPs, this.#sliceEndPs, backgroundPs));
    this.#state[StateSlot.busyPs] += end - now;
    this.#parts.channel.threadExecPs[thread.id] += end - begin;
    return end;
  }

  /** Drop the translations that the coordinator changed. Returns what the interruption costs, ps. */
  #shootdown(): number {
    const { shootdown } = this.#parts.channel;
    const ranges = shootdown[0];
    if (ranges === 0 || this.#tlb === null) return 0;
    for (let i = 0; i < ranges; i++) this.#tlb.drop(shootdown[1 + 2 * i], shootdown[2 + 2 * i]);
    this.#core.disturbed++;
    return this.#parts.config.shootdownNs * PS_PER_NS;
  }

  #switchTo(thread: SimThread, now: number): number {
    const { config, spaces } = this.#parts;
    this.#state[StateSlot.contextSwitches]++;
    this.#core.enter(thread.id, thread.space);
    this.#tlb?.switchTo(thread.space.id, (id) => {
      const space = spaces[id];
      if (space !== undefined) this.#forget(space);
    });
    return now + config.contextSwitchNs * PS_PER_NS;
  }

  #forget(space: AddressSpace): void {
    this.#tlb?.drop(space.firstPte, space.endPte);
    this.#core.disturbed++;
  }

  /** The background process runs: it needs the CPU for two switches and takes the TLB with it. */
  #background(now: number): number {
    this.#nextBackgroundNs += this.#parts.backgroundSwitchNs;
    this.#tlb?.switchTo(BACKGROUND_SPACE, (id) => {
      const space = this.#parts.spaces[id];
      if (space !== undefined) this.#forget(space);
    });
    this.#core.disturbed++;
    this.#running = undefined;
    return now + this.#parts.config.contextSwitchNs * PS_PER_NS;
  }

  /** Let `thread` consume its batches until `limit`, or until it sleeps or ends. */
  #runThread(thread: SimThread, now: number, limit: number): number {
    const { batch } = thread;
    let time = now;
    while (time < limit) {
      if (batch.remaining === 0) {
        time = this.#nextBatch(thread, time);
        if (!thread.live || thread.wakeNs > 0) return time;
      }
      if (batch.kind === BatchKind.compute) time = runCompute(thread, time, limit);
      else if (batch.kind === BatchKind.sums)
        time = this.#engine.sums.run(this.#engine, thread, this.#parts.channel.regionAccesses, time, limit);
      else if (batch.kind === BatchKind.runs) time = runRuns(this.#engine, thread, this.#parts.channel.regionAccesses, time, limit);
      else time = this.#runAccesses(thread, time, limit);
    }
    return time;
  }

  #runAccesses(thread: SimThread, now: number, limit: number): number {
    const { batch } = thread;
    const region = thread.space.regions[batch.region];
    const before = this.#core.accesses;
    const time = runAccesses(this.#engine, batch, region, now, limit);
    const counter = thread.firstCounter + 2 * batch.region + batch.write;
    this.#parts.channel.regionAccesses[counter] += this.#core.accesses - before;
    return time;
  }

  #nextBatch(thread: SimThread, now: number): number {
    const { batch } = thread;
    thread.program.next(batch, this.#nowNs(now));
    let time = now;
    if (batch.kind === BatchKind.exit) {
      thread.live = false;
      this.#logEvent(thread, EVENT_EXIT, now);
    } else if (batch.phase !== thread.phase) {
      thread.phase = batch.phase;
      this.#logEvent(thread, batch.phase, now);
      time += PHASE_CHANGE_NS * PS_PER_NS;
    }
    if (batch.kind === BatchKind.sleep) {
      thread.wakeNs = batch.untilNs;
      batch.remaining = 0;
    } else if (batch.kind === BatchKind.compute) batch.remaining = 1;
    return time;
  }

  #logEvent(thread: SimThread, phase: number, now: number): void {
    const { channel, id } = this.#parts;
    const slot = id * this.#eventEntries + this.#logs[LogSlot.nrEvents]++;
    channel.eventTimePs[slot] = now;
    channel.eventThread[slot] = thread.id;
    channel.eventPhase[slot] = phase;
  }

  #nowNs(now: number): number {
    return this.#startNs + Math.floor(now / PS_PER_NS);
  }
}

function createProbe({ id, channel, timing }: CpuParts): LatencyProbe | null {
  if (timing === null) return null;
  const byNode = (counts: Float64Array) => counts.subarray(id * MAX_NODES, (id + 1) * MAX_NODES);
  return new LatencyProbe(timing.every, timing.first, {
    latencies: channel.latencies.subarray(id * LATENCY_BUCKETS, (id + 1) * LATENCY_BUCKETS),
    lines: byNode(channel.nodeLines),
    timed: byNode(channel.nodeTimed),
    ps: byNode(channel.nodePs),
  });
}

/** Computing needs time and no memory; what does not fit stays in the batch. */
function runCompute(thread: SimThread, now: number, limit: number): number {
  const { batch } = thread;
  const spent = Math.min(batch.computePs, limit - now);
  batch.computePs -= spent;
  if (batch.computePs <= 0) batch.remaining = 0;
  return now + spent;
}
