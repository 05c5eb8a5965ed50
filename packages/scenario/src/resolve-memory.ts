import type { MachinePreset } from './presets/machines.js';
import type { ResolvedMemory, ResolvedMonitor } from './resolved.js';
import type { Experiment } from './schema.js';

/** What goes on in memory beside first touches; nothing where nobody acts on it. */
export function resolveMemory(
  experiment: Experiment,
  monitors: readonly ResolvedMonitor[],
  preset: MachinePreset,
): { readonly memory?: ResolvedMemory } {
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  const acts = monitors.flatMap((monitor) => [monitor, ...monitor.commits]).some(({ schemes = [] }) => schemes.length > 0);
  if (!acts) return {};
  const actionCost = { lookNs: costs.look ?? preset.lookNs, migrateNs: costs.migrate ?? preset.numa.migrateNs };
  return { memory: { actionCost } };
}
