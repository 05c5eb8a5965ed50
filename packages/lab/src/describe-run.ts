import type { Clock } from '@damonlab/machine';
import type { Intervals, RunDescription } from '@damonlab/record';
import type { ResolvedScenario } from '@damonlab/scenario';

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

/** Directories of the traces that a scenario replays. */
export function traceDirs(scenario: ResolvedScenario): string[] {
  return scenario.machine.processes.flatMap(({ workload }) =>
    workload.kind === 'trace' && workload.dir !== undefined ? [workload.dir] : [],
  );
}

/** What a run's manifest says of a scenario. */
export function describeRun(scenario: ResolvedScenario, clock: Clock): RunDescription {
  const { seed, monitor } = scenario.machine;
  return {
    name: scenario.name,
    clock,
    seed,
    kernel: monitor?.kernel ?? 'none',
    intervals: intervalsOf(scenario),
    scenario: recordedScenario(scenario),
  };
}

function intervalsOf(scenario: ResolvedScenario): Intervals | null {
  const { monitor } = scenario.machine;
  if (monitor === null) return null;
  const { sampleUs, aggrUs, opsUpdateUs, intervalsGoal: goal } = monitor.attrs;
  const intervals = { sample_us: sampleUs, aggr_us: aggrUs, ops_update_us: opsUpdateUs };
  if (goal.aggrs === 0) return intervals;
  return {
    ...intervals,
    intervals_goal: { access_bp: goal.accessBp, aggrs: goal.aggrs, min_sample_us: goal.minSampleUs, max_sample_us: goal.maxSampleUs },
  };
}
