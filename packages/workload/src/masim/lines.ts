import { UserError } from '@damonlab/base';

/** A line that masim sees, and where it stands in the file as written. */
export interface SourceLine {
  readonly text: string;
  /** Line number in the original file, from 1. */
  readonly line: number;
}

/** What is left of a file after masim's first pass. */
export interface Source {
  readonly file: string;
  readonly lines: readonly SourceLine[];
  /** Line number just behind the end of the file: the place of things that are missing. */
  readonly endLine: number;
}

/**
 * Masim's first pass: lines that begin with `#` vanish, newline included; a `#` elsewhere is data. What masim would
 * misread without a word (carriage returns, a last line without a newline, NUL bytes) is an error here.
 *
 * @throws UserError with the place in the original file
 */
export function readLines(text: string, file: string): Source {
  const raw = text.split('\n');
  const last = raw.pop() ?? '';
  const lines: SourceLine[] = [];
  raw.forEach((content, index) => {
    if (content.startsWith('#')) return;
    rejectStrangeBytes(content, index + 1, file);
    lines.push({ text: content, line: index + 1 });
  });
  // A last line without a newline is dropped by masim; that is harmless only where it says nothing.
  if (!last.startsWith('#') && last.trim() !== '') {
    rejectStrangeBytes(last, raw.length + 1, file);
    throw new UserError('the last line does not end with a newline, and masim drops such a line silently', {
      where: place(file, raw.length + 1, last.length + 1),
      expected: 'a newline at the end of the file',
      actual: `end of file after ${quote(last)}`,
      hint: 'add a newline after the last line',
    });
  }
  return { file, lines, endLine: raw.length + 1 };
}

/** `file:line:column`, both from 1. */
export function place(file: string, line: number, column: number): string {
  return `${file}:${line}:${column}`;
}

/** Text as a person can tell blanks and odd characters in it. */
export function quote(text: string): string {
  const shown = JSON.stringify(text);
  return shown.length <= 80 ? shown : `${shown.slice(0, 76)}..."`;
}

function rejectStrangeBytes(content: string, line: number, file: string): void {
  const carriageReturn = content.indexOf('\r');
  if (carriageReturn >= 0) {
    throw new UserError('carriage return: masim takes it as part of the line, so that an empty line is not empty', {
      where: place(file, line, carriageReturn + 1),
      expected: 'lines that end with a newline only',
      actual: 'a carriage return (Windows line endings?)',
      hint: 'convert the file, for example with dos2unix',
    });
  }
  const nul = content.indexOf('\0');
  if (nul >= 0) {
    throw new UserError('NUL byte: masim would stop reading here', { where: place(file, line, nul + 1), expected: 'a text file' });
  }
  if (line === 1 && content.startsWith('\ufeff')) {
    throw new UserError('byte order mark: masim takes it as part of the first line', {
      where: place(file, 1, 1),
      hint: 'save the file as UTF-8 without byte order mark',
    });
  }
}
