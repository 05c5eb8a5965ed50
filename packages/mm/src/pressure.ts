/**
 * How long some task waited for memory: stalls that overlap count once.
 * @kernel kernel/sched/psi.c PSI_MEM_SOME (outline)
 */
export class MemoryPressure {
  /** Total, ns. */
  someNs = 0;
  #untilNs = 0;

  /** A task waits for `ns` from `atNs` on. Calls come in the order of their times. */
  stall(atNs: number, ns: number): void {
    const endNs = atNs + ns;
    this.someNs += Math.max(0, endNs - Math.max(atNs, this.#untilNs));
    this.#untilNs = Math.max(this.#untilNs, endNs);
  }
}
