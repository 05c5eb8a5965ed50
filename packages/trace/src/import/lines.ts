import { UserError } from '@damonlab/base';

/** A line longer than this belongs to no trace of text. */
const MOST_LINE_BYTES = 1 << 20;
const NEWLINE = 10;

/** Takes a line: `bytes[start, end)`, without its newline. */
export type LineSink = (bytes: Uint8Array, start: number, end: number) => void;

/** Cuts a stream of bytes into lines without making strings of them, and knows where it is. */
export class LineCutter {
  /** Number of the line that `sink` sees, from 1, and the byte offset at which it begins. */
  line = 0;
  offset = 0;
  readonly #file: string;
  readonly #sink: LineSink;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(file: string, sink: LineSink) {
    this.#file = file;
    this.#sink = sink;
  }

  /** `file:line` and the offset, for messages. */
  get place(): string {
    return `${this.#file}:${this.line} (byte ${this.offset})`;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    if (this.#rest.length > 0) {
      const end = chunk.indexOf(NEWLINE);
      this.#rest = joined(this.#rest, end < 0 ? chunk : chunk.subarray(0, end));
      if (end < 0) {
        this.#checkRest();
        return;
      }
      this.#emit(this.#rest, 0, this.#rest.length, 1);
      this.#rest = new Uint8Array(0);
      start = end + 1;
    }
    for (let end = chunk.indexOf(NEWLINE, start); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#emit(chunk, start, end, 1);
      start = end + 1;
    }
    // The chunk belongs to the stream, which may use it again.
    this.#rest = chunk.slice(start);
    this.#checkRest();
  }

  /** The input is over. Returns whether it ended in the middle of a line, which is passed on all the same. */
  end(): boolean {
    if (this.#rest.length === 0) return false;
    this.#emit(this.#rest, 0, this.#rest.length, 0);
    this.#rest = new Uint8Array(0);
    return true;
  }

  #emit(bytes: Uint8Array, start: number, end: number, newline: number): void {
    this.line++;
    this.#sink(bytes, start, end);
    this.offset += end - start + newline;
  }

  #checkRest(): void {
    if (this.#rest.length <= MOST_LINE_BYTES) return;
    throw new UserError('a line without end', {
      where: `${this.#file}:${this.line + 1} (byte ${this.offset})`,
      expected: `lines of at most ${MOST_LINE_BYTES} bytes`,
      actual: 'a longer one: another kind of file?',
    });
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
