import { Argument, Option } from '@commander-js/extra-typings';
import { openRun, type Run } from '@damonlab/record';
import { REPORT_FORMATS, type ReportName, renderReport } from '@damonlab/report';
import { deliver } from '../deliver.js';
import { Exit } from '../exit.js';
import { newestRun, RUNS_DIR } from '../newest-run.js';
import type { AddCommand } from '../program.js';
import { addReportFlags } from '../report-flags.js';
import { colourful, screenOf } from '../terminal.js';
import { addReportHtml } from './report-html.js';
import { addReportSweep } from './report-sweep.js';

const KINDS: readonly ReportName[] = [
  'summary',
  'heatmap',
  'access',
  'wss',
  'nr_regions',
  'accuracy',
  'attribution',
  'faults',
  'races',
  'placement',
  'schemes',
  'processes',
  'latency',
  'damon_stat',
];

/** `damonlab report KIND RUN`: show what a run recorded. The options are damo's where it has them. */
export const addReport: AddCommand = (program, done) => {
  const command = program
    .command('report')
    .description('show what a run recorded')
    .addArgument(new Argument('<kind>', 'what to show').choices(KINDS))
    .argument('[run]', `run directory, or a damo record (damon.data); left out: the newest run in ${RUNS_DIR}/`)
    .addOption(new Option('--format <format>', 'how to print it').choices(REPORT_FORMATS).default('text' as const))
    .option('--output <file>', 'write it to a file instead');
  addReportSweep(command.enablePositionalOptions(), done);
  addReportHtml(command, done);
  const asked = addReportFlags(command);
  command.action(async (kind, wanted, { format, output }) => {
    const options = asked(kind);
    const where = wanted ?? newestRun(RUNS_DIR);
    const run = await openRun(where);
    tellState(run, where);
    const { resolution, width } = screenOf(process.stdout);
    const style = { color: output === undefined && colourful(process.stdout), width };
    deliver(renderReport(kind, run, format, format === 'text' ? { ...resolution, ...options } : options, style), output);
    done(Exit.ok);
  });
};

function tellState({ state, reason }: Run, where: string): void {
  const what = { complete: '', incomplete: 'is incomplete', interrupted: 'was interrupted', failed: 'failed' }[state];
  if (reason !== null) process.stderr.write(`damonlab: the run in ${where} ${what}: ${reason}\n`);
}
