import { writeFileSync } from 'node:fs';
import { Argument, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { UserError } from '@damonlab/base';
import { openRun } from '@damonlab/record';
import { REPORT_FORMATS, type ReportFormat, type ReportName, type ReportOptions, renderReport } from '@damonlab/report';
import { Exit } from '../exit.js';
import type { AddCommand } from '../program.js';
import { colourful, widthOf } from '../terminal.js';

const KINDS: readonly ReportName[] = ['summary', 'heatmap', 'access', 'wss', 'nr_regions', 'accuracy'];

/** `damonlab report KIND RUN`: show what a run recorded. The options are damo's where it has them. */
export const addReport: AddCommand = (program, done) => {
  program
    .command('report')
    .description('show what a run recorded')
    .addArgument(new Argument('<kind>', 'what to show').choices(KINDS))
    .argument('<run>', 'run directory, or a damo record (damon.data)')
    .addOption(new Option('--format <format>', 'how to print it').choices(REPORT_FORMATS).default('text' as const))
    .option('--output <file>', 'write it to a file instead')
    .option('--target <id>', 'monitoring target (default: the first one)', parseWhole)
    .option('--rows <n>', 'heatmap: steps of time', parseWhole)
    .option('--cols <n>', 'heatmap: steps of addresses', parseWhole)
    .addOption(new Option('--draw_range <which>', 'heatmap: contiguous ranges to draw').choices(['hottest', 'all'] as const))
    .option('--snapshot <n>', 'access: which snapshot, from 0; negative: from the last', parseWhole)
    .option('--acc_thres <n>', 'wss: nr_accesses from which a region belongs to it', parseWhole)
    .option('--percentiles <list>', 'wss, nr_regions: for example 0,50,100', (text: string) => text.split(',').map(parseWhole))
    .addOption(new Option('--sortby <what>', 'wss, nr_regions: order of the values').choices(['size', 'time'] as const))
    .option('--exclude_samples <n>', 'wss, nr_regions: leave out so many first snapshots', parseWhole)
    .action(async (kind, where, o) => {
      const options: ReportOptions = {
        ...(o.target !== undefined && { target: o.target }),
        ...(o.rows !== undefined && { rows: o.rows }),
        ...(o.cols !== undefined && { cols: o.cols }),
        ...(o.draw_range !== undefined && { range: o.draw_range }),
        ...(o.snapshot !== undefined && { snapshot: o.snapshot }),
        ...(o.acc_thres !== undefined && { accThres: o.acc_thres }),
        ...(o.percentiles !== undefined && { percentiles: o.percentiles }),
        ...(o.sortby !== undefined && { sortBy: o.sortby }),
        ...(o.exclude_samples !== undefined && { skip: o.exclude_samples }),
      };
      deliver(await reportOn(where, kind, o.format, options, o.output === undefined), o.output);
      done(Exit.ok);
    });
};

async function reportOn(
  where: string,
  kind: ReportName,
  format: ReportFormat,
  options: ReportOptions,
  toTerminal: boolean,
): Promise<string> {
  const run = await openRun(where);
  if (run.reason !== null) process.stderr.write(`damonlab: ${where} is ${run.state}: ${run.reason}\n`);
  const style = { color: toTerminal && colourful(process.stdout), width: widthOf(process.stdout) };
  return renderReport(kind, run, format, options, style);
}

function deliver(text: string, file: string | undefined): void {
  const complete = text.endsWith('\n') ? text : `${text}\n`;
  if (file === undefined) {
    process.stdout.write(complete);
    return;
  }
  try {
    writeFileSync(file, complete);
  } catch (error) {
    throw new UserError('cannot write the report', {
      where: `--output ${file}`,
      actual: error instanceof Error ? error.message : String(error),
    });
  }
}

function parseWhole(text: string): number {
  if (/^-?[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number is expected.');
}
