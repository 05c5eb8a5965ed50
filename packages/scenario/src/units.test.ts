import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NS, parseBp, parseBytes, parseCostPs, parseCount, parseDurationNs, parseShare } from './units.js';

describe('values as damo writes them', () => {
  it.each([
    ['5ms', 5_000_000],
    ['5 ms', 5_000_000],
    ['100 us', 100_000],
    ['100 usec', 100_000],
    ['1 s', 1_000_000_000],
    ['1.06 ms', 1_060_000],
    ['.5s', 500_000_000],
    ['1,000 us', 1_000_000],
    ['2 min', 120_000_000_000],
    ['0', 0],
    ['max', MAX_NS],
  ])('time %s is %d ns', (text, ns) => {
    expect(parseDurationNs(text)).toBe(ns);
  });

  it('takes a bare number as the unit of its key', () => {
    expect(parseDurationNs(5_000, 1_000)).toBe(5_000_000);
    expect(parseDurationNs('5,000', 1_000)).toBe(5_000_000);
  });

  it('keeps parts of a ns in costs', () => {
    expect(parseCostPs('0.5 ns')).toBe(500);
    expect(parseCostPs('8 ns')).toBe(8_000);
  });

  it.each([
    ['64 MiB', 67_108_864],
    ['64M', 67_108_864],
    ['1.5 KiB', 1536],
    ['1,000', 1000],
    ['16 G', 17_179_869_184],
    ['4096', 4096],
    ['4096 B', 4096],
    ['0x1000', 4096],
  ])('size %s is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it('knows rates, shares and counts', () => {
    expect(parseBp('4 %')).toBe(400);
    expect(parseBp('4%')).toBe(400);
    expect(parseBp('0.01 %')).toBe(1);
    expect(parseBp(400)).toBe(400);
    expect(parseShare('50 %')).toBe(0.5);
    expect(parseShare(0.25)).toBe(0.25);
    expect(parseCount('1,000')).toBe(1000);
    expect(parseCount('max')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([
    ['a size for a time', parseDurationNs('5 MiB'), 'units of time'],
    ['a bare time', parseDurationNs(5), 'write the unit: 5 ms?'],
    ['a decimal size', parseBytes('5 MB'), 'write MiB'],
    ['a time for a size', parseBytes('5 ms'), 'units of size'],
  ])('%s says what to write', (_, result, hint) => {
    expect(result).toMatchObject({ hint: expect.stringContaining(hint) });
  });

  it.each([
    [parseDurationNs('-5 ms')],
    [parseDurationNs('1e3 ms')],
    [parseDurationNs('5 m s')],
    [parseDurationNs(Number.NaN, 1)],
    [parseDurationNs(Number.POSITIVE_INFINITY, 1)],
    [parseDurationNs('200 days')],
    [parseBytes('1,00')],
    [parseBytes(0.5)],
    [parseBytes('')],
    [parseCount('1.5')],
    [parseCount('10 %')],
    [parseShare('150 %')],
    [parseBp('4 ms')],
  ])('refuses %#', (result) => {
    expect(result).toHaveProperty('expected');
  });

  it('reads any whole number of any unit back', () => {
    const units = fc.constantFrom(['ns', 1], ['us', 1e3], ['ms', 1e6], ['s', 1e9], ['min', 60e9]);
    fc.assert(
      fc.property(fc.nat(100_000), units, fc.constantFrom('', ' '), (n, [unit, worth], gap) => {
        expect(parseDurationNs(`${n}${gap}${unit}`)).toBe(n * Number(worth));
      }),
    );
  });

  it('never throws and never returns a number that is not whole and safe', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double(), fc.stringMatching(/^[0-9.,]{1,6} ?[a-zA-Z%]{0,4}$/)), (value) => {
        for (const result of [parseDurationNs(value), parseBytes(value), parseCount(value), parseBp(value), parseCostPs(value)]) {
          if (typeof result === 'number') expect(Number.isSafeInteger(result) && result >= 0).toBe(true);
          else expect(result.expected).not.toBe('');
        }
      }),
    );
  });
});
