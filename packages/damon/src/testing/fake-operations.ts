import type { AddrRange } from '@damonlab/base';
import { type DamonRandom, damonRand } from '../damon-rand.js';
import type { DamonOperations } from '../operations.js';
import type { KernelProfile } from '../profile.js';
import type { RegionList } from '../region-list.js';

export interface FakeOperationsConfig {
  readonly profile: KernelProfile;
  readonly rng: DamonRandom;
  /** Whether the byte at this address is accessed within every sampling interval. */
  readonly isHot: (addr: number) => boolean;
  readonly initRanges?: AddrRange[];
}

/** An address space without pages: a function says which addresses are accessed. */
export class FakeOperations implements DamonOperations {
  readonly name = 'vaddr';
  isHot: (addr: number) => boolean;
  valid = true;
  nextRanges: AddrRange[] | undefined = undefined;
  updates = 0;
  readonly #config: FakeOperationsConfig;

  constructor(config: FakeOperationsConfig) {
    this.#config = config;
    this.isHot = config.isHot;
  }

  initRanges(): AddrRange[] | undefined {
    return this.#config.initRanges;
  }

  updateRanges(): AddrRange[] | undefined {
    this.updates++;
    return this.nextRanges;
  }

  prepareAccessChecks(_targetIndex: number, regions: RegionList): void {
    const { rng, profile } = this.#config;
    for (let i = 0; i < regions.length; i++) regions.samplingAddr[i] = damonRand(rng, regions.start[i], regions.end[i], profile);
  }

  checkAccesses(_targetIndex: number, regions: RegionList): number {
    let max = 0;
    for (let i = 0; i < regions.length; i++) {
      if (this.isHot(regions.samplingAddr[i])) regions.nrAccesses[i]++;
      max = Math.max(max, regions.nrAccesses[i]);
    }
    return max;
  }

  targetValid(): boolean {
    return this.valid;
  }
}
