import type { Intervals, RunDescription } from '@damonlab/record';
import type { ResolvedScenario } from '@damonlab/scenario';

/** What a run's manifest says of a scenario. */
export function describeRun(scenario: ResolvedScenario): RunDescription {
  const { seed, monitor } = scenario.machine;
  return { name: scenario.name, seed, kernel: monitor?.kernel ?? 'none', intervals: intervalsOf(scenario), scenario };
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
