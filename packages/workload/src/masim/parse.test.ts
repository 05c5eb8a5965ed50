import { UserError } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MasimConfig } from './config.js';
import { formatMasim } from './format.js';
import { parseMasim } from './parse.js';

const COMMENTED = `#regions
# name, length, initial data file
ring, 256, none
log, 64
# phase 1
# no empty line yet

# name of phase
first # phase
# time in ms
1000
# access patterns
ring, 1, 64, 80, wo
# the end
`;

describe('parseMasim', () => {
  it('reads comments, data file none, and a phase name with a # inside', () => {
    expect(parseMasim(COMMENTED, 'c.cfg')).toEqual({
      regions: [
        { name: 'ring', bytes: 256 },
        { name: 'log', bytes: 64 },
      ],
      phases: [{ name: 'first # phase', durationMs: 1000, patterns: [{ region: 0, random: true, stride: 64, probability: 80, rw: 'wo' }] }],
    });
  });

  it('keeps names to the letter and reads numbers like atoi', () => {
    const config = parseMasim(' a b,+0064\n, \t7 # seven\n\n  1 GiB phase\n 12 \n a b, -1,64,007\n, 0, 0, 1,  rwx y\n', 'c.cfg');
    expect(config).toEqual({
      regions: [
        { name: ' a b', bytes: 64 },
        { name: '', bytes: 7 },
      ],
      phases: [
        {
          name: '  1 GiB phase',
          durationMs: 12,
          patterns: [
            { region: 0, random: true, stride: 64, probability: 7 },
            { region: 1, random: false, stride: 0, probability: 1, rw: 'rw' },
          ],
        },
      ],
    });
  });

  it('reads a stairs-shaped config of many phases', () => {
    const names = ['s0', 's1', 's2'];
    const regions = names.map((name) => `${name}, 10000000\n`).join('');
    const initial = `initial\n5000\n${names.map((name) => `${name}, 0, 4096, 1\n`).join('')}`;
    const steps = names.map((name) => `\nphase ${name}\n2500\n${name}, 0, 4096, 50\n`).join('');
    const config = parseMasim(`${regions}\n#phases\n${initial}${steps}`, 'stairs.cfg');
    expect(config.phases.map((phase) => [phase.durationMs, phase.patterns.map((pattern) => pattern.region)])).toEqual([
      [5000, [0, 1, 2]],
      [2500, [0]],
      [2500, [1]],
      [2500, [2]],
    ]);
  });

  it('drops a last line without newline where it says nothing', () => {
    expect(parseMasim('a, 9\n\np\n1\na, 0, 1, 1\n# end', 'c.cfg').phases).toHaveLength(1);
    expect(parseMasim('a, 9\n\np\n1\na, 0, 1, 1\n  ', 'c.cfg').phases).toHaveLength(1);
  });
});

const REGIONS = '# regions\na, 100\nb b, 200\n';
const PHASE = 'one\n10\na, 0, 64, 1\n';

/** What is wrong, the text, its line and column in the original file, and what the message must say. */
const TRAPS: readonly (readonly [string, string, number, number, RegExp])[] = [
  ['empty file', '', 1, 1, /no regions/],
  ['comments only', '# a\n# b\n', 3, 1, /no regions/],
  ['no phases', `${REGIONS}\n`, 5, 1, /no phases/],
  ['comments for phases', `${REGIONS}\n# phases\n`, 6, 1, /no phases/],
  ['carriage returns', 'a, 100\r\n\r\none\r\n', 1, 7, /carriage return/],
  ['one carriage return', `${REGIONS}\n# x\r\none\n10\na, 0, 64, 1\r\n`, 8, 12, /carriage return/],
  ['NUL', 'a, 1\n\no\0ne\n', 3, 2, /NUL/],
  ['byte order mark', '\ufeff# regions\na, 1\n\n', 1, 1, /byte order mark/],
  ['no newline at the end', `${REGIONS}\n${PHASE}a, 0, 64, 1`, 8, 12, /does not end with a newline/],
  ['no empty line at all', `${REGIONS}one\n10\na, 0, 64, 1\n`, 4, 1, /no empty line between regions and phases/],
  ['blanks for an empty line', `${REGIONS}  \none\n10\na, 0, 64, 1\n`, 4, 1, /only blanks/],
  ['no empty line before the phases', `${REGIONS}${PHASE}\n${PHASE}`, 4, 1, /the empty line before them is missing/],
  ['empty line first', `\n${REGIONS}\n${PHASE}`, 1, 1, /before the first region/],
  ['comments-only first paragraph', `# hello\n# you\n\n${REGIONS}\n${PHASE}`, 3, 1, /comments only counts as empty/],
  ['two empty lines after the regions', `${REGIONS}\n\n${PHASE}`, 5, 1, /two empty lines in a row/],
  ['a comment between two empty lines', `${REGIONS}\n# c\n\n${PHASE}`, 6, 1, /comments in between do not count/],
  ['two empty lines between phases', `${REGIONS}\n${PHASE}\n\n${PHASE}`, 9, 1, /two empty lines in a row/],
  ['empty line at the end', `${REGIONS}\n${PHASE}\n`, 8, 1, /extra empty line at the end/],
  ['empty line and comment at the end', `${REGIONS}\n${PHASE}\n# bye\n`, 8, 1, /extra empty line at the end/],
  ['no empty line between phases', `${REGIONS}\n${PHASE}two\n10\nb b, 0, 64, 1\n`, 8, 1, /if the next phase begins here/],
  ['blank line between phases', `${REGIONS}\n${PHASE}\t\ntwo\n10\nb b, 0, 64, 1\n`, 8, 1, /only blanks/],
  ['region with one field', 'a, 1\nb\n\no\n', 2, 1, /wrong number of fields for a region/],
  ['region with four fields', 'a, 1, none, x\n\no\n', 1, 1, /4 fields/],
  ['size not a number', 'a, many\n\no\n', 1, 4, /size of region "a" is not a number/],
  ['no size', 'a,\n\no\n', 1, 3, /not a number/],
  ['size 0', 'a, 0\n\no\n', 1, 4, /out of range/],
  ['negative size', 'a,  -5\n\no\n', 1, 5, /out of range/],
  ['size suffix', 'a, 10M\n\no\n', 1, 4, /masim\.py accepts suffixes/],
  ['size suffix after a blank', 'a, 10 KiB\n\no\n', 1, 4, /masim\.py accepts suffixes/],
  ['size with exponent', 'a, 1e6\n\no\n', 1, 4, /masim would read 1 and ignore "e6"/],
  ['huge size', 'a, 99999999999999999999\n\no\n', 1, 4, /out of range/],
  ['data file', 'a, 1, /dev/zero\n\no\n', 1, 7, /not modelled/],
  ['empty data file', 'a, 1, \n\no\n', 1, 6, /not modelled/],
  ['long name', `${'é'.repeat(128)}, 1\n\no\n`, 1, 1, /256 bytes/],
  ['same name twice', 'a, 1\nb, 1\na, 2\n\no\n', 3, 1, /used twice/],
  ['phase of one line', `${REGIONS}\none\n\n${PHASE}`, 5, 1, /too few lines/],
  ['phase of two lines', `${REGIONS}\none\n10\n`, 5, 1, /2 lines/],
  ['duration not a number', `${REGIONS}\none\nlong\na, 0, 64, 1\n`, 6, 1, /duration of phase "one" is not a number/],
  ['duration with unit', `${REGIONS}\none\n10 ms\na, 0, 64, 1\n`, 6, 1, /something after the number/],
  ['negative duration', `${REGIONS}\none\n-10\na, 0, 64, 1\n`, 6, 1, /out of range/],
  ['pattern with three fields', `${REGIONS}\none\n10\na, 0, 64\n`, 7, 1, /wrong number of fields for an access pattern/],
  ['pattern with six fields', `${REGIONS}\none\n10\na, 0, 64, 1, ro, x\n`, 7, 1, /6 fields/],
  ['unknown region', `${REGIONS}\none\n10\nz, 0, 64, 1\n`, 7, 1, /unknown region "z"[\s\S]*one of "a", "b b"/],
  ['region name with a blank', `${REGIONS}\none\n10\n a, 0, 64, 1\n`, 7, 1, /"a" differs only in blanks or case/],
  ['region name in capitals', `${REGIONS}\none\n10\nB B, 0, 64, 1\n`, 7, 1, /"b b" differs only in blanks or case/],
  ['randomness not a number', `${REGIONS}\none\n10\na, yes, 64, 1\n`, 7, 4, /randomness is not a number/],
  ['negative stride', `${REGIONS}\none\n10\na, 0, -64, 1\n`, 7, 7, /stride is out of range/],
  ['stride suffix', `${REGIONS}\none\n10\na, 0, 4K, 1\n`, 7, 7, /decimal bytes only/],
  ['negative probability', `${REGIONS}\none\n10\na, 0, 64, -1\n`, 7, 11, /probability is out of range/],
  ['all probabilities 0', `${REGIONS}\none\n10\na, 0, 64, 0\n`, 5, 1, /add up to 0/],
  ['too much probability', `${REGIONS}\none\n10\na, 0, 64, 2147483647\nb b, 0, 64, 1\n`, 5, 1, /add up to 2147483648/],
  ['bad rw mode', `${REGIONS}\none\n10\na, 0, 64, 1, RO\n`, 7, 14, /wrong rw mode/],
  ['empty rw mode', `${REGIONS}\none\n10\na, 0, 64, 1,\n`, 7, 13, /wrong rw mode/],
];

describe('the traps of masim are errors with a place', () => {
  it.each(TRAPS)('%s', (_name, text, line, column, message) => {
    const error = userError(text);
    expect(error?.message).toMatch(message);
    expect(error?.details.where).toBe(`dir/my.cfg:${line}:${column}`);
  });
});

/** Pieces of configs, so that random texts get beyond the first line. */
const piece = fc.oneof(
  fc.constantFrom(
    'a, 100\n',
    'b, 64, none\n',
    '\n',
    'phase\n',
    '10\n',
    'a, 0, 64, 1\n',
    'b, 1, 0, 9, rw\n',
    '#x\n',
    '#',
    ',',
    '\r',
    ' ',
    '0',
    'a',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

describe('any text', () => {
  it('is a config or an error with a place', () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (content) => {
        const error = userError(content);
        if (error !== undefined) expect(error.details.where).toMatch(/^dir\/my\.cfg:\d+:\d+$/);
        else expect(parseMasim(formatMasim(parseMasim(content, 'x')), 'y')).toEqual(parseMasim(content, 'x'));
      }),
      { numRuns: 2000 },
    );
  });

  it('that formatMasim writes is read as it was', () => {
    fc.assert(
      fc.property(anyConfig(), (config) => {
        expect(parseMasim(formatMasim(config), 'x')).toEqual(config);
      }),
    );
  });
});

function userError(text: string): UserError | undefined {
  try {
    parseMasim(text, 'dir/my.cfg');
    return undefined;
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

function anyConfig(): fc.Arbitrary<MasimConfig> {
  const name = fc.string({ maxLength: 12 }).filter((text) => !/[,\n\r\0]/.test(text) && !text.startsWith('#'));
  const int = fc.nat(0x7fff_ffff);
  const regions = fc.uniqueArray(fc.record({ name, bytes: fc.integer({ min: 1, max: 2 ** 47 }) }), {
    minLength: 1,
    maxLength: 5,
    selector: (region) => region.name,
  });
  return regions.chain((list) => {
    const pattern = fc.record(
      {
        region: fc.nat(list.length - 1),
        random: fc.boolean(),
        stride: int,
        probability: fc.integer({ min: 1, max: 1000 }),
        rw: fc.constantFrom('ro' as const, 'wo' as const, 'rw' as const),
      },
      { requiredKeys: ['region', 'random', 'stride', 'probability'] },
    );
    const phase = fc.record({
      name: name.filter((text) => text !== ''),
      durationMs: int,
      patterns: fc.array(pattern, { minLength: 1, maxLength: 4 }),
    });
    return fc.record({ regions: fc.constant(list), phases: fc.array(phase, { minLength: 1, maxLength: 4 }) });
  });
}
