import { type KeyPath, type PlaceOfKey, UserError } from '@damonlab/base';
import type { DamonAttrs } from '@damonlab/damon';
import type { SchemeConfig } from '@damonlab/damos';
import type { Topology } from '@damonlab/mm';
import type { MachinePreset } from './presets/machines.js';
import { DEFAULT_ATTRS, resolveAttrs } from './resolve-attrs.js';
import { resolveSampleControl } from './resolve-sample.js';
import { resolveSchemes, warnOfNothing } from './resolve-schemes.js';
import { type ResolvedTargets, resolveCommittedRanges, resolveTargets } from './resolve-targets.js';
import type { KdamondCost, Kernel, OnlineCommit, ResolvedMonitor } from './resolved.js';
import type { Experiment, ExperimentMonitor } from './schema.js';
import type { ExperimentScheme } from './scheme-schema.js';
import type { ScenarioSource } from './source.js';

export const DEFAULT_KERNEL: Kernel = '7.3';

/** What a kdamond is resolved in. */
interface MonitorContext {
  readonly experiment: Experiment;
  readonly kernel: Kernel;
  readonly preset: MachinePreset;
  readonly topology: Topology;
  /** Where a key of the monitor stands. */
  readonly place: PlaceOfKey;
  readonly warn: (message: string) => void;
}

/**
 * All kdamonds and what they watch, in their order; none if nobody watches.
 * @throws UserError for attributes that the kernel refuses, and for regions that cannot be.
 */
export function resolveMonitors(
  experiment: Experiment,
  preset: MachinePreset,
  topology: Topology,
  source: ScenarioSource,
  warn: (message: string) => void,
): ResolvedMonitor[] {
  const { monitor: wanted = {}, kernel = DEFAULT_KERNEL } = experiment;
  if (wanted === 'off') return [];
  const several = Array.isArray(wanted);
  const all = several ? wanted : [wanted];
  const monitors = all.map((one, i) => {
    const place: PlaceOfKey = (first, ...more) => {
      const inFile = (path: KeyPath): KeyPath => [...(several ? ['monitor', i] : ['monitor']), ...path];
      return source.place(inFile(first), ...more.map(inFile));
    };
    return resolveMonitor(one, { experiment, kernel, preset, topology, place, warn });
  });
  checkPrimitives(monitors, (i) => source.place(['monitor', i, 'sample_control'], ['monitor', i]));
  return monitors;
}

/** Only one kdamond may be told who made an access: what tells it is there once. */
function checkPrimitives(monitors: readonly ResolvedMonitor[], where: (monitor: number) => string): void {
  const [, second] = monitors.flatMap(({ sample }, i) => (sample.primitive === 'page_table' ? [] : [i]));
  if (second === undefined) return;
  throw new UserError('not modelled: several kdamonds that do not monitor by Accessed bits', {
    where: where(second),
    expected: 'primitive page_table',
    actual: monitors[second].sample.primitive,
  });
}

function resolveMonitor(wanted: ExperimentMonitor, context: MonitorContext): ResolvedMonitor {
  const { experiment, kernel, preset, topology, place, warn } = context;
  const ops = wanted.ops ?? 'vaddr';
  const attrs = resolveAttrs(wanted, DEFAULT_ATTRS, kernel, place);
  if (wanted.pause === true) checkKernel('pausing a context', kernel, place(['pause']));
  if (wanted.damon_stat === true) checkKernel('DAMON_STAT', kernel, place(['damon_stat']));
  const schemesOf: SchemesOf = (list, inForce, path) => {
    const hasMemcg = (memcg: string) => memcg === '/' || experiment.processes.some((process) => process.memcg === memcg);
    const inMonitor = { attrs: inForce, kernel, ops, path, place, warn, hasMemcg };
    const schemes = resolveSchemes(list, inMonitor);
    warnOfNothing(schemes, inMonitor);
    return schemes;
  };
  const targets = resolveTargets(wanted, { processes: experiment.processes, topology, place, warn });
  return {
    ops,
    kernel,
    attrs,
    ...(wanted.start === undefined ? {} : { startNs: wanted.start }),
    ...(wanted.linger === undefined ? {} : { lingerNs: wanted.linger }),
    ...(wanted.pause === true ? { pause: true } : {}),
    ...(wanted.damon_stat === true ? { damonStat: true } : {}),
    schemes: schemesOf(wanted.schemes ?? [], attrs, ['schemes']),
    commits: resolveCommits(wanted, { ops, attrs, targets }, context, schemesOf),
    sample: resolveSampleControl(wanted.sample_control, topology, experiment, place),
    ...targets,
    kdamond: resolveKdamond(wanted, preset.kdamond),
  };
}

type SchemesOf = (list: readonly ExperimentScheme[], inForce: DamonAttrs, path: KeyPath) => SchemeConfig[];

function resolveCommits(
  wanted: ExperimentMonitor,
  { ops, attrs: first, targets }: { ops: ResolvedMonitor['ops']; attrs: DamonAttrs; targets: ResolvedTargets },
  { kernel, place, experiment: { processes }, topology, warn }: MonitorContext,
  schemesOf: SchemesOf,
): OnlineCommit[] {
  const commits: OnlineCommit[] = [];
  const nrTargets = ops === 'paddr' ? 1 : (targets.targets ?? processes).length;
  (wanted.commits ?? []).forEach((commit, i) => {
    const last = commits[i - 1];
    const inCommit = (path: KeyPath): KeyPath => ['commits', i, ...path];
    if (last !== undefined && commit.at < last.atNs) {
      const where = place(inCommit(['at']));
      throw new UserError('commits out of order', { where, expected: `${last.atNs} ns or later`, actual: `${commit.at} ns` });
    }
    const placeInCommit: PlaceOfKey = (path, ...more) => place(inCommit(path), ...more.map(inCommit));
    const attrs = resolveAttrs(commit, last?.attrs ?? first, kernel, placeInCommit);
    if (commit.pause === true) checkKernel('pausing a context', kernel, place(inCommit(['pause'])));
    const schemes = commit.schemes && schemesOf(commit.schemes, attrs, inCommit(['schemes']));
    const targetsContext = { processes, topology, place: placeInCommit, warn };
    const regions = commit.targets && resolveCommittedRanges(commit.targets, ops, nrTargets, targetsContext);
    const { pause } = commit;
    commits.push({
      atNs: commit.at,
      attrs,
      ...(schemes && { schemes }),
      ...(regions && { regions }),
      ...(pause === undefined ? {} : { pause }),
    });
  });
  return commits;
}

function checkKernel(what: string, kernel: Kernel, where: string): void {
  if (kernel === '7.3') return;
  throw new UserError(`${what} is not in this kernel`, { where, expected: 'kernel 7.3', actual: `kernel ${kernel}` });
}

function resolveKdamond(wanted: ExperimentMonitor, preset: KdamondCost): KdamondCost {
  const { cpu, wake, mapped, hole, aggregate, arm } = wanted.kdamond ?? {};
  return {
    cpu: cpu === undefined ? preset.cpu : cpu === 'own' ? null : cpu,
    wakeNs: wake ?? preset.wakeNs,
    mappedNs: mapped ?? preset.mappedNs,
    holeNs: hole ?? preset.holeNs,
    aggregateNs: aggregate ?? preset.aggregateNs,
    armNs: arm ?? preset.armNs,
  };
}
