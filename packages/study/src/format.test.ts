import { describe, expect, it } from 'vitest';
import { formatDifference, formatEffect, formatTiny, isTiny } from './format.js';
import type { Difference } from './stats/paired.js';
import type { Figure } from './study.js';

const figure = { name: 'throughput', title: 'throughput', unit: 'M/s', digits: 3 } as Figure;
const difference = (mean: number, half: number): Difference => ({
  n: 8,
  mean,
  low: mean - half,
  high: mean + half,
  dz: null,
  seen: Math.abs(mean) > half,
  detectable: 0.0021,
});

describe('a difference in words', () => {
  it.each([
    [1.25, 0.25, '1.250 M/s [1.000, 1.500] more'],
    [-1.25, 0.25, '1.250 M/s [1.000, 1.500] less'],
    [0.001, 0.25, 'no difference seen (one of 0.003 M/s would have been)'],
    // Runs without chance differ by the same in each pair: seen, but nobody should read 0.000 as a finding.
    [0.00002, 0, 'less than 0.001 M/s more'],
    [-0.00002, 0.00001, 'less than 0.001 M/s less'],
  ])('%d ± %d: %s', (mean, half, text) => {
    expect(formatDifference(figure, difference(mean, half))).toBe(text);
  });

  it('is tiny only if all of its interval is', () => {
    expect(isTiny(figure, difference(0.0001, 0.0009))).toBe(false);
    expect(formatTiny({ ...figure, unit: '', digits: 0 })).toBe('less than 1');
  });
});

describe('an effect size', () => {
  it.each([
    [null, '-'],
    [1.25, '1.3'],
    [-123.4, '-123'],
    [13469709, '> 1000'],
    [-55006, '< -1000'],
  ])('%d: %s', (dz, text) => {
    expect(formatEffect({ ...difference(1, 0), dz })).toBe(text);
  });
});
