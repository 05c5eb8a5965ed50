import { type LatencyRow, noTables } from '@damonlab/record';
import { expect, it } from 'vitest';
import { runOf } from '../../test/build-run.js';
import { latencyQuantileNs } from './quantile.js';

const row = (kind: LatencyRow['kind'], lowPs: number, count: number, every: number): LatencyRow => {
  return { kind, lowPs, highPs: lowPs + 2000, count, every };
};

it('quantiles of latency: each timed access stands for so many, each fault for itself', () => {
  const latency = [row('access', 10_000, 9, 100), row('hint_fault', 700_000, 90, 1), row('access', 40_000, 1, 10)];
  const run = runOf([], { tables: { ...noTables(), latency } });
  expect([0.5, 0.9, 0.905, 0.91, 0.911, 1].map((p) => latencyQuantileNs(run, p))).toEqual([11, 11, 41, 41, 701, 701]);
});

it('nobody timed any: null', () => {
  expect(latencyQuantileNs(runOf([]), 0.99)).toBeNull();
});
