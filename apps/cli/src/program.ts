import { readFileSync } from 'node:fs';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { addCapture } from './commands/capture.js';
import { addCtl } from './commands/ctl.js';
import { addDoctor } from './commands/doctor.js';
import { addExport } from './commands/export.js';
import { addReport } from './commands/report.js';
import { addRun } from './commands/run.js';
import { addScenarios } from './commands/scenarios.js';
import { addServe } from './commands/serve.js';
import { addStudy } from './commands/study.js';
import { addSweep } from './commands/sweep.js';
import { addTrace } from './commands/trace/trace.js';
import { addValidate } from './commands/validate.js';
import { EXIT_HELP, Exit, reportError } from './exit.js';
import { joinValues } from './fixed-values.js';
import { REPORT_FLAGS } from './report-flags.js';
import { SCENARIO_FLAGS } from './scenario-flags.js';
import { quietPipe, widthOf } from './terminal.js';

/** The flags of damo have long names: help needs room beside them. */
const HELP_COLUMNS = 110;

/** Run damonlab with the command line `args`. Never throws; returns the exit status. */
export async function main(args: readonly string[]): Promise<number> {
  quietPipe(process.stdout);
  quietPipe(process.stderr);
  let status: number = Exit.ok;
  const program = new Command('damonlab')
    .description("A laboratory for memory-access monitoring: Linux's DAMON on a simulated NUMA machine.")
    .version(version(), '--version', 'print the version')
    .addHelpText('afterAll', `\n${EXIT_HELP}`)
    .configureOutput({
      getOutHelpWidth: () => Math.max(HELP_COLUMNS, widthOf(process.stdout)),
      outputError: (text, write) => write(text.replace(/^error: /, 'damonlab: ')),
    })
    .enablePositionalOptions()
    .showSuggestionAfterError()
    // Options belong to the command that they follow: subcommands have some of the same names.
    .enablePositionalOptions()
    .exitOverride();
  for (const add of [
    addRun,
    addCtl,
    addSweep,
    addStudy,
    addReport,
    addServe,
    addExport,
    addCapture,
    addTrace,
    addValidate,
    addScenarios,
    addDoctor,
  ]) {
    add(program, (result) => {
      status = result;
    });
  }
  try {
    await program.parseAsync(joinValues(args, args[0] === 'report' ? REPORT_FLAGS : SCENARIO_FLAGS), { from: 'user' });
    return status;
  } catch (error) {
    return reportError(error);
  }
}

/** Adds a command to the program; `done` takes the exit status of its action. */
export type AddCommand = (program: CommandUnknownOpts, done: (status: number) => void) => void;

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : 'unknown';
}
