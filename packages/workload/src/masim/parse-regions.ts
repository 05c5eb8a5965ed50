import { UserError } from '@damonlab/base';
import type { MasimRegion } from './config.js';
import { type Field, fieldPlace, readNumber, splitFields } from './fields.js';
import { place, quote, type Source, type SourceLine } from './lines.js';

/** masim copies a region's name into 256 bytes, terminator included, without looking. */
const NAME_BYTES_MAX = 255;

/** The regions paragraph: everything up to the first empty line. */
export interface RegionsParagraph {
  readonly regions: readonly MasimRegion[];
  /** Index of the empty line that ends the paragraph. */
  readonly end: number;
}

/** @throws UserError with the place of the first thing that is wrong */
export function parseRegions(source: Source): RegionsParagraph {
  const { lines } = source;
  const end = lines.findIndex((line) => line.text === '');
  if (end === 0) throw emptyParagraph(source, lines[0] as SourceLine);
  if (end < 0) throw noEmptyLine(source);
  const regions: MasimRegion[] = [];
  for (const line of lines.slice(0, end)) regions.push(parseRegion(line, source.file, regions));
  return { regions, end };
}

function parseRegion(line: SourceLine, file: string, before: readonly MasimRegion[]): MasimRegion {
  const [name, size, data, ...more] = splitFields(line, file) as [Field, ...Field[]];
  if (size === undefined || more.length > 0) throw wrongFieldCount(line, file);
  const nameBytes = new TextEncoder().encode(name.text).length;
  if (nameBytes > NAME_BYTES_MAX) {
    throw new UserError('region name is too long: masim would write beyond its buffer', {
      where: fieldPlace(name),
      expected: `at most ${NAME_BYTES_MAX} bytes`,
      actual: `${nameBytes} bytes`,
    });
  }
  if (before.some((region) => region.name === name.text)) {
    throw new UserError(`region name ${quote(name.text)} is used twice: masim would never reach the second one`, {
      where: fieldPlace(name),
      hint: 'give each region a name of its own',
    });
  }
  const bytes = readNumber(size, {
    what: `size of region ${quote(name.text)}`,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    suffixHint: 'masim reads decimal bytes only; its wrapper masim.py accepts suffixes and expands them',
  });
  if (data !== undefined) checkDataFile(data);
  return { name: name.text, bytes };
}

function checkDataFile(field: Field): void {
  const word = /[^ \t\v\f]+/.exec(field.text)?.[0];
  if (word === 'none') return;
  throw new UserError('initial data files are not modelled: damonlab simulates which pages are accessed, not what is in them', {
    where: fieldPlace(field),
    expected: 'none, or no third field',
    actual: quote(word ?? field.text),
  });
}

function wrongFieldCount(line: SourceLine, file: string): UserError {
  const count = line.text.split(',').length;
  const blank = line.text.trim() === '';
  return new UserError('wrong number of fields for a region', {
    where: place(file, line.line, 1),
    expected: '2 or 3 fields: name, size in bytes[, data file]',
    actual: `${count} field${count === 1 ? '' : 's'} in ${quote(line.text)}`,
    hint: blank
      ? 'this line has only blanks; masim wants an empty line between regions and phases'
      : 'if the phases begin here, the empty line before them is missing',
  });
}

function emptyParagraph(source: Source, first: SourceLine): UserError {
  const commented = first.line > 1;
  return new UserError('empty line before the first region: masim takes it as the end of the regions', {
    where: place(source.file, first.line, 1),
    expected: 'a region: name, size in bytes',
    actual: 'an empty line',
    hint: commented ? 'a paragraph of comments only counts as empty; remove this empty line' : 'remove this empty line',
  });
}

function noEmptyLine(source: Source): UserError {
  const blank = source.lines.find((line) => line.text.trim() === '');
  const other = source.lines.find((line) => line.text.split(',').length < 2);
  const culprit = blank ?? other;
  const what = source.lines.length === 0 ? 'the file has no regions' : 'no empty line between regions and phases';
  return new UserError(what, {
    where: place(source.file, culprit?.line ?? source.endLine, 1),
    expected: source.lines.length === 0 ? 'a region: name, size in bytes' : 'an empty line after the last region, then the phases',
    actual: culprit === undefined ? 'end of file' : quote(culprit.text),
    ...(blank === undefined ? {} : { hint: 'this line has only blanks; masim wants it empty' }),
  });
}
