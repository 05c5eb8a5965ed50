import { Prng } from '@damonlab/base';
import { Cpu, openChannel, SimThread } from '@damonlab/cpu';
import { openImage } from '@damonlab/mm';
import type { MachineConfig } from './config.js';
import { buildProcesses, channelSizes, imageSizes, type Process } from './processes.js';

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
    this.#cpus = cpuIds.map(
      (id) =>
        new Cpu({
          id,
          config: config.cpu,
          topology: config.topology,
          thp: config.thp,
          image,
          channel,
          sizes,
          spaces,
          threads: threadsOf(config, processes, id),
          backgroundSwitchNs: config.backgroundSwitchNs,
        }),
    );
  }

  /** Run all its CPUs through the present epoch. */
  runEpoch(): void {
    for (const cpu of this.#cpus) cpu.runEpoch();
  }
}

function threadsOf(config: MachineConfig, processes: readonly Process[], cpu: number): SimThread[] {
  return processes.flatMap((process, p) =>
    process.threads
      .filter((thread) => thread.cpu === cpu)
      .map((thread) => {
        const rng = Prng.stream(config.seed, `thread/${p}/${thread.index}`);
        return new SimThread(thread.id, process.space, process.workload.program(thread.index, rng), thread.firstCounter);
      }),
  );
}
