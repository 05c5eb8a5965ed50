import { PS_PER_NS } from '@damonlab/base';
import { type CpuChannel, STATE_SLOTS, StateSlot } from '@damonlab/cpu';

/**
 * Kernel time of threads for what the coordinator decided after the fact: a page that migrated, a scan. It passes on the CPU before the
 * thread runs on. Time that a CPU spent on a fault that turned out to be none is set against what it owes later.
 */
export class Charges {
  readonly #state: Float64Array;
  /** By CPU, ns; below 0: it has spent too much. */
  readonly #owedNs: Float64Array;

  constructor(channel: CpuChannel, nrCpus: number) {
    this.#state = channel.state;
    this.#owedNs = new Float64Array(nrCpus);
  }

  /** What runs on `cpu` owes `ns` more. */
  add(cpu: number, ns: number): void {
    this.#owedNs[cpu] += ns;
  }

  /** What `cpu` owes that it has not been told of, ns; below 0: it has spent too much. */
  owedNs(cpu: number): number {
    return this.#owedNs[cpu];
  }

  /** `cpu` has spent `ns` for nothing. */
  refund(cpu: number, ns: number): void {
    this.#owedNs[cpu] -= ns;
  }

  /** Between rounds, when everything is decided: tell the CPUs. */
  settle(): void {
    this.#owedNs.forEach((ns, cpu) => {
      if (ns <= 0) return;
      this.#state[cpu * STATE_SLOTS + StateSlot.owedPs] += Math.round(ns * PS_PER_NS);
      this.#owedNs[cpu] = 0;
    });
  }
}
