import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { NS_PER_MS, NS_PER_SEC, RunError, SPSC_RING_SLOTS, type SpscRing } from '@damonlab/base';
import { EpochSlot, EVENT_EXIT } from '@damonlab/cpu';
import type { HintFault } from '@damonlab/hint-faults';
import { cpuToNode, Mark, nrCpus, pteToAddr } from '@damonlab/mm';
import { Bandwidth } from '../bandwidth.js';
import { reclaimCounters } from '../equip-memory.js';
import type { MachineObserver } from '../observer.js';
import type { Meeting, MeetingParts } from '../world.js';
import { LINE_WORDS, NUMA_COLUMNS, NUMA_RING_SLOTS, PHASE_COLUMNS, WallState, WallWord } from './layout.js';
import { RaceLog } from './race-log.js';
import { ringOf } from './wall-cpu.js';
import type { WallWorld } from './wall-world.js';

/** Timers of the event loop are late by up to this, ms: the rest of a wait is slept through. */
const COARSE_MS = 2;
/** How long the CPUs may take to leave, ms. */
const LEAVE_MS = 30_000;
/** While it answers CPUs, the coordinator looks at the event loop (signals, progress, deaths of workers) this often. */
const BREATHE_EVERY_NS = 20 * NS_PER_MS;
/** The load of memory is taken over at least this long: some slices of every CPU. */
const LOAD_EVERY_NS = 5 * NS_PER_MS;

/** The coordinator's place among CPUs that do not wait for it: it takes what they have left in rings and counters. */
export class WallMeeting implements Meeting {
  readonly bandwidth: Bandwidth | null;
  readonly #world: WallWorld;
  readonly #parts: MeetingParts;
  readonly #races: RaceLog;
  readonly #phases: readonly SpscRing[];
  readonly #faults: readonly SpscRing[];
  readonly #nrCpus: number;
  /** What all CPUs together had counted at the last look. */
  readonly #collected = { pgfault: 0, thp_fault_alloc: 0, thp_fault_fallback: 0, generation: 0 };
  readonly #beats: Int32Array;
  #loadedNs = 0;
  #reclaimedNs = 0;
  #aliveNs: number[];
  /** When the kdamond woke up in this meeting, ns; -1: it did not. */
  #checkedNs = 0;
  #left: Promise<unknown> = Promise.resolve();

  constructor(world: WallWorld, parts: MeetingParts) {
    const { views } = world;
    this.#world = world;
    this.#parts = parts;
    this.#nrCpus = nrCpus(parts.config.topology);
    const cpus = Array.from({ length: this.#nrCpus }, (_, cpu) => cpu);
    this.#phases = cpus.map((cpu) => ringOf(views.phaseWords, views.phaseRecords, cpu, PHASE_COLUMNS, SPSC_RING_SLOTS));
    this.#faults = cpus.map((cpu) => ringOf(views.numaWords, views.numaRecords, cpu, NUMA_COLUMNS, NUMA_RING_SLOTS));
    this.#races = new RaceLog(views, this.#nrCpus);
    this.#beats = new Int32Array(this.#nrCpus);
    this.bandwidth = Bandwidth.of(parts.config.topology, world.channel);
    this.#aliveNs = cpus.map(() => 0);
  }

  get workers(): readonly Worker[] {
    return this.#world.crew.workers;
  }

  start(): void {
    const { crew, clock } = this.#world;
    this.#left = crew.begin((api) => api.run());
    clock.start();
  }

  async pass(_startNs: number, endNs: number): Promise<number> {
    const { clock, crew, views, desk } = this.#world;
    let breathedNs = clock.nowNs();
    Atomics.store(views.words, WallWord.sampling, this.#parts.kdamonds.sampling ? 1 : 0);
    for (;;) {
      crew.check();
      const nowNs = clock.nowNs();
      // Time stands still: whoever waits for it waits for the coordinator.
      if (clock.state === WallState.paused) return Math.floor(nowNs);
      this.#watch(nowNs);
      const leftMs = (endNs - nowNs) / NS_PER_MS;
      if (leftMs <= 0) return Math.floor(nowNs);
      if (desk !== null) {
        desk.serve(nowNs);
        desk.await(Math.min(leftMs, COARSE_MS));
        if (nowNs - breathedNs < BREATHE_EVERY_NS) continue;
        breathedNs = nowNs;
        await breathe();
        continue;
      }
      if (leftMs > COARSE_MS + 1) await sleep(Math.floor(leftMs - COARSE_MS));
      else clock.await(WallState.running, leftMs);
    }
  }

  settle(): number[] {
    const ended = this.#takePhases();
    this.#takeNumaFaults();
    this.#collect();
    this.#reclaim();
    this.#load();
    return ended;
  }

  dismiss(): void {
    if (this.#checkedNs >= 0) this.#world.audit?.publish(this.#checkedNs);
    this.#checkedNs = -1;
    this.#world.charges.settle();
  }

  due(dueNs: number, nowNs: number): void {
    if (nowNs < dueNs) return;
    this.#checkedNs = nowNs;
    this.#races.timer(nowNs - dueNs);
  }

  endWindow(startNs: number, endNs: number, observer: MachineObserver): void {
    this.#putTouchedBack();
    this.#races.endWindow(startNs, endNs, observer);
  }

  async stop(): Promise<boolean> {
    const { clock, crew, desk } = this.#world;
    clock.end();
    crew.closing = true;
    const all = this.#left.then(() => true);
    let left = false;
    // Who is in the middle of a slice may still ask for pages.
    const stepMs = desk === null ? LEAVE_MS : 1;
    for (let waitedMs = 0; !left && waitedMs < LEAVE_MS; waitedMs += stepMs) {
      desk?.serve(clock.nowNs());
      left = await Promise.race([all, sleep(stepMs, false, { ref: false })]);
    }
    if (!left) throw new RunError(`CPUs do not end: not all workers have left after ${LEAVE_MS / 1000} s`);
    return true;
  }

  pause(): void {
    this.#world.clock.pause();
  }

  resume(): void {
    this.#world.clock.resume();
    this.#aliveNs = this.#aliveNs.map(() => this.#world.clock.nowNs());
  }

  counters(): Record<string, number> {
    const sum = (which: 'sampled' | 'sampled_latency_ns') => {
      let total = 0;
      for (let cpu = 0; cpu < this.#nrCpus; cpu++) total += this.#world.published(cpu, which);
      return total;
    };
    const sampled = sum('sampled');
    return {
      ...reclaimCounters(this.#world.reclaim),
      ...this.bandwidth?.counters(),
      ...this.#races.totals(),
      ...(sampled === 0 ? {} : { sampled, sampled_latency_ns: sum('sampled_latency_ns') }),
    };
  }

  /** @throws RunError naming a CPU that shows no sign of life. */
  #watch(nowNs: number): void {
    const { heartbeat } = this.#world.views;
    for (let cpu = 0; cpu < this.#nrCpus; cpu++) {
      const beats = Atomics.load(heartbeat, cpu * LINE_WORDS);
      if (beats !== this.#beats[cpu]) {
        this.#beats[cpu] = beats;
        this.#aliveNs[cpu] = nowNs;
      } else if (nowNs - this.#aliveNs[cpu] > this.#world.watchdogNs) {
        const worker = cpu % this.workers.length;
        throw new RunError(`CPU ${cpu} hangs: its worker ${worker} has finished no slice for ${this.#world.watchdogNs / NS_PER_SEC} s`);
      }
    }
  }

  /** Phases of all CPUs in the order of their times. */
  #takePhases(): number[] {
    const taken: number[][] = [];
    for (const ring of this.#phases) ring.drain((record) => taken.push([...record]));
    taken.sort(([a], [b]) => a - b);
    const ended: number[] = [];
    for (const [atNs, thread, phase] of taken) {
      const p = this.#parts.phases.note(thread, phase, atNs);
      if (p >= 0 && phase === EVENT_EXIT) ended.push(p);
    }
    return ended;
  }

  #takeNumaFaults(): void {
    const { numa } = this.#parts.sharing;
    if (numa === null) return;
    const { config, processes } = this.#parts;
    const { ptePfn } = this.#world.memory.image;
    for (const ring of this.#faults) {
      ring.drain(([timeNs, process, pte, cpu, thread, write]) => {
        const { space } = processes[process];
        const where = { space, pte, addr: pteToAddr(space, pte), pfn: ptePfn[pte], cpu, nid: cpuToNode(config.topology, cpu) };
        const fault: HintFault = { timeNs, ...where, thread, process, write: write === 1 };
        if (this.#parts.phases.alive(process)) numa.onHintFault(fault);
      });
    }
  }

  /** Sum up what the CPUs count of the memory. The coordinator's own changes (migrations, exits) are in there already. */
  #collect(): void {
    const { memory, hintFaults, views } = this.#world;
    for (const name of ['pgfault', 'thp_fault_alloc', 'thp_fault_fallback', 'generation'] as const) {
      let sum = 0;
      for (let cpu = 0; cpu < this.#nrCpus; cpu++) sum += this.#world.published(cpu, name);
      if (name === 'generation') memory.generation += sum - this.#collected[name];
      else memory.counters[name] += sum - this.#collected[name];
      this.#collected[name] = sum;
    }
    if (hintFaults !== null) hintFaults.orphans = views.orphans.reduce((total, orphans) => total + orphans, 0);
  }

  /** kswapd has had the time since the last look. */
  #reclaim(): void {
    const nowNs = this.#world.clock.nowNs();
    this.#world.reclaim?.kswapd(nowNs, nowNs - this.#reclaimedNs);
    this.#reclaimedNs = nowNs;
  }

  /** Tell the CPUs how long memory takes, by what they have moved; not before each has told once more. */
  #load(): void {
    const ns = this.#world.clock.nowNs() - this.#loadedNs;
    if (this.bandwidth === null || ns < LOAD_EVERY_NS) return;
    this.#loadedNs += ns;
    this.bandwidth.epoch(ns);
    const { channel, views } = this.#world;
    Atomics.store(views.words, WallWord.slowdowns, channel.epoch[EpochSlot.slowdowns]);
  }

  /** Marks that were put aside when their pages were armed count in the window that ends. */
  #putTouchedBack(): void {
    const { hintFaults, memory, views } = this.#world;
    if (hintFaults === null) return;
    const { touchedBefore } = views;
    for (let pte = touchedBefore.indexOf(1); pte >= 0; pte = touchedBefore.indexOf(1, pte + 1)) {
      touchedBefore[pte] = 0;
      memory.image.marks8[4 * pte + Mark.touched] = 1;
    }
  }
}
