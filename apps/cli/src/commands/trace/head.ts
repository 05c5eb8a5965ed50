import { PAGE_BYTES, UserError } from '@damonlab/base';
import { parseCount } from '@damonlab/scenario';
import { TraceFile, type TraceRecord, walkTrace } from '@damonlab/trace';
import { Exit } from '../../exit.js';
import type { AddCommand } from '../../program.js';

const DEFAULT_RECORDS = 20;

/** `damonlab trace head FILE`: its first records, as text. */
export const addHead: AddCommand = (trace, done) => {
  trace
    .command('head')
    .description('print the first records in the order of their clocks: clock, thread, read or write, address, and how often')
    .argument('<file>', 'trace')
    .option('-n, --records <number>', 'how many', records, DEFAULT_RECORDS)
    .action((file, options) => {
      let left = options.records;
      walkTrace(TraceFile.open(file), (record) => {
        process.stdout.write(line(record));
        return --left > 0;
      });
      done(Exit.ok);
    });
};

function line({ clock, thread, write, page, offset, size, count, span }: TraceRecord): string {
  const address = `0x${(page * PAGE_BYTES + Math.max(0, offset)).toString(16)}`;
  const what = offset < 0 ? `page${span > 1 ? `s ${span}` : ''} x ${count}` : `size ${size === 0 ? 'other' : size}`;
  return `${String(clock).padStart(12)}  thread ${thread}  ${write === 1 ? 'write' : 'read '}  ${address}  ${what}\n`;
}

function records(text: string): number {
  const number = parseCount(text);
  if (typeof number === 'number' && number >= 1) return number;
  throw new UserError('impossible value', { where: `--records ${text}`, expected: 'a whole number, 1 or more' });
}
