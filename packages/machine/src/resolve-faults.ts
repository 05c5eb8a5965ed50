import { PS_PER_NS } from '@damonlab/base';
import { type ChannelSizes, type CpuChannel, FaultKind, faultLogEntries, LOG_SLOTS, LogSlot } from '@damonlab/cpu';
import type { SeenAccess } from '@damonlab/damon-ops';
import type { HintFault, HintFaults } from '@damonlab/hint-faults';
import { cpuToNode, type Memory, Pte, pteAddr, type Reclaim, type Topology, vmaOfEntry } from '@damonlab/mm';
import type { FaultRow } from '@damonlab/record';
import type { Charges } from './charges.js';
import type { FaultSample } from './fault-sample.js';
import type { LatencyLog } from './latency-log.js';
import type { Process } from './processes.js';

export interface FaultResolverParts {
  readonly channel: CpuChannel;
  readonly sizes: ChannelSizes;
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly topology: Topology;
  /** Null: nobody arms pages. */
  readonly hintFaults: HintFaults | null;
  readonly charges: Charges;
  /** Null: nothing is ever taken out of memory. */
  readonly reclaim: Reclaim | null;
  /** What a CPU spends on a hinting fault, ns. */
  readonly hintFaultNs: number;
  /** Null: nobody wants to know how long faults take. */
  readonly latencies: LatencyLog | null;
  readonly sample: FaultSample;
  /** A CPU sampled an access, which took `latencyNs`. One object is used for all of them. */
  readonly onSample: (access: SeenAccess, latencyNs: number) => void;
}

/**
 * Resolves the faults that the CPUs reported in an epoch, and passes their samples on, in virtual-time order (CPU number where times are
 * equal): what depends on order is decided here and nowhere else.
 */
export class FaultResolver {
  readonly #parts: FaultResolverParts;
  readonly #nidOfCpu: readonly number[];
  readonly #next: number[];
  readonly #count: number[];
  readonly #fault: HintFault;

  constructor(parts: FaultResolverParts) {
    this.#parts = parts;
    const { nrCpus } = parts.sizes;
    this.#nidOfCpu = Array.from({ length: nrCpus }, (_, cpu) => cpuToNode(parts.topology, cpu));
    this.#next = new Array<number>(nrCpus).fill(0);
    this.#count = new Array<number>(nrCpus).fill(0);
    const [{ space }] = parts.processes;
    this.#fault = { timeNs: 0, space, pte: 0, addr: 0, pfn: 0, cpu: 0, nid: 0, thread: 0, process: 0, write: false };
  }

  /** All faults of the epoch that started at `startNs`. */
  resolve(startNs: number): void {
    const { channel, sizes } = this.#parts;
    const entries = faultLogEntries(sizes);
    for (let cpu = 0; cpu < sizes.nrCpus; cpu++) {
      this.#next[cpu] = 0;
      this.#count[cpu] = channel.logs[cpu * LOG_SLOTS + LogSlot.nrFaults];
      channel.logs[cpu * LOG_SLOTS + LogSlot.nrFaults] = 0;
    }
    for (;;) {
      const cpu = earliest(channel.faultTimePs, entries, this.#next, this.#count);
      if (cpu < 0) return;
      this.#one(cpu, cpu * entries + this.#next[cpu]++, startNs);
    }
  }

  #one(cpu: number, slot: number, startNs: number): void {
    const { channel, memory, processes, charges, reclaim, latencies, sample, onSample } = this.#parts;
    const timeNs = startNs + Math.floor(channel.faultTimePs[slot] / PS_PER_NS);
    const { space } = processes[channel.faultSpace[slot]];
    const pte = channel.faultPte[slot];
    const kind = channel.faultKind[slot];
    const vma = vmaOfEntry(space, pte);
    if ((kind & ~FaultKind.write) === FaultKind.firstTouch) {
      if (reclaim !== null) reclaim.nowNs = timeNs;
      memory.listNew(vma, pte, memory.handleFault(space, vma, pte, this.#nidOfCpu[cpu]), cpu);
      const stallNs = reclaim?.takeStallNs() ?? 0;
      charges.add(cpu, stallNs);
      latencies?.firstTouch(this.#nidOfCpu[cpu], memory.image.pteFlags[pte], stallNs);
      if (sample.wantsFirstTouch()) this.#keep('first_touch', { timeNs, cpu, pte, thread: channel.faultThread[slot], space, write: false });
      return;
    }
    const fault = this.#fault;
    fault.timeNs = timeNs;
    fault.space = space;
    fault.pte = pte;
    fault.addr = pteAddr(vma, pte);
    fault.pfn = memory.image.ptePfn[pte];
    fault.cpu = cpu;
    fault.nid = this.#nidOfCpu[cpu];
    fault.thread = channel.faultThread[slot];
    fault.process = space.id;
    fault.write = (kind & FaultKind.write) !== 0;
    if ((kind & FaultKind.sample) !== 0) onSample(fault, channel.faultLatencyPs[slot] / PS_PER_NS);
    else this.#hintFault(fault);
  }

  #hintFault(fault: HintFault): void {
    const { memory, hintFaults, charges, hintFaultNs, latencies, sample } = this.#parts;
    if (hintFaults === null) return;
    const { cpu, nid, pte } = fault;
    const flags = memory.image.pteFlags[pte];
    const owedNs = charges.owedNs(cpu);
    if (!hintFaults.dispatch(fault)) {
      // Somebody was there first: the page was accessible already, and this was no fault.
      charges.refund(cpu, hintFaultNs);
      return;
    }
    latencies?.hintFault(nid, flags, charges.owedNs(cpu) - owedNs);
    if (sample.wantsHintFault()) this.#keep('hint_fault', fault);
  }

  #keep(kind: FaultRow['kind'], { timeNs, cpu, pte, thread, space, write }: KeptFault): void {
    const { memory, sample } = this.#parts;
    const addr = pteAddr(vmaOfEntry(space, pte), pte);
    const nid = memory.image.pteFlags[pte] & Pte.nidMask;
    sample.keep({ atNs: timeNs, kind, cpu, tid: thread, targetId: space.id, addr, write: Number(write), nid });
  }
}

type KeptFault = Pick<HintFault, 'timeNs' | 'cpu' | 'pte' | 'thread' | 'space' | 'write'>;

/** The CPU whose next log entry is earliest, the lowest number among equals; -1 when all logs are done. */
export function earliest(timesPs: Float64Array, entries: number, next: readonly number[], count: readonly number[]): number {
  let best = -1;
  let bestPs = Number.POSITIVE_INFINITY;
  for (let cpu = 0; cpu < next.length; cpu++) {
    if (next[cpu] >= count[cpu]) continue;
    const time = timesPs[cpu * entries + next[cpu]];
    if (time < bestPs) {
      best = cpu;
      bestPs = time;
    }
  }
  return best;
}
