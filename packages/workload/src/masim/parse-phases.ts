import { UserError } from '@damonlab/base';
import type { MasimPattern, MasimPhase, MasimRegion, RwMode } from './config.js';
import { type Field, fieldPlace, INT_MAX, readNumber, splitFields, wholeLine } from './fields.js';
import { place, quote, type Source, type SourceLine } from './lines.js';

/** Unsigned int of milliseconds in masim, but read by atoi. */
const DURATION_MS_MAX = INT_MAX;
const RW_MODES: readonly RwMode[] = ['ro', 'wo', 'rw'];

/**
 * The phases: every empty line ends one, and the newline at the end of the file ends the last.
 *
 * @param start index of the first line behind the regions' empty line
 * @throws UserError with the place of the first thing that is wrong
 */
export function parsePhases(source: Source, start: number, regions: readonly MasimRegion[]): readonly MasimPhase[] {
  const phases: MasimPhase[] = [];
  let begin = start;
  for (let at = start; at <= source.lines.length; at++) {
    if (at < source.lines.length && source.lines[at]?.text !== '') continue;
    if (at === begin) throw emptyPhase(source, at, phases.length);
    phases.push(parsePhase(source.lines.slice(begin, at), source.file, regions));
    begin = at + 1;
  }
  return phases;
}

function parsePhase(lines: readonly SourceLine[], file: string, regions: readonly MasimRegion[]): MasimPhase {
  const [name, duration, ...patternLines] = lines as [SourceLine, ...SourceLine[]];
  if (duration === undefined || patternLines.length === 0) {
    throw new UserError(`phase ${quote(name.text)} has too few lines`, {
      where: place(file, name.line, 1),
      expected: 'at least 3 lines: name, duration in ms, access pattern',
      actual: `${lines.length} line${lines.length === 1 ? '' : 's'}`,
      hint: 'an empty line ends the phase; there must be none inside it',
    });
  }
  const durationMs = readNumber(wholeLine(duration, file), {
    what: `duration of phase ${quote(name.text)}`,
    min: 0,
    max: DURATION_MS_MAX,
    suffixHint: 'masim reads milliseconds without a unit',
  });
  const patterns = patternLines.map((line) => parsePattern(line, file, regions));
  checkTotalProbability(name, patterns, file);
  return { name: name.text, durationMs, patterns };
}

function parsePattern(line: SourceLine, file: string, regions: readonly MasimRegion[]): MasimPattern {
  const fields = splitFields(line, file);
  const [name, randomness, stride, probability, rwMode] = fields;
  if (name === undefined || randomness === undefined || stride === undefined || probability === undefined || fields.length > 5) {
    throw new UserError('wrong number of fields for an access pattern', {
      where: place(file, line.line, 1),
      expected: '4 or 5 fields: region, randomness, stride, probability[, rw mode]',
      actual: `${fields.length} field${fields.length === 1 ? '' : 's'} in ${quote(line.text)}`,
      hint: line.text.trim() === '' ? 'this line has only blanks; masim wants an empty line between phases' : phaseHint(fields.length),
    });
  }
  const pattern = {
    region: findRegion(name, regions),
    random: readNumber(randomness, { what: 'randomness', min: -INT_MAX, max: INT_MAX }) !== 0,
    stride: readNumber(stride, { what: 'stride', min: 0, max: INT_MAX, suffixHint: 'masim reads decimal bytes only' }),
    probability: readNumber(probability, { what: 'probability', min: 0, max: INT_MAX }),
  };
  return rwMode === undefined ? pattern : { ...pattern, rw: readRwMode(rwMode) };
}

function phaseHint(nrFields: number): string {
  return nrFields === 1 ? 'if the next phase begins here, the empty line before it is missing' : 'fields are separated by commas';
}

function findRegion(field: Field, regions: readonly MasimRegion[]): number {
  const index = regions.findIndex((region) => region.name === field.text);
  if (index >= 0) return index;
  const alike = regions.find((region) => fold(region.name) === fold(field.text));
  const names = regions.slice(0, 8).map((region) => quote(region.name));
  throw new UserError(`unknown region ${quote(field.text)}`, {
    where: place(field.file, field.line, field.column),
    expected: `one of ${names.join(', ')}${regions.length > names.length ? ', ...' : ''}`,
    actual: quote(field.text),
    hint:
      alike === undefined
        ? 'a pattern begins with the name of a region of the first paragraph'
        : `${quote(alike.name)} differs only in blanks or case; masim compares names to the letter, blanks included`,
  });
}

function fold(name: string): string {
  return name.trim().toLowerCase();
}

/** masim compares the first two letters of the first word. */
function readRwMode(field: Field): RwMode {
  const word = /[^ \t\v\f]+/.exec(field.text)?.[0] ?? '';
  const mode = RW_MODES.find((name) => word.startsWith(name));
  if (mode !== undefined) return mode;
  throw new UserError('wrong rw mode', { where: fieldPlace(field), expected: RW_MODES.join(', '), actual: quote(word) });
}

function checkTotalProbability(name: SourceLine, patterns: readonly MasimPattern[], file: string): void {
  const total = patterns.reduce((sum, pattern) => sum + pattern.probability, 0);
  if (total >= 1 && total <= INT_MAX) return;
  throw new UserError(`the probabilities of phase ${quote(name.text)} add up to ${total}`, {
    where: place(file, name.line, 1),
    expected: `a sum from 1 to ${INT_MAX}`,
    actual: `${total}`,
    hint: total === 0 ? 'with a sum of 0 masim accesses nothing and only burns time' : 'masim adds them up in an int',
  });
}

function emptyPhase(source: Source, at: number, nrPhases: number): UserError {
  const before = source.lines[at - 1] as SourceLine;
  const expected = 'a phase: name, duration in ms, one or more access patterns';
  if (source.lines.slice(at).some((line) => line.text !== '')) {
    const line = source.lines[at] as SourceLine;
    return new UserError('two empty lines in a row: masim takes the second one as a phase without lines', {
      where: place(source.file, line.line, 1),
      expected,
      actual: 'an empty line',
      hint: line.line > before.line + 1 ? 'the comments in between do not count; remove one of the empty lines' : 'remove one of them',
    });
  }
  if (nrPhases === 0) {
    return new UserError('no phases after the regions', { where: place(source.file, source.endLine, 1), expected, actual: 'end of file' });
  }
  return new UserError('extra empty line at the end of the file: masim takes it as a phase without lines', {
    where: place(source.file, before.line, 1),
    expected: 'the last pattern and its newline at the end of the file',
    actual: 'an empty line',
    hint: 'remove the empty line at the end',
  });
}
