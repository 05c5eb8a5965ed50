import type { TraceBuilder } from '../trace-builder.js';
import type { Scan } from './fields.js';
import type { LineFormat } from './text-import.js';

const SPACE = 32;
const COMMA = 44;
const EQUALS = 61;
const [I, L, M, S] = [...'ILMS'].map((letter) => letter.charCodeAt(0));
const USER_END = 2 ** 57;

/**
 * Text of `valgrind --tool=lackey --trace-mem=yes`: `I  addr,size` an instruction, ` L addr,size` a load, ` S` a store, ` M` both.
 * Lackey tells no threads and no time: all belongs to one thread, and the clock counts instructions.
 */
export class LackeyLines implements LineFormat {
  readonly source = 'lackey';
  readonly tick = 'instruction';
  readonly #builder: TraceBuilder;
  #clock = -1;

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  line(scan: Scan): string | undefined {
    const { bytes, at } = scan;
    const first = bytes[at];
    if (first === I) {
      this.#clock++;
      return undefined;
    }
    if (first !== SPACE) return first === EQUALS || scan.at === scan.end ? undefined : 'a line of another kind';
    const kind = bytes[at + 1];
    if ((kind !== L && kind !== S && kind !== M) || bytes[at + 2] !== SPACE) return 'neither L, S nor M';
    scan.at = at + 3;
    const address = scan.hex();
    if (address < 0 || address >= USER_END || !scan.take(COMMA)) return 'no address';
    const size = scan.decimal();
    if (size < 1 || size > 4096 || scan.at !== scan.end) return 'no size';
    const clock = Math.max(0, this.#clock);
    if (kind !== S) this.#builder.access(0, address, size, 0, clock);
    if (kind !== L) this.#builder.access(0, address, size, 1, clock);
    return undefined;
  }
}
