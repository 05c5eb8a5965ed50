import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UserError } from '@damonlab/base';
import { type MasimConfig, parseMasim } from '@damonlab/workload';

/** Nobody writes a scenario this long: what is longer is another kind of file. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Reads the masim configs that a scenario names, relative to where the scenario stands. */
export interface MasimFiles {
  /** What stands in the file. @throws UserError at `where` if it cannot be read */
  text(file: string, where: string): string;
  /** `where`: the place that names the file. @throws UserError if it cannot be read or is no masim config. */
  read(file: string, where: string): MasimConfig;
}

/** Masim configs on disk, relative to `scenarioFile`. */
export function masimFilesBeside(scenarioFile: string): MasimFiles {
  const pathOf = (file: string) => resolve(dirname(scenarioFile), file);
  const text = (file: string, where: string) => readText(pathOf(file), where);
  return { text, read: (file, where) => parseMasim(text(file, where), pathOf(file) === resolve(file) ? file : pathOf(file)) };
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
