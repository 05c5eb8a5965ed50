import { type ActionCost, PaddrActions, VaddrActions, type VaddrTarget } from '@damonlab/damon-ops';
import { type DamosOperations, damosProfile } from '@damonlab/damos';
import { type Memory, VmaIndex } from '@damonlab/mm';
import type { MachineConfig, MonitorConfig } from './config.js';
import type { MappingsChanged } from './equip-memory.js';
import { allSpaces, memcgPaths } from './other-memory.js';
import type { Process } from './processes.js';
import type { Spend } from './scheme-host.js';

export interface ActionsParts {
  readonly config: MachineConfig;
  readonly monitor: MonitorConfig;
  readonly memory: Memory;
  readonly processes: readonly Process[];
  readonly changed: MappingsChanged;
}

/** For machines that do not say what actions take: nothing. */
export const FREE_ACTIONS: ActionCost = { lookNs: 0, migrateNs: 0, pageoutNs: 0 };

/** What a kdamond's schemes do to this machine's memory; `targets` for address spaces, `valid` for physical memory. */
export function createActions(
  { config, monitor, memory, processes, changed }: ActionsParts,
  targets: readonly VaddrTarget[],
  valid: () => boolean,
  spend: Spend,
): DamosOperations {
  const spaces = allSpaces(processes, memory);
  const parts = {
    memory,
    vmas: new VmaIndex(spaces),
    memcgs: memcgPaths(config, spaces),
    ...changed,
    cost: config.memory?.actionCost ?? FREE_ACTIONS,
    spend,
  };
  return monitor.ops === 'paddr'
    ? new PaddrActions(parts, valid, damosProfile(monitor.kernel))
    : new VaddrActions(monitor.ops, parts, targets);
}
