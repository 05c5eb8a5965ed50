import { describe, expect, it } from 'vitest';
import { type QuotaConfig, U64_MAX } from './config.js';
import { damosProfile } from './profile.js';
import { chargeQuota, effectiveSize, Quota, quotaIsFull, quotaIsSet } from './quota.js';
import { schemeOf } from './testing/lab.js';

const PAGE = 4096;
const GIB = 2 ** 30;
const new73 = damosProfile('7.3');
const old612 = damosProfile('6.12');

function quotaOf(config: Partial<QuotaConfig>, state: Partial<Quota> = {}): Quota {
  return Object.assign(new Quota(schemeOf({}, config).quota), state);
}

describe('effective size', () => {
  const GOAL = [{ metric: 'user_input', targetValue: 1, currentValue: 0, nid: 0, memcgPath: '' }] as const;

  it.each<[string, Partial<QuotaConfig>, Partial<Quota>, bigint | undefined, number, number]>([
    // what, limits, state, score, 7.3, 6.12
    ['size alone', { szBytes: 10_000_000 }, {}, undefined, 10_000_000, 10_000_000],
    ['time before anything was charged: 4 MiB per ms', { timeMs: 10 }, {}, undefined, 40 * 2 ** 20, 40 * 2 ** 20],
    ['time by throughput', { timeMs: 10 }, { totalChargedSz: GIB, totalChargedNs: 1e9 }, undefined, 10_737_410, 10_737_410],
    ['time too short for a page', { timeMs: 1 }, { totalChargedSz: 1_000, totalChargedNs: 1e9 }, undefined, PAGE, PAGE],
    ['time and a smaller size', { timeMs: 10, szBytes: 5_000 }, {}, undefined, 5_000, 5_000],
    ['goal at score 0: doubled', { goals: GOAL }, { eszBp: 50_000n }, 0n, 10, 10],
    ['goal from nothing: the floor doubled', { goals: GOAL }, {}, 0n, 2, 2],
    ['goal over-achieved twice: the floor', { goals: GOAL }, { eszBp: 10n ** 12n }, 20_000n, 1, 1],
    ['goal reached: as it is', { goals: GOAL }, { eszBp: 123_456_789n }, 10_000n, 12_345, 12_345],
    ['goal and size', { goals: GOAL, szBytes: 100 }, { eszBp: 10n ** 12n }, 0n, 100, 100],
    // Only 6.12 raises the goal's share to a page too.
    ['goal and time', { goals: GOAL, timeMs: 10 }, { eszBp: 50_000n }, 0n, 10, PAGE],
    ['saturated goal', { goals: GOAL }, { eszBp: 2n ** 64n - 1n }, 0n, 1_844_674_407_370_955, 1_844_674_407_370_955],
    // 2^64 / 10^6 bytes are 18.4 TB.
    ['time after 20 TB', { timeMs: 1 }, { totalChargedSz: 2e13, totalChargedNs: 1e13 }, undefined, 2_000_000, 155_325],
  ])('%s', (_what, limits, state, score, in73, in612) => {
    expect(effectiveSize(quotaOf(limits, state), score, new73, PAGE)).toBe(in73);
    expect(effectiveSize(quotaOf(limits, state), score, old612, PAGE)).toBe(in612);
  });

  it.each([
    ['not reached, no size', 0, 9_999n, 1_844_674_407_370_955],
    ['not reached', 4_000, 9_999n, 4_000],
    ['reached', 4_000, 10_000n, 0],
    ['passed', 0, 30_000n, 0],
  ])('tuner temporal: %s', (_what, szBytes, score, expected) => {
    expect(effectiveSize(quotaOf({ goals: GOAL, goalTuner: 'temporal', szBytes }), score, new73, PAGE)).toBe(expected);
  });

  it('stays an exact number when there is hardly a limit', () => {
    expect(effectiveSize(quotaOf({ timeMs: U64_MAX }), undefined, new73, PAGE)).toBe(U64_MAX);
  });
});

describe('set and full', () => {
  it.each<[string, Partial<QuotaConfig>, Partial<Quota>, boolean, boolean]>([
    ['no limit', {}, { chargedSz: 100 }, false, false],
    ['nothing charged', { szBytes: 8192 }, { esz: 8192 }, false, false],
    ['a page left', { szBytes: 8192 }, { esz: 8192, chargedSz: 4096 }, false, false],
    ['less than a page left', { szBytes: 10_000 }, { esz: 10_000, chargedSz: 8192 }, true, false],
    ['nothing left', { szBytes: 8192 }, { esz: 8192, chargedSz: 8192 }, true, true],
    ['below a page from the start', { szBytes: 100 }, { esz: 100 }, true, false],
    ['effective size 0', { timeMs: 1 }, {}, true, false],
  ])('%s', (_what, limits, state, in73, in612) => {
    expect(quotaIsFull(quotaOf(limits, state), new73, PAGE)).toBe(in73);
    expect(quotaIsFull(quotaOf(limits, state), old612, PAGE)).toBe(in612);
  });

  it('an effective size outlives the limits that it came from', () => {
    expect(quotaIsSet(quotaOf({}, { esz: 4096 }), new73)).toBe(true);
    expect(quotaIsSet(quotaOf({}), new73)).toBe(false);
    expect(quotaIsSet(quotaOf({ szBytes: 1 }), old612)).toBe(false);
  });
});

describe('charge', () => {
  it.each([
    // num, denom, bytes, applied, charged
    [0, 0, 100, 0, 100],
    [1, 0, 100, 40, 100],
    [1, 1_000, 8_192_000, 4_096_000, 4_100_096],
    [0, 1, 100, 40, 40],
    [2, 3, 100, 40, 80],
    [3, 1, 100, 40, 220],
    // A large folio beyond the region.
    [1, 1_000, 4_096, 65_536, 4_096],
  ])('%d/%d of what failed: %d bytes with %d applied charge %d', (failChargeNum, failChargeDenom, bytes, applied, charged) => {
    const quota = quotaOf({ failChargeNum, failChargeDenom }, { chargedSz: 7 });
    chargeQuota(quota, bytes, applied);
    expect(quota.chargedSz).toBe(7 + charged);
  });
});
