import { PAGE_BYTES, Prng, UserError } from '@damonlab/base';
import { type ChannelSizes, THREAD_WORDS } from '@damonlab/cpu';
import type { SampleControl } from '@damonlab/damon';
import { type AddressSpace, buildAddressSpace, type ImageSizes, LRU_ADD_BATCH, memoryBytes, nrCpus, pageCachePages } from '@damonlab/mm';
import { traceWorkload } from '@damonlab/trace';
import { buildWorkload, type Workload } from '@damonlab/workload';
import type { MachineConfig, ProcessConfig } from './config.js';

/** One thread of a process. */
export interface ProcessThread {
  /** Number over the whole machine, and within the process. */
  readonly id: number;
  readonly index: number;
  /** CPU that it starts on. */
  readonly cpu: number;
  /** `SimThread.firstCounter`. */
  readonly firstCounter: number;
}

/** One process of the machine: its address space, its workload, and where its threads are. */
export interface Process {
  readonly name: string;
  readonly space: AddressSpace;
  readonly workload: Workload;
  readonly threads: readonly ProcessThread[];
}

/**
 * Lay out all processes of a configuration. Every thread that carries CPUs does this for itself and comes to the same
 * result: only buffers are shared, never objects.
 */
export function buildProcesses(config: MachineConfig): Process[] {
  const cpus = nrCpus(config.topology);
  const processes: Process[] = [];
  let firstPte = 0;
  let nextThread = 0;
  let nextCounter = 0;
  config.processes.forEach((spec, id) => {
    const workload = buildWorkload(spec.workload, traceWorkload);
    const space = buildAddressSpace(id, workload.regions, firstPte, Prng.stream(config.seed, `layout/${id}`));
    firstPte = space.endPte;
    const threads = Array.from({ length: workload.nrThreads }, (_, index) => {
      const thread = nextThread + index;
      const cpu = spec.cpus.length > 0 ? spec.cpus[index % spec.cpus.length] : thread % cpus;
      if (!Number.isInteger(cpu) || cpu < 0 || cpu >= cpus) {
        throw new UserError('no such CPU', { where: `processes[${id}].cpus`, expected: `0 to ${cpus - 1}`, actual: String(cpu) });
      }
      return { id: thread, index, cpu, firstCounter: nextCounter + 2 * index * workload.regions.length };
    });
    nextCounter += 2 * workload.nrThreads * workload.regions.length;
    nextThread += workload.nrThreads;
    processes.push({ name: spec.name, space, workload, threads });
  });
  return processes;
}

/** Whether threads of a process can move at all. */
export function mayMove({ cpusAllowed = [] }: ProcessConfig): boolean {
  return cpusAllowed.length > 1;
}

/** Room for the state of any thread; 0 if none ever moves. */
function threadWords(config: MachineConfig, processes: readonly Process[]): number {
  if (!config.processes.some(mayMove)) return 0;
  return THREAD_WORDS + Math.max(...processes.map((process) => process.workload.stateWords));
}

/** What earlier processes left in the CPUs' batches of new pages, by CPU: nobody knows how much. */
export function lruAddFilled(config: MachineConfig): number[] {
  const rng = Prng.stream(config.seed, 'lru_add');
  return Array.from({ length: nrCpus(config.topology) }, () => rng.below(LRU_ADD_BATCH));
}

/** Sizes of the memory image of these processes, and of the page cache behind them. */
export function imageSizes(config: MachineConfig, processes: readonly Process[]): ImageSizes {
  const nrPtes = processes.length === 0 ? 0 : processes[processes.length - 1].space.endPte;
  return { nrPtes: nrPtes + pageCachePages(config.otherMemory ?? []), nrFrames: memoryBytes(config.topology) / PAGE_BYTES };
}

/** Sizes of the channel between CPUs and coordinator. */
export function channelSizes(config: MachineConfig, processes: readonly Process[]): ChannelSizes {
  return {
    nrCpus: nrCpus(config.topology),
    epochMaxNs: config.epochMaxNs,
    faultNs: Math.min(config.cpu.faultNs, config.cpu.hintFaultNs, samplesAccesses(config)?.sampleCostNs ?? Number.POSITIVE_INFINITY),
    nrThreads: processes.reduce((sum, process) => sum + process.threads.length, 0),
    threadWords: threadWords(config, processes),
    nrRegionCounters: processes.reduce((sum, process) => sum + 2 * process.threads.length * process.workload.regions.length, 0),
    latencies: (config.latencyEvery ?? 0) > 0,
    traffic: config.topology.bandwidthGBps !== undefined || (config.latencyEvery ?? 0) > 0,
  };
}

/** How accesses are sampled; null: they are not. */
export function samplesAccesses({ monitor }: MachineConfig): SampleControl | null {
  return monitor?.sample.primitive === 'sampled_accesses' ? monitor.sample : null;
}
