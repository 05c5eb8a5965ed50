import { PAGE_BYTES, Prng, PS_PER_NS } from '@damonlab/base';
import { type AddressSpace, allocateImage, buildAddressSpace, Memory, type MemoryImage, openImage, pteToAddr, vmaAt } from '@damonlab/mm';
import { AccessBatch, type AccessProgram, BatchKind } from '@damonlab/workload';
import {
  allocateChannel,
  type ChannelSizes,
  type CpuChannel,
  EpochSlot,
  eventLogEntries,
  LogSlot,
  openChannel,
  StateSlot,
} from '../channel.js';
import type { CpuConfig } from '../config.js';
import { Cpu } from '../cpu.js';
import { SimThread } from '../thread.js';
import { TWO_NODES } from './rig.js';

/** What a thread does: its batches, one after the other, then it ends. `loop`: from the start again and again. */
export interface Script {
  readonly space: number;
  readonly batches: readonly Partial<AccessBatch>[];
  readonly loop?: boolean;
}

/** Hands out the batches of a script and notes when it was asked. */
class ScriptedProgram implements AccessProgram {
  readonly lists: readonly Uint32Array[] = [];
  readonly askedNs: number[] = [];
  readonly #script: Script;
  #next = 0;

  constructor(script: Script) {
    this.#script = script;
  }

  next(batch: AccessBatch, nowNs: number): void {
    this.askedNs.push(nowNs);
    const { batches, loop } = this.#script;
    if (loop === true) this.#next %= batches.length;
    Object.assign(batch, new AccessBatch(), batches[this.#next] ?? { kind: BatchKind.exit });
    this.#next++;
  }

  save(): void {}
  restore(): void {}
}

export interface LoggedEvent {
  readonly timePs: number;
  readonly thread: number;
  readonly phase: number;
}

export const REGION_PAGES = 64;
const EPOCH_MAX_NS = 10_000_000;

/** One simulated CPU with scripted threads, driven epoch by epoch. Each address space has one region of `REGION_PAGES` pages. */
/** Regions that a space of the tests has at most. */
const MOST_REGIONS = 16;

export class MachineOfOne {
  readonly cpu: Cpu;
  readonly image: MemoryImage;
  readonly channel: CpuChannel;
  readonly programs: readonly ScriptedProgram[];
  /** All events so far, in ps since the start of the run. */
  readonly events: LoggedEvent[] = [];
  readonly faults: { readonly timePs: number; readonly pte: number }[] = [];
  readonly spaces: readonly AddressSpace[];
  readonly #memory: Memory;
  readonly #sizes: ChannelSizes;
  #nowNs = 0;

  constructor(config: CpuConfig, scripts: readonly Script[], options: { premapped: boolean; backgroundSwitchNs?: number }) {
    const nrSpaces = Math.max(...scripts.map((script) => script.space)) + 1;
    this.spaces = layOut(nrSpaces);
    const sizes = {
      nrPtes: this.spaces[nrSpaces - 1].endPte,
      nrFrames: TWO_NODES.nodes.reduce((sum, node) => sum + node.memoryBytes / PAGE_BYTES, 0),
    };
    this.image = openImage(allocateImage(sizes), sizes);
    this.#memory = new Memory(TWO_NODES, this.image, 'never');
    this.#sizes = {
      nrCpus: 1,
      epochMaxNs: EPOCH_MAX_NS,
      faultNs: config.faultNs,
      nrThreads: scripts.length,
      threadWords: 0,
      nrRegionCounters: 2 * scripts.length * MOST_REGIONS,
      latencies: false,
      traffic: false,
    };
    this.channel = openChannel(allocateChannel(this.#sizes), this.#sizes);
    this.programs = scripts.map((script) => new ScriptedProgram(script));
    if (options.premapped) this.#mapAll();
    const threads = this.programs.map((program, id) => {
      return new SimThread(id, this.spaces[scripts[id].space], program, Prng.stream(id, 'script'), 2 * id * MOST_REGIONS);
    });
    this.cpu = new Cpu({
      id: 0,
      config,
      topology: TWO_NODES,
      thp: 'never',
      image: this.image,
      channel: this.channel,
      sizes: this.#sizes,
      spaces: this.spaces,
      threads: { thread: (id) => threads[id] },
      backgroundSwitchNs: options.backgroundSwitchNs ?? 0,
      sampling: null,
      timing: null,
    });
  }

  /** One epoch of `ns`; `stealNs` of it belong to somebody else. */
  epoch(ns: number, stealNs = 0): void {
    const { channel } = this;
    channel.epoch[EpochSlot.startNs] = this.#nowNs;
    channel.epoch[EpochSlot.endNs] = this.#nowNs + ns;
    channel.epoch[EpochSlot.generation] = this.#memory.generation;
    channel.state[StateSlot.stealPs] += stealNs * PS_PER_NS;
    this.cpu.runEpoch();
    this.#drain();
    this.#nowNs += ns;
  }

  state(slot: keyof typeof StateSlot): number {
    return this.channel.state[StateSlot[slot]];
  }

  /** Where the CPU's clock stands, ps since the start of the run. */
  get clockPs(): number {
    return this.#nowNs * PS_PER_NS + this.state('carryPs');
  }

  get live(): number {
    return this.channel.logs[LogSlot.nrLive];
  }

  #drain(): void {
    const { channel } = this;
    const startPs = this.#nowNs * PS_PER_NS;
    const nrEvents = channel.logs[LogSlot.nrEvents];
    if (nrEvents > eventLogEntries(this.#sizes)) throw new Error('event log overflows');
    for (let i = 0; i < nrEvents; i++) {
      this.events.push({ timePs: startPs + channel.eventTimePs[i], thread: channel.eventThread[i], phase: channel.eventPhase[i] });
    }
    for (let i = 0; i < channel.logs[LogSlot.nrFaults]; i++) {
      this.faults.push({ timePs: startPs + channel.faultTimePs[i], pte: channel.faultPte[i] });
      this.#map(this.spaces[channel.faultSpace[i]], channel.faultPte[i]);
    }
    channel.logs[LogSlot.nrEvents] = 0;
    channel.logs[LogSlot.nrFaults] = 0;
  }

  #mapAll(): void {
    for (const space of this.spaces) {
      for (const { firstPte } of space.regions) for (let i = 0; i < REGION_PAGES; i++) this.#map(space, firstPte + i);
    }
  }

  #map(space: AddressSpace, pte: number): void {
    const vma = vmaAt(space, pteToAddr(space, pte));
    if (vma === undefined) throw new Error(`entry ${pte} lies in no VMA`);
    this.#memory.handleFault(space, vma, pte, 0);
  }
}

function layOut(nrSpaces: number): AddressSpace[] {
  const region = { name: 'r', role: 'data', bytes: REGION_PAGES * PAGE_BYTES, headerBytes: 0 } as const;
  const spaces: AddressSpace[] = [];
  for (let id = 0; id < nrSpaces; id++) spaces.push(buildAddressSpace(id, [region], spaces.at(-1)?.endPte ?? 0, Prng.stream(id, 'layout')));
  return spaces;
}
