import { Command } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import { joinValues } from './fixed-values.js';
import { addScenarioFlags, SCENARIO_FLAGS } from './scenario-flags.js';

function overridesOf(...args: string[]) {
  const command = new Command('run').argument('<file>').exitOverride();
  const overrides = addScenarioFlags(command);
  command.parse(joinValues(args, SCENARIO_FLAGS), { from: 'user' });
  return { file: command.args, set: overrides.map(({ key, value }) => `${key}=${value}`), flags: overrides.map(({ flag }) => flag) };
}

describe('flags of a scenario', () => {
  it('leave the FILE behind a flag of several values alone', () => {
    const { file, set } = overridesOf(
      '--monitoring_intervals',
      '5 ms',
      '100ms',
      '1s',
      'stairs.cfg',
      '--monitoring_nr_regions_range',
      '10',
      '1000',
    );
    expect(file).toEqual(['stairs.cfg']);
    expect(set).toEqual([
      'monitor.intervals.sample_us=5 ms',
      'monitor.intervals.aggr_us=100ms',
      'monitor.intervals.ops_update_us=1s',
      'monitor.nr_regions.min=10',
      'monitor.nr_regions.max=1000',
    ]);
  });

  it('keep the order of the command line', () => {
    const { set, flags } = overridesOf('x.cfg', '--seed', '3', '--set', 'seed=4', '--seed=5', '--set', 'name=a=b');
    expect(set).toEqual(['seed=3', 'seed=4', 'seed=5', 'name=a=b']);
    expect(flags).toEqual(['--seed 3', '--set seed=4', '--seed 5', '--set name=a=b']);
  });

  it('know the goal of the intervals and the options of masim', () => {
    const { set } = overridesOf(
      'x.cfg',
      '--monitoring_intervals_goal',
      '4%',
      '3',
      '5ms',
      '10s',
      '--repeat',
      '2',
      '--default_rw_mode',
      'rw',
    );
    expect(set).toEqual([
      'monitor.intervals.intervals_goal.access_bp=4%',
      'monitor.intervals.intervals_goal.aggrs=3',
      'monitor.intervals.intervals_goal.min_sample_us=5ms',
      'monitor.intervals.intervals_goal.max_sample_us=10s',
      'processes.*.workload.repeat=2',
      'processes.*.workload.default_rw_mode=rw',
    ]);
  });

  it.each([
    [['--monitoring_intervals', '5ms', '100ms'], /--monitoring_intervals: values are missing\n.*3 values: SAMPLE AGGR UPDATE\n.*5ms 100ms/],
    [['--monitoring_nr_regions_range', '--json', '10'], /2 values: MIN MAX\n.*none/],
    [['--monitoring_intervals=5ms', 'x.cfg'], /values are missing/],
    [['x.cfg', '--set', 'seed'], /--set seed: not an assignment/],
  ])('%s is refused', (args, message) => {
    expect(() => overridesOf(...args)).toThrow(message);
  });
});
