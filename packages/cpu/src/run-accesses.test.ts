import { describe, expect, it } from 'vitest';
import type { SamplingConfig } from './access-sampler.js';
import { FaultKind } from './channel.js';
import type { TlbConfig } from './config.js';
import { latencyBucket } from './latency-buckets.js';
import { Rig, type Run } from './testing/rig.js';

const ACCESSES = 200_000;
const small: TlbConfig = { kind: 'finite', entries: 16, ways: 4, hugeEntries: 4, hugeWays: 4, asids: 1 };
const sampling: SamplingConfig = { every: 10_000, first: 7_777, costNs: 100 };
const list = Array.from({ length: 4_000 }, (_, i) => (7 * i) % 40);
const base: Omit<Run, 'access'> = {
  space: 0,
  region: 0,
  write: true,
  accesses: ACCESSES,
  computePs: 0,
  limits: [1e9],
  between: null,
};

// The reference beside the rig counts by itself; here the point is that nothing falls back to single accesses for it.
describe('a sampled CPU skips what it skips otherwise', () => {
  it.each([
    ['sweeps that always miss', small, { kind: 'sequence', stride: 4096, bytes: 2 ** 30, offset: 0 }],
    ['sweeps that never miss', { kind: 'infinite', asids: 1 }, { kind: 'sequence', stride: 4096, bytes: 2 ** 30, offset: 0 }],
    ['one page', small, { kind: 'sequence', stride: 0, bytes: 100, offset: 0 }],
    ['a steady region', { kind: 'off' }, { kind: 'pages', list: 0, begin: 0, length: 2 ** 20, cursor: 3 }],
    ['a uniform region', small, { kind: 'pages', list: 0, begin: 0, length: 2 ** 20, cursor: 3 }],
  ] as const)('%s', (_, tlb, access) => {
    const rig = new Rig({ tlb, thp: 'never', spaces: [[{ pages: 40, headerBytes: 0 }]], lists: [list], sampling });
    rig.premap(1, 0);
    let alone = 0;
    const single = rig.core.access.bind(rig.core);
    rig.core.access = (pte, write, time) => {
      alone++;
      return single(pte, write, time);
    };
    rig.run({ ...base, access });
    expect(rig.reference.faults.filter(({ kind }) => (kind & FaultKind.sample) !== 0)).toHaveLength(20);
    expect(alone).toBeLessThan(ACCESSES / 100);
  });
});

it('between two rounds that do not sample nothing is counted', () => {
  const rig = new Rig({ tlb: small, thp: 'never', spaces: [[{ pages: 40, headerBytes: 0 }]], lists: [list], sampling });
  const run: Run = { ...base, accesses: 7_776, access: { kind: 'sequence', stride: 4096, bytes: 2 ** 30, offset: 0 } };
  const samples = () => rig.reference.faults.filter(({ kind }) => (kind & FaultKind.sample) !== 0).length;
  const round = { clearEvery: 1, clearFrom: 0, takeTouched: true, moveEvery: 0 };
  rig.run(run);
  rig.round({ ...round, sampled: false });
  rig.run(run);
  rig.round(round);
  expect(samples()).toBe(0);
  rig.run({ ...run, accesses: 1 });
  expect(samples()).toBe(1);
});

describe('timed accesses', () => {
  const access = { kind: 'sequence', stride: 4096, bytes: 2 ** 30, offset: 0 } as const;
  const timing = { every: 1_000, first: 700 };
  const setup = { thp: 'never', spaces: [[{ pages: 40, headerBytes: 0 }]], lists: [list], timing } as const;

  it('one in so many, beside samples, each with what it took', () => {
    for (const also of [null, sampling]) {
      const rig = new Rig({ ...setup, tlb: small, sampling: also });
      rig.premap(1, 0);
      rig.run({ ...base, access });
      // All 40 pages miss in a TLB of 16: 3 ns of latency, 11 ns of walk.
      expect(rig.latencies[latencyBucket(14_000)]).toBe(200);
      expect(rig.latencies.reduce((sum, count) => sum + count, 0)).toBe(200);
    }
  });

  it('leave out those that fault', () => {
    const rig = new Rig({ ...setup, tlb: { kind: 'infinite', asids: 1 }, timing: { every: 10, first: 10 } });
    rig.run({ ...base, accesses: 80, access });
    // The first 40 are first touches, the others hits.
    expect(rig.latencies[latencyBucket(3_000)]).toBe(4);
    expect(rig.latencies.reduce((sum, count) => sum + count, 0)).toBe(4);
  });
});
