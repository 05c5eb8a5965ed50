import { PAGE_BYTES, PS_PER_NS } from '@damonlab/base';
import type { FaultSink, PassedFaults } from '@damonlab/cpu';
import type { AccessReports } from '@damonlab/damon-ops';
import type { HintFault, RacingHintFaults } from '@damonlab/hint-faults';
import { type AddressSpace, pteAddr, type RacingMemory, type Vma, vmaOfEntry } from '@damonlab/mm';
import type { LatencyLog } from '../latency-log.js';

export interface CpuFaultsParts {
  readonly id: number;
  readonly nid: number;
  readonly memory: RacingMemory;
  /** Null: nobody arms pages. */
  readonly hintFaults: RacingHintFaults | null;
  /** Who wants sampled accesses. */
  readonly sampled: readonly AccessReports[];
  /** Whether entries change after they were mapped. */
  readonly racing: boolean;
  /** What a hinting fault takes, ps. */
  readonly hintFaultPs: number;
  /** Have the coordinator map a page; returns what that had to wait for memory, ns. Null: this CPU maps its pages itself. */
  readonly ask: ((space: AddressSpace, pte: number) => number) | null;
  /** Null: nobody wants to know how long faults take. */
  readonly latencies: LatencyLog | null;
}

/** Takes a CPU's faults when they happen: whoever claims an entry first has its fault, and a CPU that comes second walks again. */
export class CpuFaults implements FaultSink {
  readonly racing: boolean;
  /** 0, but for armed pages that a loop has passed and not reported yet. */
  readonly amend: Uint8Array;
  /** Start of the slice that runs, ns. */
  startNs = 0;
  /** Time that the CPU spent on faults that were none, less what faults had to wait for memory, ps. */
  creditPs = 0;
  sampled = 0;
  sampledLatencyNs = 0;
  readonly #parts: CpuFaultsParts;
  #fault: HintFault | undefined;

  constructor(parts: CpuFaultsParts) {
    this.#parts = parts;
    this.amend = new Uint8Array(parts.memory.image.pteFlags.length);
    this.racing = parts.racing;
  }

  clear(): void {}

  firstTouch(space: AddressSpace, vma: Vma, _thread: number, pte: number): number {
    const { id, nid, memory, ask, latencies } = this.#parts;
    const stallNs = ask?.(space, pte) ?? 0;
    if (ask === null) memory.listNew(vma, pte, memory.handleFault(space, vma, pte, nid), id);
    // The thread owes it, like what the kernel does on its behalf.
    this.creditPs -= stallNs * PS_PER_NS;
    const flags = memory.image.pteFlags[pte];
    latencies?.firstTouch(nid, flags, stallNs);
    return flags;
  }

  hint(space: AddressSpace, thread: number, pte: number, write: number, timePs: number): number {
    const { nid, hintFaults, hintFaultPs, memory, latencies } = this.#parts;
    this.amend[pte] = 0;
    const flags = memory.image.pteFlags[pte];
    if (hintFaults?.dispatch(this.#describe(space, thread, pte, write, timePs)) === false) this.creditPs += hintFaultPs;
    else latencies?.hintFault(nid, flags, 0);
    return memory.image.pteFlags[pte];
  }

  hints(space: AddressSpace, thread: number, passed: PassedFaults, count: number, write: number): void {
    for (let n = 0; n < count; n++) this.hint(space, thread, passed.pte[n] as number, write, passed.timePs[n] as number);
  }

  sample(space: AddressSpace, thread: number, pte: number, write: number, timePs: number, latencyPs: number): void {
    const seen = this.#describe(space, thread, pte, write, timePs);
    const latencyNs = latencyPs / PS_PER_NS;
    this.sampled++;
    this.sampledLatencyNs += latencyNs;
    for (const reports of this.#parts.sampled) reports.post(seen, PAGE_BYTES, latencyNs);
  }

  #describe(space: AddressSpace, thread: number, pte: number, write: number, timePs: number): HintFault {
    const { id, nid, memory } = this.#parts;
    this.#fault ??= { timeNs: 0, space, pte, addr: 0, pfn: 0, cpu: id, nid, thread, process: 0, write: false };
    const fault = this.#fault;
    fault.timeNs = this.startNs + Math.floor(timePs / PS_PER_NS);
    fault.space = space;
    fault.pte = pte;
    fault.addr = pteAddr(vmaOfEntry(space, pte), pte);
    fault.pfn = memory.image.ptePfn[pte];
    fault.thread = thread;
    fault.process = space.id;
    fault.write = write === 1;
    return fault;
  }
}
