import { UserError } from '@damonlab/base';
import type { Topology } from '@damonlab/mm';
import type { MachinePreset } from './presets/machines.js';
import type { ResolvedMonitor, ResolvedPolicies, SchedPolicy } from './resolved.js';
import type { Experiment } from './schema.js';
import type { ScenarioSource } from './source.js';

type Wanted = NonNullable<Experiment['policies']>;
type WantedMigration = Exclude<NonNullable<Wanted['migrate_by_shares']>, boolean>;

/** 16 MiB in a window of 100 ms is 160 MiB/s. */
const DEFAULT_BYTES_PER_WINDOW = 16 * 1024 ** 2;
const DEFAULT_MIN_SHARE = 0.6;
const DEFAULT_MIN_REPORTS = 8;

/**
 * What acts on DAMON's reports, empty where the scenario asks for nothing.
 * @throws UserError where there are no reports to act on, or no second node to act towards.
 */
export function resolvePolicies(
  experiment: Experiment,
  monitor: ResolvedMonitor | null,
  topology: Topology,
  preset: MachinePreset,
  source: ScenarioSource,
): { readonly policies?: ResolvedPolicies } {
  const { migrate_by_shares: wanted = false, dirty_rate: dirtyRate = false } = experiment.policies ?? {};
  const resolved: ResolvedPolicies = {
    ...(wanted === false ? {} : { migrateByShares: migration(wanted === true ? {} : wanted, experiment, preset) }),
    ...(dirtyRate ? { dirtyRate } : {}),
  };
  if (resolved.migrateByShares !== undefined) {
    checkReports('migrate_by_shares', monitor, topology, source.place(['policies', 'migrate_by_shares']));
  }
  if (dirtyRate) checkVirtual('dirty_rate', monitor, source.place(['policies', 'dirty_rate']));
  return Object.keys(resolved).length === 0 ? {} : { policies: resolved };
}

function migration(
  wanted: WantedMigration,
  experiment: Experiment,
  preset: MachinePreset,
): NonNullable<ResolvedPolicies['migrateByShares']> {
  const costs = typeof experiment.machine === 'object' ? experiment.machine : {};
  return {
    bytesPerWindow: wanted.bytes_per_window ?? DEFAULT_BYTES_PER_WINDOW,
    minShare: wanted.min_share ?? DEFAULT_MIN_SHARE,
    minReports: wanted.min_reports ?? DEFAULT_MIN_REPORTS,
    to: wanted.to ?? 'most',
    migrateNs: costs.migrate ?? preset.numa.migrateNs,
  };
}

/** @throws UserError if the access-aware scheduler would see nothing. */
export function checkAccessAware(policy: SchedPolicy, monitor: ResolvedMonitor | null, topology: Topology, source: ScenarioSource): void {
  if (policy === 'access_aware') checkReports('access_aware', monitor, topology, source.place(['sched', 'policy'], ['sched']));
}

function checkReports(what: string, monitor: ResolvedMonitor | null, topology: Topology, where: string): void {
  checkVirtual(what, monitor, where);
  if (monitor?.sample.primitive === 'page_table') {
    throw new UserError(`${what} has to know who makes the accesses, which Accessed bits do not say`, {
      where,
      expected: 'monitor.sample_control.primitive page_fault or sampled_accesses',
      actual: 'page_table',
    });
  }
  if (topology.nodes.length > 1) return;
  throw new UserError(`${what} on a machine with one node`, {
    where,
    expected: 'a topology of several nodes, e.g. 2-node',
    actual: topology.name,
  });
}

function checkVirtual(what: string, monitor: ResolvedMonitor | null, where: string): void {
  if (monitor !== null && monitor.ops !== 'paddr') return;
  throw new UserError(`${what} goes by the address spaces that DAMON watches`, {
    where,
    expected: 'a monitor with ops vaddr or fvaddr',
    actual: monitor === null ? 'monitor: off' : 'ops: paddr',
  });
}
