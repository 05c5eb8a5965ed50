import { type Command, Option } from '@commander-js/extra-typings';
import { UserError } from '@damonlab/base';
import { KDAMONDS_PRESETS, kdamondsOverride, type Override } from '@damonlab/scenario';
import { type FixedFlag, splitValues } from './fixed-values.js';

/** A flag of the command line that sets keys of the scenario, one per value. */
interface ScenarioFlag extends FixedFlag {
  readonly keys: readonly string[];
  readonly help: string;
  /** Set for masim's own options: they go to the workloads that are masim configs. */
  readonly beside?: string;
}

const GOAL = 'monitor.intervals.intervals_goal';

/** damo's and masim's words where they have one. */
export const SCENARIO_FLAGS: readonly ScenarioFlag[] = [
  {
    name: 'monitoring_intervals',
    values: ['SAMPLE', 'AGGR', 'UPDATE'],
    keys: ['monitor.intervals.sample_us', 'monitor.intervals.aggr_us', 'monitor.intervals.ops_update_us'],
    help: 'monitoring intervals, e.g. 5ms 100ms 1s',
  },
  {
    name: 'monitoring_nr_regions_range',
    values: ['MIN', 'MAX'],
    keys: ['monitor.nr_regions.min', 'monitor.nr_regions.max'],
    help: 'fewest and most regions, e.g. 10 1000',
  },
  {
    name: 'monitoring_intervals_goal',
    values: ['BP', 'AGGRS', 'MIN', 'MAX'],
    keys: [`${GOAL}.access_bp`, `${GOAL}.aggrs`, `${GOAL}.min_sample_us`, `${GOAL}.max_sample_us`],
    help: 'tune the intervals for this, e.g. 4% 3 5ms 10s',
  },
  { name: 'ops', values: ['NAME'], keys: ['monitor.ops'], help: 'what is watched: vaddr, fvaddr or paddr (physical memory)' },
  {
    name: 'sample_primitives',
    values: ['NAME'],
    keys: ['monitor.sample_control.primitive'],
    help: 'how accesses are seen: page_table (Accessed bits), or page_fault (hinting faults), sampled_accesses: who made them',
  },
  { name: 'kernel', values: ['VERSION'], keys: ['kernel'], help: 'modelled kernel: 7.3 or 6.12' },
  { name: 'seed', values: ['N'], keys: ['seed'], help: 'seed of all random numbers' },
  { name: 'topology', values: ['NAME'], keys: ['topology'], help: '1-node, 2-node, dram-cxl, oracle-1cpu or oracle-numa' },
  { name: 'tlb', values: ['NAME'], keys: ['tlb'], help: 'off, infinite, skylake, zen4 or kunpeng920' },
  { name: 'thp', values: ['MODE'], keys: ['thp'], help: 'transparent huge pages: never or always' },
  { name: 'truth', values: ['ON_OFF'], keys: ['truth'], help: 'log which pages were really touched: on or off' },
  { name: 'duration', values: ['TIME'], keys: ['duration'], help: 'stop after this much virtual time, e.g. 10s' },
  masimFlag('nr_accesses_per_region', 'N', 'accesses of one selection'),
  masimFlag('default_rw_mode', 'MODE', 'ro, wo or rw where the config says nothing'),
  masimFlag('repeat', 'N', 'times that the whole config runs'),
  masimFlag('throttle', 'TIME', 'start a selection every so long and sleep in between, e.g. 1.06ms'),
];

function masimFlag(name: string, value: string, help: string): ScenarioFlag {
  return { name, values: [value], keys: [`processes.*.workload.${name}`], help: `masim: ${help}`, beside: 'masim' };
}

/** Give `command` the flags that change its scenario. The list that is returned fills while the command line is read, in its order. */
export function addScenarioFlags(command: Command<[string]>): readonly Override[] {
  const overrides: Override[] = [];
  for (const flag of SCENARIO_FLAGS) {
    command.addOption(
      new Option(`--${flag.name} <${flag.values.join(' ')}>`, flag.help).argParser((text: string) => {
        overrides.push(...overridesOf(flag, text));
      }),
    );
  }
  command.addOption(
    new Option(
      '--kdamonds <file>',
      `what damo's \`args damon\` prints (JSON or YAML) instead of the scenario's monitor, or ${[...KDAMONDS_PRESETS.keys()].join(', ')}`,
    ).argParser((file: string) => {
      overrides.push(kdamondsOverride(file));
    }),
  );
  command.addOption(
    new Option('--set <key=value>', 'set any key of the scenario, e.g. monitor.nr_regions.max=500 (repeatable)').argParser(
      (text: string) => {
        overrides.push(assignment(text));
      },
    ),
  );
  return overrides;
}

function overridesOf(flag: ScenarioFlag, text: string): Override[] {
  const values = splitValues(flag, text);
  const beside = flag.beside === undefined ? {} : { beside: flag.beside };
  return flag.keys.map((key, i) => ({ flag: `--${flag.name} ${values.join(' ')}`, key, value: values[i], ...beside }));
}

function assignment(text: string): Override {
  const equals = text.indexOf('=');
  if (equals > 0) return { flag: `--set ${text}`, key: text.slice(0, equals), value: text.slice(equals + 1) };
  throw new UserError('not an assignment', { where: `--set ${text}`, expected: 'key=value, like monitor.nr_regions.max=500' });
}
