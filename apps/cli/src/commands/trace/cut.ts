import { UserError } from '@damonlab/base';
import { parseBytes, parseCount } from '@damonlab/scenario';
import { type CutOptions, cutTrace, type EditControl, mergeTraces, TraceFile, traceSpan } from '@damonlab/trace';
import { Exit } from '../../exit.js';
import { interruptible } from '../../interrupt.js';
import type { AddCommand } from '../../program.js';
import { StepProgress } from '../../step-progress.js';
import { footerText } from './footer-text.js';

/** `damonlab trace cut FILE`: a part of a trace; of a damaged one, what is good. */
export const addCut: AddCommand = (trace, done) => {
  trace
    .command('cut')
    .description('write a part of a trace; without limits, what is good of a damaged one')
    .argument('<file>', 'trace')
    .requiredOption('--output <file>', 'trace to write')
    .option('--from <tick>', 'ticks since the trace began', (text) => count('from', text))
    .option('--to <tick>', 'up to here, ticks since the trace began', (text) => count('to', text))
    .option('--threads <list>', 'thread numbers, as trace info shows them: 0,2', threadList)
    .option('--start <address>', 'addresses from here on', (text) => address('start', text))
    .option('--end <address>', 'addresses up to here', (text) => address('end', text))
    .action(async (file, { output, from, to, threads, start, end }) => {
      const opened = TraceFile.open(file, { verify: true });
      if (opened.footer.threads.length === 0) throw new UserError('the trace is empty', { where: file });
      const options: CutOptions = {
        ...(from === undefined ? {} : { fromTick: from }),
        ...(to === undefined ? {} : { toTick: to }),
        ...(threads === undefined ? {} : { threads }),
        ...(start === undefined ? {} : { start }),
        ...(end === undefined ? {} : { end }),
      };
      const footer = await controlled((control) => cutTrace(opened, output, options, traceSpan(opened).firstClock, control));
      process.stdout.write(footerText(output, footer));
      done(Exit.ok);
    });
};

/** `damonlab trace merge FILE...`: traces of parts of one program as one. */
export const addMerge: AddCommand = (trace, done) => {
  trace
    .command('merge')
    .description('put traces of the threads of one program together; several programs are several processes of a scenario instead')
    .argument('<files...>', 'traces')
    .requiredOption('--output <file>', 'trace to write')
    .option('--keep-clocks', 'the clocks of the traces are one clock; left out: each trace begins at 0')
    .action(async (files, { output, keepClocks }) => {
      const traces = files.map((file) => TraceFile.open(file));
      const footer = await controlled((control) => mergeTraces(traces, output, { keepClocks: keepClocks === true, ...control }));
      process.stdout.write(footerText(output, footer));
      done(Exit.ok);
    });
};

/** An edit with progress on stderr, which Ctrl-C stops. */
function controlled<T>(edit: (control: EditControl) => Promise<T>): Promise<T> {
  const progress = new StepProgress(process.stderr);
  const onProgress = (doneBytes: number, totalBytes: number) => progress.update(doneBytes, totalBytes);
  return interruptible((signal) => edit({ onProgress, signal })).finally(() => progress.clear());
}

function count(name: string, text: string): number {
  const number = parseCount(text);
  if (typeof number === 'number') return number;
  throw new UserError('impossible value', { where: `--${name} ${text}`, expected: 'a whole number of ticks' });
}

function address(name: string, text: string): number {
  const number = /^0x[0-9a-fA-F]{1,16}$/.test(text) ? Number(text) : parseBytes(text);
  if (typeof number === 'number') return number;
  throw new UserError('impossible value', { where: `--${name} ${text}`, expected: 'an address, like 0x7f0000000000' });
}

function threadList(text: string): number[] {
  if (/^\d{1,6}(,\d{1,6})*$/.test(text)) return text.split(',').map(Number);
  throw new UserError('impossible value', { where: `--threads ${text}`, expected: 'thread numbers with commas: 0,2' });
}
