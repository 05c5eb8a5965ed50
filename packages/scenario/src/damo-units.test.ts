import { U64_MAX } from '@damonlab/damos';
import { describe, expect, it } from 'vitest';
import { parseAge, parseDamoBytes, parseDamoCount, parseDamoRate, parseDamoTime, parseNrAccesses } from './damo-units.js';

const MS = 1_000_000;

describe('values that damo prints', () => {
  it.each([
    ['200.000 MiB', 209_715_200],
    ['4.000 KiB', 4_096],
    // What is not whole is cut off.
    ['95.367 MiB', 99_999_547],
    ['0 B', 0],
    ['200MB', 209_715_200],
    ['10M', 10_485_760],
    ['26,843,545,600', 26_843_545_600],
    ['1.000 EiB', U64_MAX],
    ['max', U64_MAX],
    ['min', 0],
    [4096, 4096],
  ])('size %s is %d bytes', (text, bytes) => {
    expect(parseDamoBytes(text)).toBe(bytes);
  });

  it.each([
    ['1 s', 1_000],
    ['1 m 30 s', 90_000],
    ['1 h 2 m 3 s 4 ms', 3_723_004],
    ['1 d', 86_400_000],
    ['0 ns', 0],
    ['1,500', 1_500],
    ['2.5 ms', 2],
    ['max', U64_MAX],
  ])('time %s is %d ms', (text, ms) => {
    expect(parseDamoTime(text, MS)).toBe(ms);
  });

  it.each([
    ['0.1 %', 1_000, 1],
    ['50 %', 1_000, 500],
    ['99.7 %', 10_000, 9_970],
    ['9,970', 10_000, 9_970],
    [7, 1_000, 7],
    // As damo calculates: 0.7 / 100 · 1000 is a little less than 7.
    ['0.7 %', 1_000, 6],
  ])('rate %s of %d is %d', (text, scale, value) => {
    expect(parseDamoRate(text, scale)).toBe(value);
  });

  it('rates of accesses and ages come in two units', () => {
    expect(['5 %', 7, '4 samples', '1,000 samples', 'max'].map(parseNrAccesses)).toEqual([
      { percent: 5 },
      { percent: 7 },
      { samples: 4 },
      { samples: 1_000 },
      { percent: 2 ** 64 },
    ]);
    expect(parseNrAccesses('18,446,744,073,709,551,615 %')).toEqual({ percent: 2 ** 64 });
    expect(['3 s', 5, '30 aggr_intervals', 'min', 'max'].map(parseAge)).toEqual([
      { usec: 3_000_000 },
      { usec: 5 },
      { aggrIntervals: 30 },
      { usec: 0 },
      { usec: 2 ** 64 },
    ]);
  });
});

describe('what is none', () => {
  it.each([
    [parseDamoBytes, '12 parsecs'],
    [parseDamoBytes, ''],
    [parseDamoBytes, '-1'],
    [parseDamoBytes, -1],
    [parseDamoCount, '5 %'],
    [parseDamoCount, Number.NaN],
    [parseNrAccesses, '5 aggr_intervals'],
    [parseNrAccesses, '5 samples more'],
    [parseAge, '5 samples'],
    [parseAge, '5 fortnights'],
    [(value: string | number) => parseDamoTime(value, MS), '1 m 30'],
    [(value: string | number) => parseDamoTime(value, MS), '5 s 3 %'],
    [(value: string | number) => parseDamoRate(value, 1_000), '% 5'],
  ])('%o of %s', (parse, value) => {
    expect(parse(value)).toMatchObject({ expected: expect.stringMatching(/like|time/) });
  });
});
