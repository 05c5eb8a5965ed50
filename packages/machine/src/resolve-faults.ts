import { PAGE_BYTES } from '@damonlab/base';
import { type ChannelSizes, type CpuChannel, faultLogEntries, LOG_SLOTS, LogSlot } from '@damonlab/cpu';
import { anonymous, cpuToNode, type Memory, type Topology, type Vma } from '@damonlab/mm';
import type { Process } from './processes.js';

/**
 * Resolve the first touches that the CPUs reported in the last epoch, in virtual-time order (CPU number where times are
 * equal): what depends on order is decided here and nowhere else.
 */
export function resolveFaults(
  channel: CpuChannel,
  sizes: ChannelSizes,
  memory: Memory,
  processes: readonly Process[],
  topology: Topology,
): void {
  const entries = faultLogEntries(sizes);
  const next = new Array<number>(sizes.nrCpus).fill(0);
  const count = next.map((_, cpu) => channel.logs[cpu * LOG_SLOTS + LogSlot.nrFaults]);
  for (;;) {
    const cpu = earliest(channel.faultTimePs, entries, next, count);
    if (cpu < 0) break;
    const slot = cpu * entries + next[cpu]++;
    const { space } = processes[channel.faultSpace[slot]];
    const pte = channel.faultPte[slot];
    const vma = vmaOf(space.vmas, pte);
    const mapped = memory.handleFault(space, vma, pte, cpuToNode(topology, cpu));
    if (mapped > 1) memory.lruAdd.drain(cpu);
    else if (mapped === 1 && anonymous(vma)) memory.lruAdd.add(cpu, pte);
  }
  for (let cpu = 0; cpu < sizes.nrCpus; cpu++) channel.logs[cpu * LOG_SLOTS + LogSlot.nrFaults] = 0;
}

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

function vmaOf(vmas: readonly Vma[], pte: number): Vma {
  const vma = vmas.find((v) => pte >= v.firstPte && pte < v.firstPte + (v.end - v.start) / PAGE_BYTES);
  if (vma === undefined) throw new Error(`fault log names entry ${pte}, which belongs to no VMA`);
  return vma;
}
