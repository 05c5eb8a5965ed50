import { PAGE_BYTES } from '@damonlab/base';
import type { TraceFooter } from '@damonlab/trace';
import { formatBytes } from '../../terminal.js';

/** What came of making a trace, for people: how much it is, and what is not in it. */
export function footerText(file: string, footer: TraceFooter): string {
  const { threads, touchedPages, skippedAccesses, lost } = footer;
  const sum = (key: 'reads' | 'writes' | 'records') => threads.reduce((total, thread) => total + thread[key], 0);
  const reads = sum('reads');
  const writes = sum('writes');
  const count = (n: number) => n.toLocaleString('en-US');
  const rows = [
    ['trace', file],
    ['threads', count(threads.length)],
    [
      'accesses',
      `${count(reads + writes)} in ${count(sum('records'))} records, ${((100 * writes) / Math.max(1, reads + writes)).toFixed(1)} % writes`,
    ],
    ['footprint', formatBytes(touchedPages * PAGE_BYTES)],
    ...(skippedAccesses > 0 ? [['not sampled', `${count(skippedAccesses)} accesses`]] : []),
    ...lost.map((what) => ['lost', what]),
  ];
  return rows.map(([key, text]) => `${key.padEnd(12)}  ${text}\n`).join('');
}
