import type { TraceBuilder } from '../trace-builder.js';
import type { Scan } from './fields.js';
import type { LineFormat } from './text-import.js';

/** What lies above belongs to the kernel. */
const USER_END = 2 ** 57;
const [DOT, COLON, HASH] = [...'.:#'].map((letter) => letter.charCodeAt(0));
const NS_DIGITS = 9;

/**
 * Text of `perf script` over samples with data addresses (`perf mem record`, `perf record -d`): command, tid or pid/tid, [cpu], seconds,
 * period, event, address, and what kind of access it was: `|OP LOAD|`, `|OP STORE|`, or, without that, the event's name. Each sample is
 * one access.
 */
export class PerfScriptLines implements LineFormat {
  readonly source = 'perf-script';
  readonly tick = 'ns';
  /** Samples of kernel addresses, or without an address: they are no accesses of the process. */
  leftOut = 0;
  readonly #builder: TraceBuilder;

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  line(scan: Scan): string | undefined {
    scan.skipBlanks();
    if (scan.at === scan.end || scan.bytes[scan.at] === HASH) return undefined;
    const head = scan.at;
    const timeNs = findTime(scan);
    if (timeNs < 0) return 'no time';
    const who = threadAndCpu(scan.text(head, scan.at));
    if (who === undefined) return 'no thread';
    scan.take(COLON);
    const event = eventName(scan);
    if (event === '') return 'no event';
    scan.skipBlanks();
    const address = scan.hex();
    if (address < 0) return 'no address';
    if (address === 0 || address >= USER_END) {
      this.leftOut++;
      return undefined;
    }
    this.#builder.access(who.tid, address, 1, isWrite(event, scan.rest()), timeNs, who.cpu);
    return undefined;
  }
}

/** The word `digits.digits:`, in ns; leaves the scan on its colon. -1 if there is none. */
function findTime(scan: Scan): number {
  for (;;) {
    scan.skipBlanks();
    if (scan.at >= scan.end) return -1;
    const seconds = scan.decimal();
    if (seconds >= 0 && scan.take(DOT)) {
      const begin = scan.at;
      const fraction = scan.decimal();
      const digits = scan.at - begin;
      if (fraction >= 0 && digits <= NS_DIGITS && scan.bytes[scan.at] === COLON && scan.at < scan.end) {
        const ns = seconds * 1e9 + fraction * 10 ** (NS_DIGITS - digits);
        return Number.isSafeInteger(ns) ? ns : -1;
      }
    }
    scan.skipWord();
  }
}

/** Of `sort 1234 [003] 12.5`, `sort 12/34 12.5`: a command may have blanks and digits in its name. */
function threadAndCpu(text: string): { tid: number; cpu: number } | undefined {
  const match = /(?:^|\s)(?:\d+\/)?(\d{1,10})\s+(?:\[(\d{1,6})\]\s+)?[\d.]+$/.exec(text);
  return match === null ? undefined : { tid: Number(match[1]), cpu: Number(match[2] ?? 0) };
}

/** `cpu/mem-loads,ldlat=30/P:`, behind an optional period; empty if there is none. */
function eventName(scan: Scan): string {
  let word = scan.word();
  if (/^\d+$/.test(word)) word = scan.word();
  return word.endsWith(':') ? word.slice(0, -1) : '';
}

function isWrite(event: string, rest: string): 0 | 1 {
  const operation = /\|OP (\w+)/.exec(rest);
  if (operation !== null && operation[1] !== 'N') return operation[1] === 'STORE' ? 1 : 0;
  return /store|write/i.test(event) ? 1 : 0;
}
