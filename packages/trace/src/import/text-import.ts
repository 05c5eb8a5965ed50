import { UserError } from '@damonlab/base';
import type { TraceFooter, TraceHead } from '../meta.js';
import { TraceBuilder } from '../trace-builder.js';
import { DrmemtraceLines } from './drmemtrace.js';
import { Scan } from './fields.js';
import { Input, type InputProgress } from './input.js';
import { LackeyLines } from './lackey.js';
import { LineCutter } from './lines.js';
import { PerfScriptLines } from './perf-script.js';

/** One foreign format of text, line by line. */
export interface LineFormat {
  readonly source: string;
  readonly tick: TraceHead['tick'];
  /** What is no access of the process, in words. */
  readonly leftOut?: readonly string[];
  /** Take over one line. Returns what is wrong with it, undefined if nothing is. */
  line(scan: Scan): string | undefined;
}

const FORMATS = {
  lackey: { make: LackeyLines, tick: 'instruction' },
  'perf-script': { make: PerfScriptLines, tick: 'ns' },
  drmemtrace: { make: DrmemtraceLines, tick: 'instruction' },
} as const;

export type TextFormat = keyof typeof FORMATS;
export const TEXT_FORMATS = Object.keys(FORMATS) as readonly TextFormat[];

/** Bad lines that are told one by one. */
const TOLD = 3;
/** With so many lines and not one access, it is another kind of file. */
const PATIENCE_LINES = 100_000;

export interface ImportOptions {
  readonly format: TextFormat;
  readonly output: string;
  readonly detail: TraceHead['detail'];
  readonly windowTicks: number;
  readonly onProgress?: (progress: InputProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Make a trace of what another tool wrote as text. Lines that make no sense are left out, and the trace says which; so is what
 * lies behind the end of a cut or broken compressed file. An interrupted import keeps what it has.
 *
 * @throws UserError if there is nothing in it that could be an access, at the first line that is wrong
 */
export async function importText(file: string, options: ImportOptions): Promise<TraceFooter> {
  const { make: Format, tick } = FORMATS[options.format];
  const { detail, windowTicks } = options;
  const builder = new TraceBuilder(options.output, { source: options.format, command: file, detail, tick, windowTicks });
  try {
    const format = new Format(builder);
    const bad = await readLines(new Input(file), format, builder, options);
    const { leftOut = [] } = format as LineFormat;
    if (builder.accesses === 0) throw nothingFound(file, options.format, [...leftOut, ...bad.first]);
    for (const what of [...bad.told(), ...leftOut]) builder.lose(what);
    return await builder.finish();
  } catch (error) {
    await builder.writer.discard();
    throw error;
  }
}

async function readLines(input: Input, format: LineFormat, builder: TraceBuilder, options: ImportOptions): Promise<BadLines> {
  const scan = new Scan();
  const bad = new BadLines();
  const cutter = new LineCutter(input.file, (bytes, start, end) => {
    const wrong = format.line(scan.over(bytes, start, end));
    if (wrong !== undefined) bad.add(`${cutter.place}: ${wrong}`);
  });
  for await (const chunk of input.chunks()) {
    cutter.push(chunk);
    await builder.writer.drained();
    options.onProgress?.(input.progress);
    if (options.signal?.aborted === true) {
      builder.lose(`interrupted at ${cutter.place}`);
      return bad;
    }
    if (builder.accesses === 0 && cutter.line > PATIENCE_LINES) return bad;
  }
  cutter.end();
  if (input.broken !== undefined) builder.lose(`${cutter.place}: ${input.broken}`);
  return bad;
}

/** Lines that made no sense: how many, and the first ones. */
class BadLines {
  readonly first: string[] = [];
  #count = 0;

  add(what: string): void {
    this.#count++;
    if (this.first.length < TOLD) this.first.push(what);
  }

  told(): string[] {
    const more = this.#count - this.first.length;
    return more === 0 ? this.first : [...this.first, `and ${more} more lines that make no sense`];
  }
}

function nothingFound(file: string, format: TextFormat, [first]: readonly string[]): UserError {
  return new UserError('no access in it', {
    where: file,
    expected: `text of ${format}`,
    actual: first ?? 'nothing that tells of memory',
    hint: `--format: ${TEXT_FORMATS.join(', ')} or damo`,
  });
}
