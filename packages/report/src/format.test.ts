import { describe, expect, it } from 'vitest';
import { formatBytes, formatCount, formatNs, formatRatio } from './format.js';

describe('figures for people', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [322_983_120, '322,983,120'],
  ])('count %d is %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it.each([
    [1023, '1023 B'],
    [1024, '1.000 KiB'],
    [10_000_000, '9.537 MiB'],
    [-2048, '-2.000 KiB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 ns'],
    [2500, '2.500 us'],
    [100e6, '100 ms'],
    [9_952_287_100, '9.952 s'],
  ])('%d ns are %s', (ns, text) => {
    expect(formatNs(ns)).toBe(text);
  });

  it('an undefined ratio is a dash', () => {
    expect([formatRatio(0.88499), formatRatio(null)]).toEqual(['0.885', '-']);
  });
});
