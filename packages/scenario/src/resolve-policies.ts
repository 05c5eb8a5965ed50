import { NS_PER_MS, UserError } from '@damonlab/base';
import type { Topology } from '@damonlab/mm';
import type { MachinePreset } from './presets/machines.js';
import { type ResolvedMonitor, type ResolvedPolicies, type SchedPolicy, TUNER_SETS } from './resolved.js';
import type { Experiment } from './schema.js';
import type { ScenarioSource } from './source.js';

type Wanted = NonNullable<Experiment['policies']>;
type WantedTuner = Exclude<NonNullable<Wanted['interleave_tuner']>, boolean>;
type WantedMigration = Exclude<NonNullable<Wanted['migrate_by_shares']>, boolean>;

/** 16 MiB in a window of 100 ms is 160 MiB/s. */
const DEFAULT_BYTES_PER_WINDOW = 16 * 1024 ** 2;
const DEFAULT_MIN_SHARE = 0.6;
const DEFAULT_MIN_REPORTS = 8;
const DEFAULT_TUNER_SAMPLE_NS = 100 * NS_PER_MS;
const DEFAULT_TUNER_ADJUST_NS = 10 * DEFAULT_TUNER_SAMPLE_NS;
const DEFAULT_CUTOFF = 0.8;

/**
 * What acts on DAMON's reports and on bandwidth, empty where the scenario asks for nothing.
 * @throws UserError where there are no reports to act on, or no second node to act towards.
 */
export function resolvePolicies(
  experiment: Experiment,
  monitor: ResolvedMonitor | null,
  topology: Topology,
  preset: MachinePreset,
  source: ScenarioSource,
): { readonly policies?: ResolvedPolicies } {
  const { migrate_by_shares: wanted = false, dirty_rate: dirtyRate = false, interleave_tuner: tuner = false } = experiment.policies ?? {};
  const resolved: ResolvedPolicies = {
    ...(wanted === false ? {} : { migrateByShares: migration(wanted === true ? {} : wanted, experiment, preset) }),
    ...(dirtyRate ? { dirtyRate } : {}),
    ...(tuner === false ? {} : { interleaveTuner: interleaveTuner(tuner === true ? {} : tuner, monitor, topology, source) }),
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

/** @throws UserError on a machine that has no bandwidths to watch, and where the destinations of no scheme are to be set. */
function interleaveTuner(
  wanted: WantedTuner,
  monitor: ResolvedMonitor | null,
  { nodes, bandwidthGBps, name }: Topology,
  source: ScenarioSource,
): NonNullable<ResolvedPolicies['interleaveTuner']> {
  const where = source.place(['policies', 'interleave_tuner']);
  if (bandwidthGBps === undefined || nodes.length !== 2) {
    throw new UserError('interleave_tuner weighs two nodes by the bandwidth of the first', {
      where,
      expected: 'a topology of two nodes with bandwidth_GBps',
      actual: `${name}, ${nodes.length} node${nodes.length === 1 ? '' : 's'}${bandwidthGBps === undefined ? ' without it' : ''}`,
    });
  }
  const weighted = monitor?.schemes.some(({ dests }) => dests.length > 0) ?? false;
  const sets = wanted.sets ?? (weighted ? TUNER_SETS : ['sysfs' as const]);
  if (sets.includes('dests') && !weighted) {
    throw new UserError('interleave_tuner is to set the destinations of schemes, and none has any', {
      where,
      expected: 'a scheme with dests in the first monitor, or sets: [sysfs]',
    });
  }
  return {
    sampleNs: wanted.sample ?? DEFAULT_TUNER_SAMPLE_NS,
    adjustNs: wanted.adjust ?? DEFAULT_TUNER_ADJUST_NS,
    cutoff: bandwidthGBps[0] * (wanted.cutoff ?? DEFAULT_CUTOFF),
    sets,
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
