import { assert, Prng } from '@damonlab/base';
import { Cpu, openChannel, type SamplingConfig, SimThread, type ThreadTable } from '@damonlab/cpu';
import { openImage } from '@damonlab/mm';
import type { MachineConfig } from './config.js';
import { timingOf } from './latency-log.js';
import { buildProcesses, channelSizes, imageSizes, type Process, samplesAccesses } from './processes.js';

/** The shared buffers of one machine. */
export interface MachineBuffers {
  readonly image: SharedArrayBuffer;
  readonly channel: SharedArrayBuffer;
  readonly barrier: SharedArrayBuffer;
}

/** Some CPUs of a machine, carried by one thread. */
export class Lane {
  readonly #cpus: readonly Cpu[];

  /** `cpuIds`: the CPUs to carry. `processes`: if the caller has laid them out already. */
  constructor(config: MachineConfig, buffers: MachineBuffers, cpuIds: readonly number[], processes: Process[] = buildProcesses(config)) {
    const sizes = channelSizes(config, processes);
    const image = openImage(buffers.image, imageSizes(config, processes));
    const channel = openChannel(buffers.channel, sizes);
    const spaces = processes.map((process) => process.space);
    const threads = new LaneThreads(config.seed, processes);
    this.#cpus = cpuIds.map(
      (id) =>
        new Cpu({
          id,
          config: config.cpu,
          topology: config.topology,
          // What is advised is the coordinator's knowledge: a CPU expects base pages.
          thp: config.thp === 'always' ? 'always' : 'never',
          image,
          channel,
          sizes,
          spaces,
          threads,
          backgroundSwitchNs: config.backgroundSwitchNs,
          sampling: samplingOf(config, id),
          timing: timingOf(config, id),
        }),
    );
  }

  /** Run all its CPUs through the present epoch. */
  runEpoch(): void {
    for (const cpu of this.#cpus) cpu.runEpoch();
  }
}

/** The threads that CPUs of this lane run or have run; made when one first comes, since its lists may be large. */
export class LaneThreads implements ThreadTable {
  readonly #seed: number;
  readonly #processes: readonly Process[];
  readonly #made: SimThread[] = [];

  constructor(seed: number, processes: readonly Process[]) {
    this.#seed = seed;
    this.#processes = processes;
  }

  thread(id: number): SimThread {
    this.#made[id] ??= this.#make(id);
    return this.#made[id];
  }

  #make(id: number): SimThread {
    const p = this.#processes.findIndex((process) => process.threads.some((thread) => thread.id === id));
    const process = this.#processes[p];
    const thread = process?.threads.find((candidate) => candidate.id === id);
    assert(thread !== undefined, `thread ${id} belongs to a process`);
    const rng = Prng.stream(this.#seed, `thread/${p}/${thread.index}`);
    return new SimThread(id, process.space, process.workload.program(thread.index, rng), rng, thread.firstCounter);
  }
}

/** Each CPU counts from a phase of its own. */
export function samplingOf(config: MachineConfig, cpu: number): SamplingConfig | null {
  const control = samplesAccesses(config);
  if (control === null) return null;
  const { sampledEvery: every, sampleCostNs: costNs } = control;
  return { every, first: 1 + Prng.stream(config.seed, `sample/${cpu}`).below(every), costNs };
}
