import { type AddrRange, PS_PER_NS } from '@damonlab/base';
import { type ChannelSizes, type CpuChannel, EVENT_EXIT, eventLogEntries, LOG_SLOTS, LogSlot } from '@damonlab/cpu';
import type { AddressSpace } from '@damonlab/mm';
import type { PhaseRecord } from '@damonlab/record';
import type { Process } from './processes.js';
import { earliest } from './resolve-faults.js';

/** What a process is doing: which phase since when, and how many of its threads still run. */
interface ProcessState {
  phase: number;
  sinceNs: number;
  live: number;
  /** When its last thread ended, ns. */
  endedNs: number;
}

function rangesOf(space: AddressSpace, regions: readonly number[]): AddrRange[] {
  const ranges = regions.map((region) => ({ start: space.regions[region].start, end: space.regions[region].end }));
  return ranges.sort((a, b) => a.start - b.start);
}

/** Follows phases and ends of threads. A process is in the phase that its first thread is in. */
export class PhaseLog {
  readonly #processes: readonly Process[];
  readonly #states: ProcessState[];
  readonly #owner = new Map<number, { process: number; index: number }>();
  readonly #onPhase: (phase: PhaseRecord) => void;

  constructor(processes: readonly Process[], onPhase: (phase: PhaseRecord) => void) {
    this.#processes = processes;
    this.#onPhase = onPhase;
    this.#states = processes.map((process) => ({ phase: -1, sinceNs: 0, live: process.threads.length, endedNs: Number.POSITIVE_INFINITY }));
    processes.forEach((process, p) => {
      for (const thread of process.threads) this.#owner.set(thread.id, { process: p, index: thread.index });
    });
  }

  /** Whether process `p` has a thread that has not ended. */
  alive(p: number): boolean {
    return this.#states[p].live > 0;
  }

  /** When process `p` ended, ns; Infinity while it lives. */
  endedNs(p: number): number {
    return this.#states[p].endedNs;
  }

  /** Take over what the CPUs logged in the epoch that started at `startNs`. Returns the processes that ended in it. */
  drain(channel: CpuChannel, sizes: ChannelSizes, startNs: number): number[] {
    const entries = eventLogEntries(sizes);
    const next = new Array<number>(sizes.nrCpus).fill(0);
    const count = next.map((_, cpu) => channel.logs[cpu * LOG_SLOTS + LogSlot.nrEvents]);
    const ended: number[] = [];
    for (;;) {
      const cpu = earliest(channel.eventTimePs, entries, next, count);
      if (cpu < 0) break;
      const slot = cpu * entries + next[cpu]++;
      const atNs = startNs + Math.floor(channel.eventTimePs[slot] / PS_PER_NS);
      const p = this.note(channel.eventThread[slot], channel.eventPhase[slot], atNs);
      if (p >= 0) ended.push(p);
    }
    for (let cpu = 0; cpu < sizes.nrCpus; cpu++) channel.logs[cpu * LOG_SLOTS + LogSlot.nrEvents] = 0;
    return ended;
  }

  /** The run ends at `nowNs`: close the phases that are still open. */
  finish(nowNs: number): void {
    this.#states.forEach((state, p) => {
      this.#close(p, nowNs);
      state.phase = -1;
    });
  }

  /** `thread` began `phase` (`EVENT_EXIT`: it ended) at `atNs`. Returns the process that ended with it, -1: none. */
  note(thread: number, phase: number, atNs: number): number {
    const owner = this.#owner.get(thread);
    if (owner === undefined) throw new Error(`event log names thread ${thread}, which does not exist`);
    const state = this.#states[owner.process];
    if (owner.index === 0) {
      this.#close(owner.process, atNs);
      state.phase = phase === EVENT_EXIT ? -1 : phase;
      state.sinceNs = atNs;
    }
    if (phase !== EVENT_EXIT) return -1;
    state.live--;
    if (state.live > 0) return -1;
    state.endedNs = atNs;
    return owner.process;
  }

  #close(p: number, endNs: number): void {
    const { phase, sinceNs } = this.#states[p];
    if (phase < 0) return;
    const { workload, space } = this.#processes[p];
    const { name, initial, hot, also } = workload.phases[phase];
    const alsoTouched = also.length === 0 ? {} : { alsoTouched: rangesOf(space, also) };
    this.#onPhase({ targetId: p, name, initial, startNs: sinceNs, endNs, hot: rangesOf(space, hot), ...alsoTouched });
  }
}
