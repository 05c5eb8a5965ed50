import type { KernelVersion } from '@damonlab/damon';
import { describe, expect, it } from 'vitest';
import { checkSchemes } from './check-schemes.js';
import type { QuotaConfig, SchemeConfig } from './config.js';
import { damosProfile } from './profile.js';
import { schemeOf } from './testing/lab.js';

function check(changes: object, quota: object = {}, kernel: KernelVersion = '7.3', name: 'vaddr' | 'paddr' = 'vaddr'): void {
  const scheme = schemeOf(changes as Partial<SchemeConfig>, quota as Partial<QuotaConfig>);
  checkSchemes([schemeOf(), scheme], {
    profile: damosProfile(kernel),
    ops: { name },
    metrics: { hasMemcg: (path) => path === '/known' },
  });
}

const goal = (changes: object) => ({
  goals: [{ metric: 'user_input', targetValue: 1, currentValue: 0, nid: 0, memcgPath: '', ...changes }],
});
const filter = (changes: object) => ({ filters: [{ matching: true, allow: false, ...changes }] });

describe('what the kernel refuses', () => {
  it.each<[object, object, RegExp, string]>([
    [{ action: 'pageouts' }, {}, /schemes\[1\]\.action: Linux 7.3 does not know this word.*willneed.*pageouts/s, 'EINVAL'],
    [{ targetNid: -2 }, {}, /target_nid.*-1 to 4294967295.*-2/s, 'EINVAL'],
    [{ applyIntervalUs: 0.5 }, {}, /apply_interval_us.*0\.5/s, 'EINVAL'],
    [{ pattern: { ...schemeOf().pattern, maxAgeRegion: 2 ** 32 } }, {}, /access_pattern\.age\.max/, 'EINVAL'],
    [{}, { szBytes: -1 }, /quotas\.sz_bytes/, 'EINVAL'],
    [{}, { goalTuner: 'constant' }, /goal_tuner.*consist, temporal/s, 'EINVAL'],
    [{}, goal({ metric: 'hugepage_mem_bp' }), /goals\[0\]\.metric/, 'EINVAL'],
    [{}, goal({ targetValue: 0 }), /target_value.*from 1/s, 'EINVAL'],
    [{}, goal({ metric: 'node_eligible_mem_bp' }), /physical addresses.*paddr.*vaddr/s, 'EINVAL'],
    [{}, goal({ metric: 'node_memcg_used_bp', memcgPath: '/gone' }), /memcg_path: no such memory cgroup.*"\/gone"/s, 'ENOMEM'],
    [filter({ type: 'memcg', path: '/gone' }), {}, /filters\[0\]\.memcg_path/, 'ENOMEM'],
    [filter({ type: 'addr', start: 10, end: 5 }), {}, /address_range.*at least 10.*5/s, 'ENOMEM'],
    [filter({ type: 'hugepage_size', minBytes: 10, maxBytes: 5 }), {}, /hugepage_size/, 'ENOMEM'],
    [filter({ type: 'size' }), {}, /filter_type/, 'EINVAL'],
    [filter({ type: 'target', targetIndex: -1 }), {}, /damon_target_idx/, 'EINVAL'],
    [{ dests: [{ nid: 0, weight: -1 }] }, {}, /dests\[0\]\.weight/, 'EINVAL'],
    [{ watermarks: { metric: 'free_mem_rate', intervalUs: 1, high: 1, mid: 1, low: -1 } }, {}, /low_permil/, 'EINVAL'],
  ])('%j %j', (changes, quota, message, errno) => {
    expect(() => check(changes, quota)).toThrow(message);
    expect(() => check(changes, quota)).toThrow(new RegExp(`errno: +${errno}`));
  });
});

describe('what it takes', () => {
  it.each<[object, object]>([
    [{}, goal({ metric: 'node_memcg_free_bp', memcgPath: '/known', nid: 99 })],
    [filter({ type: 'addr', start: 5, end: 5 }), {}],
    [filter({ type: 'hugepage_size', minBytes: 5, maxBytes: 5, allow: true }), { goalTuner: 'temporal', failChargeDenom: 9 }],
    // Watermarks in no sensible order, a minimum above its maximum: never active, never matching.
    [{ watermarks: { metric: 'free_mem_rate', intervalUs: 0, high: 1, mid: 5, low: 9 } }, {}],
    [{ pattern: { ...schemeOf().pattern, minAgeRegion: 9, maxAgeRegion: 1 }, maxNrSnapshots: 3 }, {}],
  ])('%j %j', (changes, quota) => {
    check(changes, quota);
  });

  it('node_eligible_mem_bp with physical addresses', () => {
    check({}, goal({ metric: 'node_eligible_mem_bp' }), '7.3', 'paddr');
  });
});

describe('what 6.12 does not have', () => {
  it.each<[object, object, RegExp]>([
    [{ action: 'collapse' }, {}, /Linux 6.12 does not know this word/],
    [{}, goal({ metric: 'node_mem_used_bp' }), /user_input, some_mem_psi_us/],
    [{}, { goalTuner: 'temporal' }, /goal_tuner/],
    [{}, { failChargeDenom: 3 }, /Linux 6.12 has no fail_charge/],
    [filter({ type: 'active' }), {}, /filter_type/],
    [filter({ type: 'anon', allow: true }), {}, /no filters that allow/],
    [{ dests: [{ nid: 0, weight: 1 }] }, {}, /no weighted destinations/],
    [{ maxNrSnapshots: 1 }, {}, /no max_nr_snapshots/],
  ])('%j %j', (changes, quota, message) => {
    check(changes, quota);
    expect(() => check(changes, quota, '6.12')).toThrow(message);
  });
});
