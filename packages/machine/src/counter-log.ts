import { PS_PER_NS } from '@damonlab/base';
import { type CpuChannel, STATE_SLOTS, StateSlot } from '@damonlab/cpu';
import type { CpuCounters } from '@damonlab/record';
import { overCpus } from './over-cpus.js';

/** Cuts the CPUs' running totals into windows. */
export class CounterLog {
  readonly #state: Float64Array;
  readonly #nrCpus: number;
  #last: Float64Array;

  constructor(channel: CpuChannel, nrCpus: number) {
    this.#state = channel.state;
    this.#nrCpus = nrCpus;
    this.#last = new Float64Array(channel.state.length);
  }

  /** What each CPU did since the last window. */
  window(startNs: number, endNs: number): CpuCounters[] {
    const last = this.#last;
    const now = this.#state.slice();
    this.#last = now;
    return Array.from({ length: this.#nrCpus }, (_, cpu) => {
      const since = (slot: number) => now[cpu * STATE_SLOTS + slot] - last[cpu * STATE_SLOTS + slot];
      return {
        cpu,
        startNs,
        endNs,
        accesses: since(StateSlot.accesses),
        tlbMisses: since(StateSlot.tlbMisses),
        pageFaults: since(StateSlot.pageFaults),
        contextSwitches: since(StateSlot.contextSwitches),
        busyNs: Math.round(since(StateSlot.busyPs) / PS_PER_NS),
      };
    });
  }

  /** Sums over all CPUs since the start. */
  totals(): Record<string, number> {
    const sum = (slot: number) => overCpus(this.#state, slot, STATE_SLOTS);
    return {
      accesses: sum(StateSlot.accesses),
      tlb_misses: sum(StateSlot.tlbMisses),
      context_switches: sum(StateSlot.contextSwitches),
      busy_ns: Math.round(sum(StateSlot.busyPs) / PS_PER_NS),
    };
  }
}
