import type { TraceInfo } from '@damonlab/trace';
import { formatAddr, formatBytes, formatCount, formatRatio, formatTable } from '../format.js';

/** Threads in the table of what they share: more do not fit on a screen. */
const MOST_SHARING = 16;
const MOST_MAPPINGS = 12;

/** A trace for people. */
export function traceInfoText(info: TraceInfo): string {
  return [overview(info), threads(info), sharing(info), curve(info), mappings(info), warnings(info)]
    .filter((part) => part !== '')
    .join('\n');
}

function overview(info: TraceInfo): string {
  const accesses = info.reads + info.writes;
  const rows = [
    ['trace', info.file],
    ['id', info.id],
    ['of', `${info.command} (${info.source})`],
    ['detail', `${info.detail}, windows of ${formatCount(info.window_ticks)} ${info.tick}s`],
    ['duration', `${formatCount(info.duration_ticks)} ${info.tick}s`],
    ['accesses', `${formatCount(accesses)}, ${(100 * info.write_ratio).toFixed(1)} % writes, in ${formatCount(info.records)} records`],
    ['footprint', formatBytes(info.footprint_bytes)],
    ['stored', `${formatBytes(info.stored_bytes)}, ${info.bytes_per_access.toPrecision(3)} bytes an access`],
  ];
  return `${rows.map(([key, text]) => `${key.padEnd(9)}  ${text}`).join('\n')}\n`;
}

function threads(info: TraceInfo): string {
  const rows = info.threads.map((thread) => [
    String(thread.thread),
    String(thread.tid),
    String(thread.cpu),
    formatCount(thread.first_clock),
    formatCount(thread.end_clock),
    formatCount(thread.reads),
    formatCount(thread.writes),
    formatBytes(thread.footprint_bytes),
  ]);
  return `${formatTable([['thread', 'tid', 'cpu', 'from tick', 'to tick', 'reads', 'writes', 'footprint'], ...rows])}\n`;
}

function sharing({ sharing_bytes: bytes }: TraceInfo): string {
  if (bytes.length < 2) return '';
  const shown = bytes.slice(0, MOST_SHARING);
  const rows = shown.map((row, i) => [`thread ${i}`, ...row.slice(0, MOST_SHARING).map((shared) => formatBytes(shared))]);
  const more = bytes.length - shown.length;
  const rest = more > 0 ? `# and ${more} more threads: all of them in --format json\n` : '';
  return `# memory that two threads both touch\n${formatTable([['', ...shown.map((_, i) => String(i))], ...rows])}\n${rest}`;
}

function curve({ reuse, popularity }: TraceInfo): string {
  const hits = reuse.map(({ bytes, share }) => [formatBytes(bytes), formatRatio(share)]);
  const pages = popularity.map(({ pages_share, accesses_share }) => [`${100 * pages_share} %`, formatRatio(accesses_share)]);
  return [
    '# reuse: share of touches (repeats in a window left out) that an LRU memory of this size holds',
    formatTable(hits),
    '',
    '# popularity: share of accesses to the most accessed pages',
    formatTable(pages),
    '',
  ].join('\n');
}

function mappings({ mappings: all }: TraceInfo): string {
  const largest = [...all].sort((a, b) => b.end - b.start - (a.end - a.start)).slice(0, MOST_MAPPINGS);
  const rows = largest.map(({ name, start, end }) => [name, formatAddr(start), formatAddr(end), formatBytes(end - start)]);
  return `# ${all.length === largest.length ? '' : `the largest ${largest.length} of `}${all.length} mappings\n${formatTable(rows)}\n`;
}

function warnings({ lost, damage, skipped_accesses }: TraceInfo): string {
  const lines = [
    ...(skipped_accesses > 0 ? [`not sampled: ${formatCount(skipped_accesses)} accesses`] : []),
    ...lost.map((what) => `lost: ${what}`),
    ...damage.map((what) => `damaged: ${what}`),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
