import { PAGE_BYTES, UserError } from '@damonlab/base';
import type { Topology } from '@damonlab/mm';
import type { MachinePreset } from './presets/machines.js';
import type { ResolvedMemory, ResolvedMonitor } from './resolved.js';
import type { Experiment } from './schema.js';
import type { ScenarioSource } from './source.js';

/** What goes on in memory beside first touches; nothing where nobody acts on it. @throws UserError: demotion without a lower tier */
export function resolveMemory(
  experiment: Experiment,
  monitors: readonly ResolvedMonitor[],
  topology: Topology,
  preset: MachinePreset,
  source: ScenarioSource,
): { readonly memory?: ResolvedMemory } {
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  const acts = monitors.flatMap((monitor) => [monitor, ...monitor.commits]).some(({ schemes = [] }) => schemes.length > 0);
  const advises = experiment.processes.some(({ madvise = [] }) => madvise.length > 0);
  const demotion = experiment.demotion === true;
  if (demotion) checkTiers(topology, source);
  if (!acts && !advises && !demotion && experiment.swap === undefined) return {};
  const actionCost = {
    lookNs: costs.look ?? preset.lookNs,
    migrateNs: costs.migrate ?? preset.numa.migrateNs,
    pageoutNs: PAGEOUT_NS,
  };
  const swap = resolveSwap(experiment.swap ?? (demotion ? 0 : undefined), costs.look ?? preset.lookNs);
  return { memory: { actionCost, ...swap, ...(demotion ? { demotion } : {}) } };
}

function checkTiers({ name, nodes }: Topology, source: ScenarioSource): void {
  if (nodes.some(({ cpus }) => cpus === 0)) return;
  throw new UserError('nothing can be demoted on this machine', {
    where: source.place(['demotion']),
    expected: 'a topology with a node without CPUs',
    actual: name,
  });
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
