import { Prng } from '@damonlab/base';
import { type CpuChannel, EpochSlot, LOG_SLOTS, LogSlot } from '@damonlab/cpu';
import { cpuToNode, nrCpus } from '@damonlab/mm';
import type { MachineConfig } from './config.js';
import { balance, moveAtRandom, type Placeable } from './load-balance.js';
import { mayMove, type Process, type ProcessThread } from './processes.js';

/** Called when a thread goes from `from` to `to`, before anything has changed. */
export type OnMove = (thread: number, from: number, to: number) => void;

/** Where threads run, and the moves that the policy makes at its times. CPUs take turns by themselves; only moves are decided here. */
export class Scheduler implements Placeable {
  readonly nrCpus: number;
  /** When the policy looks next, ns; Infinity: never. */
  nextNs: number;
  /** Moves so far. */
  moves = 0;
  /** Node that a thread would rather run on, -1: no matter. */
  preferredNid: (thread: number) => number = () => -1;
  readonly threads: readonly ProcessThread[];
  readonly #config: MachineConfig;
  readonly #channel: CpuChannel;
  readonly #nidOfCpu: readonly number[];
  readonly #allowed: readonly ReadonlySet<number>[];
  readonly #onMove: OnMove[] = [];
  readonly #rng: Prng;
  #nowNs = 0;

  constructor(config: MachineConfig, channel: CpuChannel, processes: readonly Process[]) {
    this.#config = config;
    this.#channel = channel;
    this.nrCpus = nrCpus(config.topology);
    this.threads = processes.flatMap((process) => process.threads);
    this.#nidOfCpu = Array.from({ length: this.nrCpus }, (_, cpu) => cpuToNode(config.topology, cpu));
    this.#allowed = processes.flatMap((process, p) =>
      process.threads.map((thread) => new Set(mayMove(config.processes[p]) ? config.processes[p].cpusAllowed : [thread.cpu])),
    );
    this.#rng = Prng.stream(config.seed, 'sched');
    for (const thread of this.threads) channel.threadCpu[thread.id] = thread.cpu;
    this.nextNs = config.sched.policy === 'fixed' ? Number.POSITIVE_INFINITY : config.sched.intervalNs;
  }

  /** Be told of moves. */
  onMove(listener: OnMove): void {
    this.#onMove.push(listener);
  }

  /** It is `nowNs`: what follows is asked about this moment. */
  at(nowNs: number): void {
    this.#nowNs = nowNs;
  }

  /** The policy's turn. */
  run(): void {
    const { policy, intervalNs } = this.#config.sched;
    if (policy === 'random') moveAtRandom(this, this.#rng);
    else balance(this);
    while (this.nextNs <= this.#nowNs) this.nextNs += intervalNs;
  }

  nidOf(cpu: number): number {
    return this.#nidOfCpu[cpu];
  }

  cpuOf(thread: number): number {
    return this.#channel.threadCpu[thread];
  }

  /** Thread that runs on `cpu`, -1: it is idle. */
  current(cpu: number): number {
    const thread = this.#channel.logs[cpu * LOG_SLOTS + LogSlot.current];
    if (thread >= 0 && this.cpuOf(thread) === cpu) return thread;
    return this.threads.find(({ id }) => this.cpuOf(id) === cpu && this.runnable(id))?.id ?? -1;
  }

  ended(thread: number): boolean {
    return this.#channel.threadWakeNs[thread] === Number.POSITIVE_INFINITY;
  }

  runnable(thread: number): boolean {
    return this.#channel.threadWakeNs[thread] <= this.#nowNs;
  }

  nrRunning(cpu: number): number {
    let running = 0;
    for (const { id } of this.threads) if (this.cpuOf(id) === cpu && this.runnable(id)) running++;
    return running;
  }

  allowed(thread: number, cpu: number): boolean {
    return this.#allowed[thread].has(cpu);
  }

  /** False when the thread may not run there, or has ended. */
  move(thread: number, cpu: number): boolean {
    const from = this.cpuOf(thread);
    if (from === cpu) return true;
    if (!this.allowed(thread, cpu) || this.ended(thread)) return false;
    for (const listener of this.#onMove) listener(thread, from, cpu);
    this.#channel.threadCpu[thread] = cpu;
    this.#channel.epoch[EpochSlot.moves]++;
    this.moves++;
    return true;
  }
}
