import { setImmediate as breathe } from 'node:timers/promises';
import { BARRIER_WORDS } from '@damonlab/base';
import { allocateChannel, type ChannelSizes, type CpuChannel, EpochSlot, openChannel } from '@damonlab/cpu';
import type { HintFaults } from '@damonlab/hint-faults';
import { allocateImage, BuddyAllocator, fillPageCache, LruAddBatches, Memory, openImage, type Reclaim } from '@damonlab/mm';
import { Bandwidth } from './bandwidth.js';
import { Charges } from './charges.js';
import type { MachineConfig } from './config.js';
import { equipMemory, type MappingsChanged, mappingsChanged, reclaimCounters } from './equip-memory.js';
import { createExecutor, type Executor, type ExecutorSpec } from './executor.js';
import type { MachineBuffers } from './lane.js';
import { layOtherMemory } from './other-memory.js';
import { channelSizes, imageSizes, lruAddFilled, type Process } from './processes.js';
import { FaultResolver } from './resolve-faults.js';
import { createHintFaults } from './sharing.js';
import { Shootdowns } from './shootdowns.js';
import type { Meeting, MeetingParts, World } from './world.js';

/** Look at the event loop (signals, progress, deaths of workers) this often while CPUs run, ms of real time. */
const BREATHE_EVERY_MS = 30;

/** The machine in virtual time: CPUs run in rounds, and everything else happens between two of them, when no CPU runs. */
export class VirtualWorld implements World {
  readonly memory: Memory;
  readonly hintFaults: HintFaults | null;
  readonly shootdowns: Shootdowns;
  readonly charges: Charges;
  readonly changed: MappingsChanged;
  readonly reclaim: Reclaim | null;
  readonly channel: CpuChannel;
  readonly wall = null;
  readonly scans = null;
  readonly #executor: Executor;

  private constructor(config: MachineConfig, processes: readonly Process[], buffers: MachineBuffers, executor: Executor) {
    const sizes = channelSizes(config, processes);
    this.channel = openChannel(buffers.channel, sizes);
    const other = layOtherMemory(config, processes);
    const image = openImage(buffers.image, imageSizes(config, processes));
    const lruAdd = new LruAddBatches(lruAddFilled(config));
    const frames = other && new BuddyAllocator(config.topology, image.frameLink, other.taken);
    this.memory = new Memory(config.topology, image, config.thp, lruAdd, frames);
    this.memory.pageCache = other?.pageCache ?? null;
    this.shootdowns = new Shootdowns(this.channel, this.memory.image.pteFlags.length);
    this.hintFaults = createHintFaults(config, this.memory, this.shootdowns);
    this.charges = new Charges(this.channel, sizes.nrCpus);
    this.changed = mappingsChanged(this.shootdowns, this.hintFaults);
    this.reclaim = equipMemory(config, this.memory, processes, this.changed);
    if (other !== undefined) fillPageCache(this.memory, other.taken);
    this.#executor = executor;
  }

  /** Bring up the CPUs. @throws RunError when a worker cannot start. */
  static async create(config: MachineConfig, processes: Process[], spec: ExecutorSpec): Promise<VirtualWorld> {
    const buffers = {
      image: allocateImage(imageSizes(config, processes)),
      channel: allocateChannel(channelSizes(config, processes)),
      barrier: new SharedArrayBuffer(BARRIER_WORDS * Int32Array.BYTES_PER_ELEMENT),
    };
    const executor = await createExecutor(spec, config, buffers, processes);
    return new VirtualWorld(config, processes, buffers, executor);
  }

  get placing(): CpuChannel {
    return this.channel;
  }

  meet(parts: MeetingParts): Meeting {
    return new Rounds(this, this.#executor, parts);
  }

  async close(): Promise<void> {
    await this.#executor.close();
  }
}

/** Meets all CPUs at the barrier. */
class Rounds implements Meeting {
  readonly bandwidth: Bandwidth | null;
  readonly #world: VirtualWorld;
  readonly #executor: Executor;
  readonly #parts: MeetingParts;
  readonly #sizes: ChannelSizes;
  readonly #faults: FaultResolver;
  #endNs = 0;

  constructor(world: VirtualWorld, executor: Executor, parts: MeetingParts) {
    const { config, processes, latencies, faults, kdamonds } = parts;
    this.#world = world;
    this.#executor = executor;
    this.#parts = parts;
    this.#sizes = channelSizes(config, processes);
    const { channel, memory, hintFaults, charges, reclaim } = world;
    this.bandwidth = Bandwidth.of(config.topology, channel);
    this.#faults = new FaultResolver({
      channel,
      memory,
      hintFaults,
      charges,
      reclaim,
      sizes: this.#sizes,
      processes,
      topology: config.topology,
      hintFaultNs: config.cpu.hintFaultNs,
      latencies,
      sample: faults,
      onSample: (seen, latencyNs) => kdamonds.onSample(seen, latencyNs),
    });
    channel.epoch[EpochSlot.arming] = hintFaults === null ? 0 : 1;
    channel.epoch[EpochSlot.generation] = memory.generation;
  }

  get workers(): Executor['workers'] {
    return this.#executor.workers;
  }

  start(): void {}

  async pass(startNs: number, endNs: number): Promise<number> {
    const { epoch } = this.#world.channel;
    epoch[EpochSlot.startNs] = startNs;
    epoch[EpochSlot.endNs] = endNs;
    epoch[EpochSlot.sampling] = this.#parts.kdamonds.sampling ? 1 : 0;
    this.#executor.startEpoch();
    while (!this.#executor.awaitEpoch(BREATHE_EVERY_MS)) await breathe();
    this.#endNs = endNs;
    return endNs;
  }

  settle(startNs: number): number[] {
    const { shootdowns, channel, reclaim } = this.#world;
    const endNs = this.#endNs;
    shootdowns.clear();
    this.#faults.resolve(startNs);
    reclaim?.kswapd(endNs, endNs - startNs);
    this.bandwidth?.epoch(endNs - startNs);
    return this.#parts.phases.drain(channel, this.#sizes, startNs);
  }

  dismiss(): void {
    const { charges, channel, memory } = this.#world;
    charges.settle();
    channel.epoch[EpochSlot.generation] = memory.generation;
  }

  due(): void {}

  endWindow(): void {}

  async stop(): Promise<boolean> {
    return false;
  }

  /** No CPU runs while the coordinator does not let it: not to come back is a pause. */
  pause(): void {}

  resume(): void {}

  counters(): Record<string, number> {
    return { ...reclaimCounters(this.#world.reclaim), ...this.bandwidth?.counters() };
  }
}
