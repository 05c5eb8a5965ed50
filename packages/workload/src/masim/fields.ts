import { UserError } from '@damonlab/base';
import { place, quote, type SourceLine } from './lines.js';

/** C's `int`: what masim's atoi can hold. */
export const INT_MAX = 0x7fff_ffff;

/** One comma-separated field, not trimmed: blanks are part of names. */
export interface Field {
  readonly text: string;
  readonly file: string;
  readonly line: number;
  /** Column of its first character, from 1. */
  readonly column: number;
}

/** The bounds of a number and what to call it in an error. */
export interface NumberRule {
  readonly what: string;
  readonly min: number;
  readonly max: number;
  /** Said when a unit letter follows the number. */
  readonly suffixHint?: string;
}

/** Split a line at its commas, as masim does: nothing is trimmed, nothing is quoted. */
export function splitFields(source: SourceLine, file: string): readonly Field[] {
  let column = 1;
  return source.text.split(',').map((text) => {
    const field = { text, file, line: source.line, column };
    column += text.length + 1;
    return field;
  });
}

/** A whole line as one field. */
export function wholeLine(source: SourceLine, file: string): Field {
  return { text: source.text, file, line: source.line, column: 1 };
}

/** `file:line:column` of a field's first character that is not blank. */
export function fieldPlace(field: Field): string {
  const blanks = field.text.length - field.text.trimStart().length;
  const skipped = blanks === field.text.length ? 0 : blanks;
  return place(field.file, field.line, field.column + skipped);
}

/**
 * Read a number as C's atoi and atoll do: leading blanks and a sign are fine. C ignores whatever follows the digits
 * and reads no digits as 0; both are errors here, except for blanks and a `#` remark after a blank.
 *
 * @throws UserError with the place of the field
 */
export function readNumber(field: Field, rule: NumberRule): number {
  const match = /^[ \t\v\f]*([+-]?\d+)(.*)$/s.exec(field.text);
  if (match === null) {
    throw badNumber(field, rule, `${rule.what} is not a number`, 'masim would read 0 here');
  }
  const [, digits = '', rest = ''] = match;
  if (!/^[ \t\v\f]*$/.test(rest) && !/^[ \t\v\f]+#/.test(rest)) {
    const suffixed = /^[ \t]*[bkmgt]/i.test(rest) ? rule.suffixHint : undefined;
    const hint = suffixed ?? `masim would read ${digits} and ignore ${quote(rest)}`;
    throw badNumber(field, rule, `${rule.what} has something after the number`, hint);
  }
  const value = Number(digits);
  if (value < rule.min || value > rule.max) throw badNumber(field, rule, `${rule.what} is out of range`);
  return value === 0 ? 0 : value;
}

function badNumber(field: Field, rule: NumberRule, what: string, hint?: string): UserError {
  return new UserError(what, {
    where: fieldPlace(field),
    expected: `a decimal integer from ${rule.min} to ${rule.max}`,
    actual: quote(field.text),
    ...(hint === undefined ? {} : { hint }),
  });
}
