import { expect, it } from 'vitest';
import { U64_MAX } from './config.js';
import { coarseNs, jiffiesOf, msecsToJiffies } from './jiffies.js';

it.each([
  [0, 0],
  [1, 1],
  [4, 1],
  [5, 2],
  [1_000, 250],
  [2 ** 31 - 1, 536_870_912],
  [2 ** 31, Number.POSITIVE_INFINITY],
  // 32 bits are taken.
  [2 ** 32 + 1_000, 250],
  [U64_MAX, Number.POSITIVE_INFINITY],
])('%d ms are %d ticks of 4 ms', (ms, expected) => {
  expect(msecsToJiffies(ms, 250)).toBe(expected);
});

it('the coarse clock reads the last tick', () => {
  expect([coarseNs(0, 250), coarseNs(3_999_999, 250), coarseNs(4_000_000, 250), coarseNs(1_500, 1_000)]).toEqual([0, 0, 4_000_000, 0]);
  expect(jiffiesOf(1e18, 1_000)).toBe(1e12);
});
