import { PAGE_BYTES } from '@damonlab/base';
import type { MachinePreset } from './presets/machines.js';
import { resolveMemcgs } from './resolve-memcgs.js';
import type { ResolvedMemory, ResolvedMonitor } from './resolved.js';
import type { Experiment } from './schema.js';
import type { ScenarioSource } from './source.js';

/** What goes on in memory beside first touches; nothing where nobody acts on it. */
export function resolveMemory(
  experiment: Experiment,
  monitors: readonly ResolvedMonitor[],
  preset: MachinePreset,
  source: ScenarioSource,
): { readonly memory?: ResolvedMemory } {
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  const acts = monitors.flatMap((monitor) => [monitor, ...monitor.commits]).some(({ schemes = [] }) => schemes.length > 0);
  const advises = experiment.processes.some(({ madvise = [] }) => madvise.length > 0);
  const memcgs = resolveMemcgs(experiment, source);
  if (!acts && !advises && experiment.swap === undefined && memcgs === undefined) return {};
  const actionCost = {
    lookNs: costs.look ?? preset.lookNs,
    migrateNs: costs.migrate ?? preset.numa.migrateNs,
    pageoutNs: PAGEOUT_NS,
  };
  // Where a cgroup has to make room, files at least can go.
  const swap = resolveSwap(experiment.swap ?? (memcgs && 0), costs.look ?? preset.lookNs);
  return { memory: { actionCost, ...swap, ...(memcgs && { memcgs }) } };
}

/** Asking a device for a page, or handing it one: unmap, allocate a slot, submit. */
const PAGEOUT_NS = 2_000;
/** A page from or to a fast NVMe device: about 70 us to read one, 1 GB/s to write many. */
const SWAP_IN_NS = 70_000;
const SWAP_OUT_NS = 4_000;

function resolveSwap(wanted: Experiment['swap'], scanNs: number): Pick<ResolvedMemory, 'swap'> {
  if (wanted === undefined) return {};
  const { size, in: inNs = SWAP_IN_NS, out: outNs = SWAP_OUT_NS } = typeof wanted === 'number' ? { size: wanted } : wanted;
  return { swap: { pages: Math.floor(size / PAGE_BYTES), scanNs, outNs, inNs } };
}
