import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { PAGE_BYTES, UserError } from '@damonlab/base';
import { TraceFile } from '@damonlab/trace';
import { type MasimConfig, parseMasim } from '@damonlab/workload';

/** Nobody writes a scenario this long: what is longer is another kind of file. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Reads the masim configs and traces that a scenario names, relative to where the scenario stands. */
export interface WorkloadFiles {
  /** What stands in the file. @throws UserError at `where` if it cannot be read */
  text(file: string, where: string): string;
  /** `where`: the place that names the file. @throws UserError if it cannot be read or is no masim config. */
  read(file: string, where: string): MasimConfig;
  /** What a scenario needs to know of a trace. @throws UserError if it cannot be read, is no trace, or is damaged. */
  trace(file: string, where: string): TraceFacts;
}

/** A trace as a scenario sees it. */
export interface TraceFacts {
  readonly file: string;
  readonly dir: string;
  readonly id: string;
  /** CPU of each thread when it was recorded. */
  readonly cpus: readonly number[];
  readonly bytes: number;
  readonly tick: 'instruction' | 'ns';
}

/** Files on disk, relative to `scenarioFile`. */
export function filesBeside(scenarioFile: string): WorkloadFiles {
  const pathOf = (file: string) => resolve(dirname(scenarioFile), file);
  const text = (file: string, where: string) => readText(pathOf(file), where);
  return {
    text,
    read: (file, where) => parseMasim(text(file, where), pathOf(file) === resolve(file) ? file : pathOf(file)),
    trace: (file, where) => traceFacts(pathOf(file), where),
  };
}

function traceFacts(path: string, where: string): TraceFacts {
  const trace = TraceFile.open(path);
  const { footer, head, damage, id } = trace;
  if (damage.length > 0) {
    const hint = '`damonlab trace cut` saves what is good';
    throw new UserError('the trace is damaged', { where, expected: 'a whole trace', actual: `${path}: ${damage[0]}`, hint });
  }
  if (footer.threads.length === 0) throw new UserError('the trace is empty', { where, expected: 'accesses', actual: path });
  const cpus = footer.threads.map((thread) => thread.cpu);
  return { file: basename(path), dir: dirname(path), id, cpus, bytes: footer.touchedPages * PAGE_BYTES, tick: head.tick };
}

/** @throws UserError at `where` if there is no such text file. */
export function readText(file: string, where: string): string {
  const refuse = (what: string): never => {
    throw new UserError(what, { where, expected: 'a readable text file', actual: JSON.stringify(file.slice(0, 200)) });
  };
  try {
    const stat = statSync(file);
    if (!stat.isFile()) refuse('not a file');
    if (stat.size > MAX_BYTES) refuse('file too long for a scenario');
    const text = readFileSync(file, 'utf8');
    return text.includes('\0') ? refuse('not a text file') : text;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    return refuse(code === 'ENOENT' ? 'no such file' : `cannot read the file (${code})`);
  }
}
