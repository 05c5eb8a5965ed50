import { type AddrRange, UserError } from '@damonlab/base';
import { type DamonAttrs, type IntervalsGoal, NO_INTERVALS_GOAL } from '@damonlab/damon';
import type { SchemeConfig } from '@damonlab/damos';
import { memoryBytes, type Topology } from '@damonlab/mm';
import type { Path } from './overrides.js';
import type { MachinePreset } from './presets/machines.js';
import { resolveSampleControl } from './resolve-sample.js';
import { checkHosted, resolveSchemes } from './resolve-schemes.js';
import type { KdamondCost, Kernel, OnlineCommit, ResolvedMonitor } from './resolved.js';
import type { Experiment, ExperimentMonitor } from './schema.js';
import type { ExperimentScheme } from './scheme-schema.js';
import type { ScenarioSource } from './source.js';

/** Where addresses end, and how that is told. */
interface Limit {
  readonly end: number;
  readonly name: string;
}

/** User space of x86 with four levels of page tables. */
const USER_SPACE: Limit = { end: 2 ** 47, name: '128 TiB' };

/** What damo asks for when it is told nothing. */
const DEFAULTS: DamonAttrs = {
  sampleUs: 5_000,
  aggrUs: 100_000,
  opsUpdateUs: 1_000_000,
  minNrRegions: 10,
  maxNrRegions: 1_000,
  intervalsGoal: NO_INTERVALS_GOAL,
};

export const DEFAULT_KERNEL: Kernel = '7.3';

/**
 * The kdamond and what it watches; null if nobody does.
 * @throws UserError for attributes that the kernel refuses, and for regions that cannot be.
 */
export function resolveMonitor(
  experiment: Experiment,
  preset: MachinePreset,
  topology: Topology,
  source: ScenarioSource,
  warn: (message: string) => void,
): ResolvedMonitor | null {
  if (experiment.monitor === 'off') return null;
  const wanted = experiment.monitor ?? {};
  const kernel = experiment.kernel ?? DEFAULT_KERNEL;
  const ops = wanted.ops ?? 'vaddr';
  const attrs = resolveAttrs(wanted, DEFAULTS);
  checkAttrs(attrs, kernel, ['monitor'], source);
  const schemesOf: SchemesOf = (list, inForce, path) => {
    const hasMemcg = (memcg: string) => memcg === '/' || experiment.processes.some((process) => process.memcg === memcg);
    const context = { attrs: inForce, kernel, ops, path, source, warn, hasMemcg };
    const schemes = resolveSchemes(list, context);
    checkHosted(schemes, context);
    return schemes;
  };
  return {
    ops,
    kernel,
    attrs,
    ...(wanted.start === undefined ? {} : { startNs: wanted.start }),
    ...(wanted.linger === undefined ? {} : { lingerNs: wanted.linger }),
    schemes: schemesOf(wanted.schemes ?? [], attrs, ['monitor', 'schemes']),
    commits: resolveCommits(wanted, attrs, kernel, schemesOf, source),
    sample: resolveSampleControl(wanted.sample_control, topology, experiment, source),
    regions: ops === 'paddr' ? [resolvePhysical(wanted, topology, source)] : resolveRegions(wanted, ops, experiment, source),
    kdamond: resolveKdamond(wanted, preset.kdamond),
  };
}

/** Attributes of which only those named in `wanted` differ from `base`. */
function resolveAttrs(wanted: Pick<ExperimentMonitor, 'intervals' | 'nr_regions'>, base: DamonAttrs): DamonAttrs {
  const { intervals = {}, nr_regions = {} } = wanted;
  const goal = intervals.intervals_goal;
  const intervalsGoal: IntervalsGoal =
    goal === undefined
      ? base.intervalsGoal
      : { accessBp: goal.access_bp, aggrs: goal.aggrs, minSampleUs: goal.min_sample_us, maxSampleUs: goal.max_sample_us };
  return {
    sampleUs: intervals.sample_us ?? base.sampleUs,
    aggrUs: intervals.aggr_us ?? base.aggrUs,
    opsUpdateUs: intervals.ops_update_us ?? base.opsUpdateUs,
    minNrRegions: nr_regions.min ?? base.minNrRegions,
    maxNrRegions: nr_regions.max ?? base.maxNrRegions,
    intervalsGoal,
  };
}

type SchemesOf = (list: readonly ExperimentScheme[], inForce: DamonAttrs, path: Path) => SchemeConfig[];

function resolveCommits(
  wanted: ExperimentMonitor,
  first: DamonAttrs,
  kernel: Kernel,
  schemesOf: SchemesOf,
  source: ScenarioSource,
): OnlineCommit[] {
  const commits: OnlineCommit[] = [];
  (wanted.commits ?? []).forEach((commit, i) => {
    const last = commits[i - 1];
    if (last !== undefined && commit.at < last.atNs) {
      const where = source.place(['monitor', 'commits', i, 'at']);
      throw new UserError('commits out of order', { where, expected: `${last.atNs} ns or later`, actual: `${commit.at} ns` });
    }
    const attrs = resolveAttrs(commit, last?.attrs ?? first);
    checkAttrs(attrs, kernel, ['monitor', 'commits', i], source);
    const schemes = commit.schemes && schemesOf(commit.schemes, attrs, ['monitor', 'commits', i, 'schemes']);
    commits.push({ atNs: commit.at, attrs, ...(schemes && { schemes }) });
  });
  return commits;
}

/** What the kernel answers with -EINVAL. @kernel mm/damon/core.c damon_set_attrs (7.3) */
function checkAttrs(attrs: DamonAttrs, kernel: Kernel, section: readonly (string | number)[], source: ScenarioSource): void {
  const intervals = [...section, 'intervals'];
  const regions = [...section, 'nr_regions'];
  const goalPath = [...intervals, 'intervals_goal'];
  const { sampleUs, aggrUs, minNrRegions, maxNrRegions, intervalsGoal: goal } = attrs;
  const refuse = (what: string, where: string, expected: string, actual: string): never => {
    throw new UserError(what, { where, expected, actual });
  };
  if (sampleUs < 1) refuse('sampling interval too short', source.place([...intervals, 'sample_us']), '1 us or more', '0 us');
  if (sampleUs > aggrUs) {
    const where = source.place([...intervals, 'sample_us'], [...intervals, 'aggr_us']);
    refuse('sampling interval longer than the aggregation interval', where, `sample_us ≤ aggr_us (${aggrUs} us)`, `${sampleUs} us`);
  }
  if (minNrRegions < 3) refuse('too few regions', source.place([...regions, 'min']), '3 or more', String(minNrRegions));
  if (minNrRegions > maxNrRegions) {
    const where = source.place([...regions, 'max'], [...regions, 'min']);
    refuse('fewest regions above most regions', where, `min ≤ max (${maxNrRegions})`, String(minNrRegions));
  }
  if (goal.aggrs === 0) return;
  if (kernel === '6.12') refuse('intervals_goal is not in this kernel', source.place(goalPath), 'kernel 7.3', `kernel ${kernel}`);
  if (goal.minSampleUs < 1 || goal.minSampleUs > goal.maxSampleUs) {
    const actual = `${goal.minSampleUs} to ${goal.maxSampleUs} us`;
    refuse(
      'impossible bounds of the sampling interval',
      source.place([...goalPath, 'min_sample_us']),
      '1 us ≤ min_sample_us ≤ max_sample_us',
      actual,
    );
  }
  if (sampleUs < goal.minSampleUs || sampleUs > goal.maxSampleUs) {
    const where = source.place([...intervals, 'sample_us'], [...goalPath, 'min_sample_us']);
    refuse('sampling interval outside its goal', where, `${goal.minSampleUs} to ${goal.maxSampleUs} us`, `${sampleUs} us`);
  }
}

function resolveRegions(wanted: ExperimentMonitor, ops: string, experiment: Experiment, source: ScenarioSource): AddrRange[][] {
  const targets = wanted.targets ?? [];
  const nrProcesses = experiment.processes.length;
  if (targets.length > nrProcesses) {
    const where = source.place(['monitor', 'targets', nrProcesses]);
    throw new UserError('a target without a process', {
      where,
      expected: `at most ${nrProcesses} targets`,
      actual: String(targets.length),
    });
  }
  const regions = targets.map((target) => target.regions ?? []);
  regions.forEach((ranges, i) => {
    checkRanges(ranges, i, USER_SPACE, source);
  });
  if (ops === 'fvaddr') {
    const bare = experiment.processes.findIndex((_, i) => (regions[i] ?? []).length === 0);
    if (bare >= 0) {
      const where = source.place(['monitor', 'targets', bare], ['monitor', 'ops']);
      throw new UserError('fvaddr watches given regions only', { where, expected: `regions in monitor.targets[${bare}]`, actual: 'none' });
    }
  }
  return regions;
}

/**
 * The ranges of the one paddr target: those given, else all memory, which nodes have one behind the other (damo: the biggest System RAM
 * resource).
 *
 * @kernel mm/damon/sysfs.c damon_sysfs_add_targets (7.3, 6.12): more than one target is -EINVAL
 */
function resolvePhysical(wanted: ExperimentMonitor, topology: Topology, source: ScenarioSource): readonly AddrRange[] {
  const targets = wanted.targets ?? [];
  if (targets.length > 1) {
    throw new UserError('more than one target for physical memory (EINVAL)', {
      where: source.place(['monitor', 'targets', 1]),
      expected: 'one target: paddr watches the machine, not its processes',
      actual: `${targets.length} targets`,
    });
  }
  const end = memoryBytes(topology);
  const given = targets[0]?.regions ?? [];
  checkRanges(given, 0, { end, name: `${end} (the memory of topology ${topology.name})` }, source);
  return given.length > 0 ? given : [{ start: 0, end }];
}

/** @kernel mm/damon/core.c damon_set_regions (7.3): ordered, not empty, not overlapping */
function checkRanges(ranges: readonly AddrRange[], target: number, limit: Limit, source: ScenarioSource): void {
  let end = 0;
  ranges.forEach((range, i) => {
    const path = ['monitor', 'targets', target, 'regions', i] as const;
    if (range.start >= end && range.start < range.end && range.end <= limit.end) {
      end = range.end;
      return;
    }
    throw new UserError('impossible region', {
      where: source.place([...path, 'start'], path),
      expected: `${i === 0 ? '' : `start ≥ ${end} (the end of the region before), `}start < end ≤ ${limit.name}`,
      actual: `${range.start} to ${range.end}`,
    });
  });
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
