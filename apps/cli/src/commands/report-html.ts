import type { Command, OptionValues } from '@commander-js/extra-typings';
import { writeTextAtomic } from '@damonlab/base';
import { openRun } from '@damonlab/record';
import { htmlReport } from '@damonlab/serve';
import { Exit } from '../exit.js';
import { newestRun, RUNS_DIR } from '../newest-run.js';

/** `damonlab report html RUN`: the run page of the dashboard as one file, which needs no server. */
export function addReportHtml<Args extends unknown[], Opts extends OptionValues>(
  report: Command<Args, Opts>,
  done: (status: number) => void,
): void {
  report
    .command('html')
    .description('write the run page of the dashboard as one file that opens from disk')
    .argument('[run]', `run directory; left out: the newest run in ${RUNS_DIR}/`)
    .option('--output <file>', 'file to write (default: NAME.html)')
    .action(async (wanted, { output }) => {
      const run = await openRun(wanted ?? newestRun(RUNS_DIR));
      const file = output ?? `${run.name}.html`;
      writeTextAtomic(file, htmlReport(run));
      process.stdout.write(`${file}\n`);
      done(Exit.ok);
    });
}
