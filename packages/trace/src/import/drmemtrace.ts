import type { TraceBuilder } from '../trace-builder.js';
import type { Scan } from './fields.js';
import type { LineFormat } from './text-import.js';

const USER_END = 2 ** 57;
const [COLON, AT, ZERO, SMALL_X] = [...':@0x'].map((letter) => letter.charCodeAt(0));
const DIGIT = /^\s*\d/;
const ONLY_WORKLOAD = 'W0';
/** `2765542`, `T2765542`, `W0.T292`: the workload is one of several whose traces were run together. */
const THREAD = /^(?:(W\d+)\.)?T?(\d{1,10})$/;

/**
 * Text of drmemtrace's view tool: `record# instr#: W0.T1234 read 8 byte(s) @ 0x… by PC 0x…`; the thread of earlier versions reads
 * `1234`, and before they had instruction numbers, `record#: T1234 read …`. The clock is the instruction number, which counts over all
 * threads in the order of the view.
 */
export class DrmemtraceLines implements LineFormat {
  readonly source = 'drmemtrace';
  readonly tick = 'instruction';
  readonly #builder: TraceBuilder;
  /** By tid, from `<marker: W0.T292 on core 5>` or `<marker: cpuid 5>`. */
  readonly #cpus = new Map<number, number>();
  /** Whose address space this is: that of the first access. */
  #workload: string | undefined;
  #others = 0;
  /** Instructions so far. */
  #fetched = 0;

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  get leftOut(): string[] {
    return this.#others > 0 ? [`${this.#others} accesses of other workloads than ${this.#workload}: a trace is of one process`] : [];
  }

  line(scan: Scan): string | undefined {
    scan.skipBlanks();
    const begin = scan.at;
    const record = scan.decimal();
    if (record < 0) return DIGIT.test(scan.text(begin, scan.end)) ? 'no record number' : undefined;
    const numbered = !scan.take(COLON);
    if (numbered) scan.skipBlanks();
    const clock = numbered ? scan.decimal() : this.#fetched;
    if (clock < 0 || (numbered && !scan.take(COLON))) return 'no instruction number';
    const who = THREAD.exec(scan.word());
    if (who === null) return 'no thread';
    const [, workload = ONLY_WORKLOAD, tid] = who;
    const kind = scan.word();
    if (kind === '<marker:') this.#marker(scan, Number(tid));
    else if (kind === 'ifetch') this.#fetched++;
    if (kind !== 'read' && kind !== 'write') return undefined;
    this.#workload ??= workload;
    if (workload === this.#workload) return this.#access(scan, Number(tid), kind === 'write' ? 1 : 0, clock);
    this.#others++;
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
    const match = /^(?:cpuid|(?:tid |W\d+\.T)\d+ on core) (\d{1,6})\b/.exec(scan.rest());
    if (match !== null) this.#cpus.set(tid, Number(match[1]));
  }
}
