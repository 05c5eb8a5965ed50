import { alignUp, assert, PAGE_BYTES } from '@damonlab/base';
import type { CpuChannel } from '@damonlab/cpu';
import { Madvise, type MadviseAdvice } from '@damonlab/damon-ops';
import { type Memory, VmaIndex } from '@damonlab/mm';
import { FREE_ACTIONS } from './actions.js';
import type { Charges } from './charges.js';
import type { MachineConfig, MadviseCallConfig } from './config.js';
import type { MappingsChanged } from './equip-memory.js';
import type { PhaseLog } from './phase-log.js';
import type { Process } from './processes.js';

export interface MadviseCallsParts {
  readonly config: MachineConfig;
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly phases: PhaseLog;
  readonly changed: MappingsChanged;
  readonly charges: Charges;
  /** Where threads run. */
  readonly placing: CpuChannel;
}

interface Call {
  readonly process: Process;
  readonly index: number;
  readonly advice: MadviseAdvice;
  readonly start: number;
  readonly end: number;
  readonly everyNs: number;
  nextNs: number;
}

/** What processes advise the kernel by madvise at their times, each by its first thread, whose CPU spends what it takes. */
export class MadviseCalls {
  readonly #parts: MadviseCallsParts;
  readonly #calls: readonly Call[];
  readonly #madvise: Madvise;
  #spentNs = 0;
  #made = 0;
  #refused = 0;

  constructor(parts: MadviseCallsParts) {
    const { config, memory, processes, changed } = parts;
    this.#parts = parts;
    this.#calls = processes.flatMap((process, index) =>
      (config.processes[index].madvise ?? []).map((call) => resolve(process, index, call)),
    );
    this.#madvise = new Madvise({
      memory,
      vmas: new VmaIndex(processes.map(({ space }) => space)),
      memcgs: [],
      ...changed,
      cost: config.memory?.actionCost ?? FREE_ACTIONS,
      spend: (ns) => {
        this.#spentNs += ns;
      },
    });
  }

  /** When the next call is due, ns. */
  get nextNs(): number {
    return this.#calls.reduce((next, call) => Math.min(next, this.#due(call)), Number.POSITIVE_INFINITY);
  }

  /** Make all calls that are due, in the order of the processes. */
  run(nowNs: number): void {
    for (const call of this.#calls) {
      if (this.#due(call) > nowNs) continue;
      call.nextNs = call.everyNs === 0 ? Number.POSITIVE_INFINITY : call.nextNs + call.everyNs;
      this.#make(call);
    }
  }

  /** Only where somebody makes any. */
  counters(): Record<string, number> {
    return this.#calls.length === 0 ? {} : { madvise_calls: this.#made, madvise_refused: this.#refused };
  }

  #due({ index, nextNs }: Call): number {
    return this.#parts.phases.alive(index) ? nextNs : Number.POSITIVE_INFINITY;
  }

  /** @kernel mm/madvise.c madvise_free_single_vma, madvise_cold, madvise_pageout: lru_add_drain (7.3, 6.12) */
  #make({ process, advice, start, end }: Call): void {
    const { memory, charges, placing } = this.#parts;
    const cpu = placing.threadCpu[process.threads[0].id];
    memory.lruAdd.drain(cpu);
    this.#spentNs = 0;
    this.#made++;
    if (!this.#madvise.do(advice, process.space, start, end)) this.#refused++;
    charges.add(cpu, this.#spentNs);
  }
}

function resolve(process: Process, index: number, call: MadviseCallConfig): Call {
  const { atNs, everyNs, advice, offset } = call;
  const region = process.space.regions.find(({ name }) => name === call.region);
  assert(region !== undefined, `process ${process.name} has a region ${call.region}`);
  const start = region.start + offset;
  const end = call.length === undefined ? region.end : alignUp(start + call.length, PAGE_BYTES);
  assert(start < end && end <= region.end, `advice is about bytes of region ${call.region}`);
  return { process, index, advice, start, end, everyNs, nextNs: atNs };
}
