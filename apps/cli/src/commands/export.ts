import { Option } from '@commander-js/extra-typings';
import { writeAll, writeFileAtomic } from '@damonlab/base';
import { openRun } from '@damonlab/record';
import { perfettoTrace } from '@damonlab/report';
import { Exit } from '../exit.js';
import { newestRun, RUNS_DIR } from '../newest-run.js';
import type { AddCommand } from '../program.js';

/** `damonlab export RUN --format FORMAT`: a run for other programs. */
export const addExport: AddCommand = (program, done) => {
  program
    .command('export')
    .description('write a run in a format that other programs read')
    .argument('[run]', `run directory, or a damo record; left out: the newest run in ${RUNS_DIR}/`)
    .addOption(new Option('--format <format>', 'perfetto: a trace for https://ui.perfetto.dev').choices(['perfetto']).makeOptionMandatory())
    .option('--output <file>', 'file to write (default: NAME.perfetto.json)')
    .action(async (wanted, { output }) => {
      const run = await openRun(wanted ?? newestRun(RUNS_DIR));
      const file = output ?? `${run.name}.perfetto.json`;
      const { traceEvents, ...rest } = perfettoTrace(run);
      await writeFileAtomic(file, (fd) => {
        // Event by event: a long run makes more text than a string can hold.
        const head = JSON.stringify(rest).slice(0, -1);
        writeAll(fd, Buffer.from(`${head},"traceEvents":[`));
        for (let i = 0; i < traceEvents.length; i += BLOCK) {
          const block = traceEvents.slice(i, i + BLOCK).map((event) => JSON.stringify(event));
          writeAll(fd, Buffer.from(`${i === 0 ? '' : ','}\n${block.join(',\n')}`));
        }
        writeAll(fd, Buffer.from('\n]}\n'));
      });
      process.stdout.write(`${file}\n`);
      done(Exit.ok);
    });
};

const BLOCK = 10_000;
