import type { Clock, ControlRecord } from '@damonlab/machine';
import type { Intervals, RunDescription } from '@damonlab/record';
import type { ResolvedMonitor, ResolvedScenario } from '@damonlab/scenario';

/**
 * A scenario as a run records it: without the directories that its traces lie in, because the same scenario must be the same run
 * everywhere. A trace is known by its id.
 */
export function recordedScenario(scenario: ResolvedScenario): ResolvedScenario {
  const processes = scenario.machine.processes.map((process) => {
    if (process.workload.kind !== 'trace') return process;
    const { dir, ...workload } = process.workload;
    return { ...process, workload };
  });
  return { ...scenario, machine: { ...scenario.machine, processes } };
}

/** The scenario with what was asked of its run in its schedule: in virtual time it is the same run, without anybody asking. */
export function withControls(scenario: ResolvedScenario, { commits, handovers }: ControlRecord): ResolvedScenario {
  if (commits.length === 0 && handovers.length === 0) return scenario;
  const { machine } = scenario;
  const { monitor, sharing } = machine;
  const schedule = byTime([...sharing.schedule, ...handovers]);
  const watched = monitor === null ? null : { ...monitor, commits: byTime([...monitor.commits, ...commits]) };
  return { ...scenario, machine: { ...machine, monitor: watched, sharing: { ...sharing, schedule } } };
}

function byTime<T extends { readonly atNs: number }>(events: readonly T[]): T[] {
  return [...events].sort((a, b) => a.atNs - b.atNs);
}

/** Directories of the traces that a scenario replays. */
export function traceDirs(scenario: ResolvedScenario): string[] {
  return scenario.machine.processes.flatMap(({ workload }) =>
    workload.kind === 'trace' && workload.dir !== undefined ? [workload.dir] : [],
  );
}

/** What a run's manifest says of a scenario. */
export function describeRun(scenario: ResolvedScenario, clock: Clock): RunDescription {
  const { seed, monitor, otherMonitors } = scenario.machine;
  return {
    name: scenario.name,
    clock,
    seed,
    kernel: monitor?.kernel ?? 'none',
    intervals: monitor && intervalsOf(monitor),
    ...(otherMonitors === undefined ? {} : { otherIntervals: otherMonitors.map(intervalsOf) }),
    scenario: recordedScenario(scenario),
  };
}

function intervalsOf({ attrs }: ResolvedMonitor): Intervals {
  const { sampleUs, aggrUs, opsUpdateUs, intervalsGoal: goal } = attrs;
  const intervals = { sample_us: sampleUs, aggr_us: aggrUs, ops_update_us: opsUpdateUs };
  if (goal.aggrs === 0) return intervals;
  return {
    ...intervals,
    intervals_goal: { access_bp: goal.accessBp, aggrs: goal.aggrs, min_sample_us: goal.minSampleUs, max_sample_us: goal.maxSampleUs },
  };
}
