import { NS_PER_MS } from '@damonlab/base';
import { DamonContext, kernelProfile } from '@damonlab/damon';
import { NO_QUOTA, type SchemeConfig, STAT_EVERYTHING } from '@damonlab/damos';
import { describe, expect, it } from 'vitest';
import { SchemeHost } from './scheme-host.js';
import { ATTRS, MIB } from './testing/small-machines.js';

const BYTES = 64 * MIB;

/** A scheme on one region that takes `nsPerMib` of the kdamond's time, applied once a window of 100 ms. */
function hostOf(quota: Partial<SchemeConfig['quota']>, nsPerMib: number) {
  let nowNs = 0;
  const tried: number[] = [];
  const host = new SchemeHost({
    kernel: '7.3',
    schemes: [{ ...STAT_EVERYTHING, action: 'pageout', quota: { ...NO_QUOTA, resetIntervalMs: 100, ...quota } }],
    ops: (spend) => ({
      name: 'paddr',
      targetValid: () => true,
      apply: (_scheme, _target, start, end) => {
        tried.push(end - start);
        spend(Math.round(((end - start) / MIB) * nsPerMib));
        return { appliedBytes: end - start, filterPassedBytes: end - start };
      },
    }),
    metrics: {
      memory: () => ({ freePages: 1, totalPages: 2 }),
      nodeMemory: () => undefined,
      memcgPages: () => undefined,
      hasMemcg: () => false,
      lruPages: () => ({ active: 0, inactive: 0 }),
      someMemPsiUs: () => 0,
    },
    nowNs: () => nowNs,
    onRound: () => {},
    onTried: () => {},
  });
  const ctx = new DamonContext({ attrs: ATTRS, profile: kernelProfile('7.3'), targets: 1, minRegionSz: 4096, schemes: host.damos });
  const { regions } = ctx.targets[0];
  regions.end[0] = BYTES;
  regions.length = 1;
  const window = () => {
    nowNs += 100 * NS_PER_MS;
    ctx.passedSampleIntervals += 10;
    host.damos.apply(ctx);
    return host.takeSpentNs();
  };
  return { host, window, tried };
}

const esz = (host: SchemeHost) => host.damos.schemes[0].quota.esz;

describe('a quota of time', () => {
  it('becomes one of bytes by the throughput of the windows before: 1024 pages a ms are believed at first', () => {
    // 8 ms a MiB: two ticks of the clock that the kernel reads.
    const { host, window } = hostOf({ timeMs: 10 }, 8 * NS_PER_MS);
    expect(window()).toBe(40 * 8 * NS_PER_MS);
    expect(esz(host)).toBe(40 * MIB);
    window();
    expect(esz(host)).toBe(1.25 * MIB);
    for (let w = 0; w < 20; w++) window();
    // What is done is now what there is time for, to a tick.
    expect(Math.abs(window() - 10 * NS_PER_MS)).toBeLessThan(4 * NS_PER_MS);
  });

  it('holds beside one of bytes: the smaller one counts', () => {
    const { host, window } = hostOf({ timeMs: 10, szBytes: MIB }, 8 * NS_PER_MS);
    window();
    window();
    expect(esz(host)).toBe(MIB);
  });

  it('does not see what takes less than a tick, so the first throughput stays', () => {
    const { host, window } = hostOf({ timeMs: 1 }, 1);
    for (let w = 0; w < 5; w++) window();
    expect(esz(host)).toBe(4 * MIB);
  });
});

it('work of actions is told once, and delays the kdamond', () => {
  const { host, window } = hostOf({ szBytes: 3 * MIB }, 1_000);
  expect(window()).toBe(3_000);
  expect(host.takeSpentNs()).toBe(0);
});
