import type { TraceBuilder } from '../trace-builder.js';
import type { Scan } from './fields.js';
import type { LineFormat } from './text-import.js';

/** What lies above belongs to the kernel. */
const USER_END = 2 ** 57;
/** Below that nothing is mapped (vm.mmap_min_addr): what looks like an address there is a weight or an offset. */
const USER_BEGIN = 0x10000;
const [DOT, COLON, HASH] = [...'.:#'].map((letter) => letter.charCodeAt(0));
const NS_DIGITS = 9;

/** `PERF_RECORD_MMAP2` and others of `--show-mmap-events` and the like. */
const RECORD = 'PERF_RECORD_';
const FRAME = /^\s+[0-9a-f]{1,16}\s+\S/;
/** Behind an address: its symbol, its file, and then the instruction. */
const TWO_SYMBOLS = /^\s.*\)\s+[0-9a-f]{4,16}(?:\s|$)/;
/** Behind what may be an address: its symbol and its file. */
const ONE_SYMBOL = /^\s+\S.*\)\s*$/;

/** The sample of the line that was read last. */
class Sample {
  tid = 0;
  cpu = 0;
  address = 0;
  write: 0 | 1 = 0;
  timeNs = 0;
  /** Only the next line says what its address is. */
  pending = false;
}

/**
 * Text of `perf script` over samples with data addresses (`perf mem record`, `perf record -d`): command, tid or pid/tid, [cpu], seconds,
 * period, event, address, and what kind of access it was: `|OP LOAD|`, `|OP STORE|`, or, without that, the event's name. Each sample is
 * one access.
 *
 * perf prints the address of some events only if asked to (`-F +addr`), and then the address of the instruction is where that of the
 * data would be. Which of both a line has shows in what follows: data addresses have the instruction behind them, or the call chain on
 * lines of its own.
 */
export class PerfScriptLines implements LineFormat {
  readonly source = 'perf-script';
  readonly tick = 'ns';
  readonly #builder: TraceBuilder;
  #withoutAddress = 0;
  #otherAddress = 0;
  #otherKind = 0;
  readonly #sample = new Sample();

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  get leftOut(): string[] {
    const withoutAddress = this.#withoutAddress + Number(this.#sample.pending);
    const hint = 'record with -d, and let perf script print the address: -F +addr';
    return [
      withoutAddress > 0 ? `${withoutAddress} samples without a data address (${hint})` : '',
      this.#otherAddress > 0 ? `${this.#otherAddress} samples of addresses that are none of a program: of the kernel, or 0` : '',
      this.#otherKind > 0 ? `${this.#otherKind} samples that are no loads or stores: prefetches, instruction fetches` : '',
    ].filter((text) => text !== '');
  }

  line(scan: Scan): string | undefined {
    const begin = scan.at;
    scan.skipBlanks();
    const head = scan.at;
    const empty = head === scan.end || scan.bytes[head] === HASH;
    const timeNs = empty ? -1 : findTime(scan);
    if (timeNs < 0) {
      const frame = !empty && FRAME.test(scan.text(begin, scan.end));
      this.#settle(frame);
      return empty || frame ? undefined : 'no time';
    }
    this.#settle(false);
    this.#sample.timeNs = timeNs;
    return this.#read(scan, head);
  }

  #read(scan: Scan, head: number): string | undefined {
    const sample = this.#sample;
    if (!threadAndCpu(scan.text(head, scan.at), sample)) return 'no thread';
    scan.take(COLON);
    const event = eventName(scan);
    if (event.startsWith(RECORD)) return undefined;
    if (!event.endsWith(':')) return 'no event';
    scan.skipBlanks();
    sample.address = scan.hex();
    const rest = scan.text(scan.at, scan.end);
    const operation = operationOf(rest);
    sample.write = operation === undefined ? eventWrites(event) : operation === 'STORE' ? 1 : 0;
    if (operation !== undefined && operation !== 'LOAD' && operation !== 'STORE') this.#otherKind++;
    else if (sample.address < 0) this.#withoutAddress++;
    else if (scan.hexOrEnd() || TWO_SYMBOLS.test(rest)) this.#access();
    else if (ONE_SYMBOL.test(rest)) sample.pending = true;
    else this.#withoutAddress++;
    return undefined;
  }

  /** The line behind a sample is a frame of its call chain, or it is not. */
  #settle(frame: boolean): void {
    if (!this.#sample.pending) return;
    this.#sample.pending = false;
    if (frame) this.#access();
    else this.#withoutAddress++;
  }

  #access(): void {
    const { tid, cpu, address, write, timeNs } = this.#sample;
    if (address < USER_BEGIN || address >= USER_END) this.#otherAddress++;
    else this.#builder.access(tid, address, 1, write, timeNs, cpu);
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

/** Of `sort 1234 [003] 12.5`, `sort 12/34 12.5`: a command may have blanks and digits in its name. Thread 0: nobody asked for tids. */
function threadAndCpu(text: string, into: Sample): boolean {
  const match = /(?:^|\s)(?:\d+\/)?(\d{1,10})\s+(?:\[(\d{1,6})\]\s+)?[\d.]+$/.exec(text);
  into.tid = Number(match?.[1] ?? 0);
  into.cpu = Number(match?.[2] ?? 0);
  return match !== null || /^[^\d[]*[\d.]+$/.test(text);
}

/** `cpu/mem-loads,ldlat=30/P:`, behind an optional period; empty if there is none. */
function eventName(scan: Scan): string {
  const word = scan.word();
  return /^\d+$/.test(word) ? scan.word() : word;
}

/** LOAD, STORE, PFETCH or EXEC; undefined if perf does not know either. */
function operationOf(rest: string): string | undefined {
  const operation = /\|OP (LOAD|STORE|PFETCH|EXEC)/.exec(rest);
  return operation?.[1];
}

function eventWrites(event: string): 0 | 1 {
  return /store|write/i.test(event) ? 1 : 0;
}
