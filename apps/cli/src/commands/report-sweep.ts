import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import { UserError } from '@damonlab/base';
import { chartOf, chartSvg, findSweep, groupRows, planOf } from '@damonlab/sweep';
import { deliver } from '../deliver.js';
import { Exit } from '../exit.js';
import { outOption, redisOption, withStore } from '../store-flags.js';

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** `damonlab report sweep NAME`: a picture of what came out of a sweep, as small multiples. */
export function addReportSweep<Args extends unknown[], Opts extends OptionValues>(
  report: Command<Args, Opts>,
  done: (status: number) => void,
): void {
  report
    .command('sweep')
    .description('draw figures of a sweep over an axis, a panel for each combination of the other axes, with confidence intervals')
    .argument('<name>')
    .requiredOption('--x <axis>', 'axis to the right')
    .requiredOption('--y <figure>', 'figure upwards (repeatable: a row of panels each)', collect)
    .option('--group <axis>', 'axis whose values are lines in one panel')
    .addOption(new Option('--format <format>', 'svg, or the same as data: json').choices(['svg', 'json']).default('svg' as const))
    .option('--output <file>', 'write it to a file instead')
    .addOption(redisOption())
    .addOption(outOption())
    .action(async (name, options) => {
      const { x, y, group } = options;
      const chart = await withStore(options, async (backend) => {
        const record = await findSweep(backend.store, name, 'report sweep');
        const rows = await groupRows(backend, record);
        if (rows.length === 0) throw new UserError('nothing has come out of the sweep yet', { where: name });
        return chartOf(planOf(record), rows, { x, y, ...(group === undefined ? {} : { group }) });
      });
      deliver(options.format === 'json' ? `${JSON.stringify(chart, null, 2)}\n` : chartSvg(chart), options.output);
      done(Exit.ok);
    });
}
