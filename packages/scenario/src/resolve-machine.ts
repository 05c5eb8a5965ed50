import { UserError } from '@damonlab/base';
import type { CpuConfig, TlbConfig } from '@damonlab/cpu';
import { checkTopology, type Topology } from '@damonlab/mm';
import { lookup } from './lookup.js';
import { DEFAULT_MACHINE, MACHINE_PRESETS, type MachinePreset } from './presets/machines.js';
import { TLB_PRESETS } from './presets/tlbs.js';
import { defaultMatrix, TOPOLOGY_PRESETS } from './presets/topologies.js';
import type { Experiment } from './schema.js';
import type { ScenarioSource } from './source.js';

/** The machine preset that `machine:` names. */
export function machinePreset(experiment: Experiment, source: ScenarioSource): MachinePreset {
  const { machine } = experiment;
  const name = (typeof machine === 'object' ? machine.preset : machine) ?? DEFAULT_MACHINE;
  return lookup(MACHINE_PRESETS, name, 'machine', source.place(['machine', 'preset'], ['machine']));
}

/** @throws UserError for an unknown name or a machine that cannot be. */
export function resolveTopology(wanted: Experiment['topology'], preset: MachinePreset, source: ScenarioSource): Topology {
  const where = source.place(['topology']);
  if (typeof wanted !== 'object') return lookup(TOPOLOGY_PRESETS, wanted ?? preset.topology, 'topology', where);
  const nodes = wanted.nodes.map((node) => ({ cpus: node.cpus, memoryBytes: node.memory }));
  const topology: Topology = {
    name: wanted.name ?? 'custom',
    nodes,
    distance: wanted.distance ?? defaultMatrix(nodes, 'distance'),
    latencyNs: wanted.latency_ns ?? defaultMatrix(nodes, 'latencyNs'),
    ...(wanted.bandwidth_GBps === undefined ? {} : { bandwidthGBps: wanted.bandwidth_GBps }),
  };
  nodes.forEach((node, nid) => {
    if (node.memoryBytes > 0) return;
    const place = source.place(['topology', 'nodes', nid, 'memory']);
    throw new UserError('a node without memory', { where: place, expected: 'memory on every node', actual: '0 bytes' });
  });
  checkTopology(topology, where);
  return topology;
}

/** @throws UserError for an unknown name or entries that do not fill whole sets. */
export function resolveTlb(wanted: Experiment['tlb'], preset: MachinePreset, source: ScenarioSource): TlbConfig {
  if (typeof wanted !== 'object') return lookup(TLB_PRESETS, wanted ?? preset.tlb, 'TLB', source.place(['tlb']));
  const { entries, ways, huge_entries: hugeEntries = entries, huge_ways: hugeWays = ways, asids = 6 } = wanted;
  checkSets(entries, ways, source.place(['tlb', 'entries']));
  checkSets(hugeEntries, hugeWays, source.place(['tlb', 'huge_entries'], ['tlb', 'huge_ways'], ['tlb', 'entries']));
  return { kind: 'finite', entries, ways, hugeEntries, hugeWays, asids };
}

function checkSets(entries: number, ways: number, where: string): void {
  const sets = entries / ways;
  if (Number.isInteger(sets) && (sets & (sets - 1)) === 0) return;
  throw new UserError('impossible TLB', { where, expected: 'ways times a power of two', actual: `${entries} entries of ${ways} ways` });
}

/** The CPU: its TLB and its costs. */
export function resolveCpu(experiment: Experiment, preset: MachinePreset, source: ScenarioSource): CpuConfig {
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  return {
    tlb: resolveTlb(experiment.tlb, preset, source),
    walkNs: costs.walk ?? preset.walkNs,
    faultNs: costs.fault ?? preset.faultNs,
    hintFaultNs: costs.hint_fault ?? preset.hintFaultNs,
    shootdownNs: costs.shootdown ?? preset.shootdownNs,
    contextSwitchNs: costs.context_switch ?? preset.contextSwitchNs,
    sliceNs: costs.slice ?? preset.sliceNs,
  };
}
