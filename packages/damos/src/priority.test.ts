import { describe, expect, it } from 'vitest';
import { hotScore, minScoreFor, schemeScore } from './priority.js';
import { createLab, schemeOf, setRows } from './testing/lab.js';

/** 20 samples of 5 ms a window: nr_accesses 0 to 20, ages in 0.1 s. */
const lab = createLab({ schemes: [] });
const { ctx } = lab.kdamond;
ctx.passedSampleIntervals = 20;

function hot(nr: number, age: number, weightNrAccesses: number, weightAge: number): number {
  const { regions } = ctx.targets[0];
  setRows(regions, [[0, 4096, nr, age]]);
  return hotScore(ctx, regions, 0, schemeOf({}, { weightNrAccesses, weightAge, weightSz: 99 }).quota);
}

describe('score', () => {
  // Worked by hand: freq = 5·nr; age in log2 s, negative if freq is 0; sub = ⌊⌊(log + 32)·100/32⌋/2⌋; ⌊weighted mean⌋·99/100.
  it.each([
    { nr: 0, age: 0, wf: 1, wa: 1, expected: 24 }, // (0 + 50) / 2 = 25
    { nr: 20, age: 0, wf: 1, wa: 1, expected: 74 }, // (100 + 50) / 2 = 75
    { nr: 20, age: 10, wf: 0, wa: 1, expected: 50 }, // 1 s: log 1: ⌊3300/32⌋ = 103, 51
    { nr: 0, age: 10, wf: 0, wa: 1, expected: 47 }, // log −1: ⌊3100/32⌋ = 96, 48
    { nr: 0, age: 1_200, wf: 0, wa: 1, expected: 38 }, // 120 s: log 7, −7: ⌊2500/32⌋ = 78, 39
    { nr: 20, age: 1_200, wf: 0, wa: 1, expected: 59 }, // ⌊3900/32⌋ = 121, 60
    { nr: 7, age: 0, wf: 1, wa: 0, expected: 34 }, // 35
    { nr: 7, age: 9, wf: 3, wa: 1, expected: 37 }, // (105 + 50) / 4 = 38
    { nr: 20, age: 2 ** 32 - 1, wf: 0, wa: 1, expected: 94 }, // 29 bits of seconds: ⌊6100/32⌋ = 190, 95
    { nr: 20, age: 9, wf: 0, wa: 0, expected: 0 },
  ])('nr $nr, age $age, weights $wf and $wa: $expected', ({ nr, age, wf, wa, expected }) => {
    expect(hot(nr, age, wf, wa)).toBe(expected);
  });

  it('is 99 less for cold actions, and 99 for all others', () => {
    const { regions } = ctx.targets[0];
    setRows(regions, [[0, 4096, 20, 0]]);
    const { quota } = schemeOf({}, { weightNrAccesses: 1, weightAge: 1 });
    expect(['hot', 'cold', 'any'].map((priority) => schemeScore(ctx, regions, 0, quota, priority as 'hot'))).toEqual([74, 25, 99]);
  });
});

describe('least score within a quota', () => {
  const bytes = new Float64Array(100);
  bytes[80] = 100;
  bytes[50] = 30;
  bytes[3] = 7;

  it.each([
    [1, 80],
    [100, 80],
    [101, 50],
    [130, 50],
    [131, 3],
    [137, 3],
    // Everything fits.
    [138, 0],
  ])('%d bytes: %d', (esz, expected) => {
    expect(minScoreFor(bytes, 80, esz)).toBe(expected);
  });
});
