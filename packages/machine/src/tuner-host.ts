import type { Memory } from '@damonlab/mm';
import { InterleaveTuner, sysfsWeights } from '@damonlab/policies';
import type { Bandwidth } from './bandwidth.js';
import type { InterleaveTunerConfig, MachineConfig } from './config.js';
import { givePolicies } from './equip-memory.js';
import type { Kdamonds } from './kdamonds.js';

export interface TunerParts {
  readonly config: MachineConfig;
  readonly settings: InterleaveTunerConfig;
  readonly memory: Memory;
  readonly bandwidth: Bandwidth;
  readonly kdamonds: Kdamonds;
}

/** Nodes that pages are spread over. */
const FAST = 0;
const SLOW = 1;

/**
 * A program in user space that reads the bandwidth of the fast node and sets weights of interleaving: those in sysfs, for new pages, and
 * those of schemes' destinations. It takes no time of any CPU.
 */
export class TunerHost {
  /** When it looks again, ns. */
  nextNs: number;
  readonly #parts: TunerParts;
  readonly #tuner: InterleaveTuner;
  #adjustNs: number;
  #lastNs = 0;
  #lastBytes = 0;
  #changes = 0;

  constructor(parts: TunerParts) {
    const { settings } = parts;
    this.#parts = parts;
    this.#tuner = new InterleaveTuner(settings);
    this.nextNs = settings.sampleNs;
    this.#adjustNs = settings.adjustNs;
  }

  /** It is `nextNs`, or somewhat later: an epoch may end behind it. */
  look(nowNs: number): void {
    const { settings, bandwidth } = this.#parts;
    const bytes = bandwidth.bytes(FAST);
    this.#tuner.sample((bytes - this.#lastBytes) / (nowNs - this.#lastNs));
    this.#lastBytes = bytes;
    this.#lastNs = nowNs;
    this.nextNs = nowNs + settings.sampleNs;
    if (nowNs < this.#adjustNs) return;
    this.#adjustNs = nowNs + settings.adjustNs;
    const before = this.#tuner.local;
    if (this.#tuner.adjust() !== before) this.#set(nowNs);
  }

  counters(): Record<string, number> {
    return { interleave_tuner_changes: this.#changes, interleave_tuner_local_percent: this.#tuner.local };
  }

  #set(nowNs: number): void {
    const { config, settings, memory, kdamonds } = this.#parts;
    const { local } = this.#tuner;
    this.#changes++;
    const inSysfs = sysfsWeights(local);
    if (settings.sets.includes('sysfs')) givePolicies(config, memory, inSysfs);
    // Destinations may have no weight at all; where they follow sysfs, they are what is there.
    const ofDests = settings.sets.includes('sysfs') ? inSysfs : [local, 100 - local];
    if (settings.sets.includes('dests')) kdamonds.setDests(new Map([FAST, SLOW].map((nid) => [nid, ofDests[nid]])), nowNs);
  }
}
