import { Option } from '@commander-js/extra-typings';
import { UserError } from '@damonlab/base';
import { openRun } from '@damonlab/record';
import { parseCount } from '@damonlab/scenario';
import { type ImportOptions, type InputProgress, importDamo, importText, TEXT_FORMATS, type TraceFooter } from '@damonlab/trace';
import { Exit } from '../../exit.js';
import { interruptible } from '../../interrupt.js';
import { monitoringIntervals } from '../../monitoring-intervals.js';
import type { AddCommand } from '../../program.js';
import { StepProgress } from '../../step-progress.js';
import { footerText } from './footer-text.js';

const FORMATS = [...TEXT_FORMATS, 'damo'] as const;
/** Windows of imported traces: in instructions, or in ns. */
const WINDOW_TICKS = 100_000;

interface ImportFlags {
  readonly format: (typeof FORMATS)[number];
  readonly output: string;
  readonly window: number;
  readonly full?: true;
  readonly monitoring_intervals?: string;
  readonly quiet?: true;
}

/** `damonlab trace import FILE`: take over what other tools recorded. */
export const addImport: AddCommand = (trace, done) => {
  trace
    .command('import')
    .description('make a trace of what another tool recorded; gzip and zstd are read as they are')
    .argument('<file>', 'what the tool wrote; - is standard input')
    .addOption(
      new Option('--format <format>', 'valgrind --tool=lackey --trace-mem=yes; perf script; drmemtrace -tool view; damo record')
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .requiredOption('--output <file>', 'trace to write')
    .option('--window <ticks>', 'repeats within so many instructions (perf: ns) become counts', windowTicks, WINDOW_TICKS)
    .option('--full', 'keep every access by itself, with address and size')
    .option('--monitoring_intervals <SAMPLE AGGR UPDATE>', 'of a damo record that does not say its own, e.g. 5ms 100ms 1s')
    .option('--quiet', 'no progress and no text')
    .action(async (file, flags) => {
      const progress = flags.quiet === true ? null : new StepProgress(process.stderr);
      const { footer, interrupted } = await interruptible(async (signal) => ({
        footer: await takeOver(file, flags, signal, (now) => progress?.update(now.doneBytes, now.totalBytes)),
        interrupted: signal.aborted,
      })).finally(() => progress?.clear());
      if (flags.quiet !== true) process.stdout.write(footerText(flags.output, footer));
      done(interrupted ? Exit.interrupted : Exit.ok);
    });
};

async function takeOver(
  file: string,
  flags: ImportFlags,
  signal: AbortSignal,
  onProgress: (progress: InputProgress) => void,
): Promise<TraceFooter> {
  const { format, output, window, full } = flags;
  const intervals = monitoringIntervals(flags.monitoring_intervals);
  if (format === 'damo') return importDamo(file, (await openRun(file)).snapshots, output, intervals);
  const options: ImportOptions = { format, output, detail: full === true ? 'full' : 'pages', windowTicks: window, signal, onProgress };
  return importText(file, options);
}

export function windowTicks(text: string): number {
  const ticks = parseCount(text);
  if (typeof ticks === 'number' && ticks >= 1) return ticks;
  throw new UserError('impossible value', { where: `--window ${text}`, expected: 'a whole number of ticks, 1 or more' });
}
