import type { TraceBuilder } from '../trace-builder.js';
import type { Scan } from './fields.js';
import type { LineFormat } from './text-import.js';

const USER_END = 2 ** 57;
const [COLON, AT, ZERO, SMALL_X] = [...':@0x'].map((letter) => letter.charCodeAt(0));
const DIGIT = /^\s*\d/;

/**
 * Text of drmemtrace's view tool: `record# instr#: tid read 8 byte(s) @ 0x… by PC 0x…`; the thread may read `W0.T1234`. The clock is the
 * instruction number, which counts over all threads in the order of the view.
 */
export class DrmemtraceLines implements LineFormat {
  readonly source = 'drmemtrace';
  readonly tick = 'instruction';
  readonly #builder: TraceBuilder;
  /** By tid, from `<marker: cpuid N>`. */
  readonly #cpus = new Map<number, number>();

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  line(scan: Scan): string | undefined {
    scan.skipBlanks();
    const begin = scan.at;
    const record = scan.decimal();
    if (record < 0) return DIGIT.test(scan.text(begin, scan.end)) ? 'no record number' : undefined;
    scan.skipBlanks();
    const clock = scan.decimal();
    if (clock < 0 || !scan.take(COLON)) return 'no instruction number';
    const tid = threadOf(scan.word());
    if (tid < 0) return 'no thread';
    const kind = scan.word();
    if (kind === 'read' || kind === 'write') return this.#access(scan, tid, kind === 'write' ? 1 : 0, clock);
    if (kind === '<marker:') this.#marker(scan, tid);
    return undefined;
  }

  #access(scan: Scan, tid: number, write: 0 | 1, clock: number): string | undefined {
    scan.skipBlanks();
    const size = scan.decimal();
    if (size < 1 || size > 4096) return 'no size';
    if (scan.word() !== 'byte(s)') return 'no size';
    scan.skipBlanks();
    if (!scan.take(AT)) return 'no address';
    scan.skipBlanks();
    if (!scan.take(ZERO) || !scan.take(SMALL_X)) return 'no address';
    const address = scan.hex();
    if (address < 0 || address >= USER_END) return 'no address';
    this.#builder.access(tid, address, size, write, clock, this.#cpus.get(tid) ?? 0);
    return undefined;
  }

  #marker(scan: Scan, tid: number): void {
    const match = /^(?:cpuid|tid \d+ on core) (\d{1,6})\b/.exec(scan.rest());
    if (match !== null) this.#cpus.set(tid, Number(match[1]));
  }
}

function threadOf(word: string): number {
  const match = /^(?:W\d+\.T)?(\d{1,10})$/.exec(word);
  return match === null ? -1 : Number(match[1]);
}
