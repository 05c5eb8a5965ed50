import { Prng } from '@damonlab/base';
import { type AddressSpace, type Memory, pageCachePages, pageCacheSpace, takeOtherMemory } from '@damonlab/mm';
import type { MachineConfig } from './config.js';
import type { Process } from './processes.js';

/** Memory that is taken before the first process starts. */
export interface OtherMemoryLaid {
  /** By frame, what for. */
  readonly taken: Uint8Array;
  /** Null: there is none. */
  readonly pageCache: AddressSpace | null;
}

/** Where other memory lies is drawn from the machine's seed; undefined: there is none. @throws UserError where it finds no room. */
export function layOtherMemory({ topology, otherMemory, seed }: MachineConfig, processes: readonly Process[]): OtherMemoryLaid | undefined {
  if (otherMemory === undefined) return undefined;
  const pages = pageCachePages(otherMemory);
  return {
    taken: takeOtherMemory(topology, otherMemory, Prng.stream(seed, 'other_memory')),
    pageCache: pages === 0 ? null : pageCacheSpace(processes.length, pages, processes.at(-1)?.space.endPte ?? 0),
  };
}

/** The memory cgroup of each of `spaces`; what no process has mapped is the root's. */
export function memcgPaths({ processes }: MachineConfig, spaces: readonly AddressSpace[]): string[] {
  return spaces.map(({ id }) => processes[id]?.memcg ?? '/');
}

/** The address spaces of the processes, and that of the page cache if there is one. */
export function allSpaces(processes: readonly Process[], { pageCache }: Memory): AddressSpace[] {
  const spaces = processes.map(({ space }) => space);
  return pageCache === null ? spaces : [...spaces, pageCache];
}
