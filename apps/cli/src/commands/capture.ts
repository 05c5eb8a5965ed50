import { basename } from 'node:path';
import { UserError } from '@damonlab/base';
import { capture } from '@damonlab/trace';
import { Exit } from '../exit.js';
import { interruptible } from '../interrupt.js';
import type { AddCommand } from '../program.js';
import { StepProgress } from '../step-progress.js';
import { footerText } from './trace/footer-text.js';
import { windowTicks } from './trace/import.js';

const WINDOW_TICKS = 100_000;

/** `damonlab capture -- PROGRAM ARGS`: run a program and record its accesses. */
export const addCapture: AddCommand = (program, done) => {
  program
    .command('capture')
    .description("run a program under QEMU's user mode and record its loads and stores in a trace; `damonlab run TRACE` replays it")
    .argument('<program>', 'program to run; put -- before it')
    .argument('[args...]', 'its arguments')
    .option('--output <file>', 'trace to write; left out: PROGRAM.dltrace here')
    .option('--window <ticks>', 'repeats within so many instructions of a thread become counts', windowTicks, WINDOW_TICKS)
    .option('--full', 'keep every access by itself, with address and size')
    .option('--sample <on/period>', 'record the first ON of every PERIOD instructions of a thread: 10M/1G', sampling)
    .option('--quiet', 'no progress and no text')
    .passThroughOptions()
    .action(async (name, args, flags) => {
      const output = flags.output ?? `${basename(name)}.dltrace`;
      const progress = flags.quiet === true ? null : new StepProgress(process.stderr, 'M accesses');
      const { footer, status, interrupted } = await interruptible(async (signal) => ({
        ...(await capture({
          command: [name, ...args],
          output,
          detail: flags.full === true ? 'full' : 'pages',
          windowTicks: flags.window,
          ...(flags.sample === undefined ? {} : { sampling: flags.sample }),
          onProgress: (accesses) => progress?.update(accesses, 0),
          signal,
        })),
        interrupted: signal.aborted,
      })).finally(() => progress?.clear());
      // The program's own output went to stdout.
      if (flags.quiet !== true) process.stderr.write(footerText(output, footer));
      if (status !== 0) process.stderr.write(`damonlab: ${name} ended with ${typeof status === 'string' ? status : `status ${status}`}\n`);
      done(interrupted ? Exit.interrupted : status === 0 ? Exit.ok : Exit.failed);
    });
};

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

export function sampling(text: string): { onTicks: number; periodTicks: number } {
  const match = /^(\d{1,12})([kMG]?)\/(\d{1,12})([kMG]?)$/.exec(text);
  const onTicks = Number(match?.[1]) * UNITS[match?.[2] ?? ''];
  const periodTicks = Number(match?.[3]) * UNITS[match?.[4] ?? ''];
  if (onTicks >= 1 && onTicks <= periodTicks && periodTicks <= Number.MAX_SAFE_INTEGER) return { onTicks, periodTicks };
  const expected = 'ON/PERIOD in instructions, ON from 1 to PERIOD, with k, M or G: 10M/1G';
  throw new UserError('impossible value', { where: `--sample ${text}`, expected });
}
