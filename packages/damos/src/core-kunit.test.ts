import { RegionList } from '@damonlab/damon';
import { describe, expect, it } from 'vitest';
import type { QuotaConfig, QuotaGoalConfig, SchemeConfig, SchemeFilter } from './config.js';
import { coreVerdict, layersOf } from './filters.js';
import { goalOf } from './goals.js';
import { Quota } from './quota.js';
import { RegionWalk } from './region-walk.js';
import { Scheme } from './scheme.js';
import { createLab, type Row, rowsOf, schemeOf, setRows } from './testing/lab.js';

/** The scheme cases of mm/damon/tests/core-kunit.h (7.3), by number and name. Cases 26 and 29 are with the monitoring core. */
const goal = (metric: QuotaGoalConfig['metric'], targetValue: number, changes: Partial<QuotaGoalConfig> = {}): QuotaGoalConfig => ({
  metric,
  targetValue,
  currentValue: 0,
  nid: 0,
  memcgPath: '',
  ...changes,
});

describe('filters', () => {
  it('core-kunit 15 new_filter: an ops filter has the fields it was given', () => {
    const layers = layersOf([{ type: 'anon', matching: true, allow: false }]);
    expect(layers).toEqual({
      core: [],
      ops: [{ type: 'anon', matching: true, allow: false }],
      coreDefaultReject: false,
      opsDefaultReject: false,
    });
  });

  it.each<[string, Row, Row[], boolean]>([
    ['inside', [3, 5], [[3, 5]], true],
    ['before', [1, 2], [[1, 2]], false],
    ['after', [6, 8], [[6, 8]], false],
    [
      'starts before',
      [1, 4],
      [
        [1, 2],
        [2, 4],
      ],
      false,
    ],
    [
      'ends after',
      [2, 8],
      [
        [2, 6],
        [6, 8],
      ],
      true,
    ],
  ])('core-kunit 25 filter_out: a region that lies %s', (_where, row, expected, matches) => {
    const regions = new RegionList();
    setRows(regions, [row]);
    const walk = new RegionWalk();
    walk.begin(regions);
    walk.next();
    const layers = layersOf([{ type: 'addr', matching: true, allow: false, start: 2, end: 6 }]);
    expect(coreVerdict(layers, 0, walk, 1)).toBe(matches ? 'reject' : 'accept');
    while (walk.next());
    expect(rowsOf(regions)).toEqual(expected.map(([start, end]) => [start, end, 0, 0]));
  });

  const filter = (layer: 'core' | 'ops', allow: boolean): SchemeFilter =>
    layer === 'core' ? { type: 'target', targetIndex: 0, matching: true, allow } : { type: 'anon', matching: true, allow };

  it.each([
    ['no filter', [], false, false],
    ['core allow', [filter('core', true)], true, false],
    ['core reject', [filter('core', false)], false, false],
    ['core reject, ops allow', [filter('core', false), filter('ops', true)], false, true],
    ['core allow, ops allow', [filter('core', true), filter('ops', true)], false, true],
  ])('core-kunit 27 filters_default_reject: %s', (_what, filters, core, ops) => {
    expect(layersOf(filters)).toMatchObject({ coreDefaultReject: core, opsDefaultReject: ops });
  });
});

describe('commits', () => {
  it.each([
    [goal('user_input', 789, { currentValue: 12 }), 12],
    [goal('node_mem_free_bp', 345, { nid: 9, currentValue: 5 }), 123],
    [goal('node_mem_used_bp', 12, { nid: 6 }), 123],
    [goal('node_memcg_used_bp', 456, { nid: 6, memcgPath: '/7' }), 123],
    [goal('node_memcg_free_bp', 890, { nid: 10, memcgPath: '/1' }), 123],
    [goal('some_mem_psi_us', 234, { currentValue: 345 }), 123],
  ])('core-kunit 16 commit_quota_goal: $0.metric over some_mem_psi_us', (config, currentValue) => {
    const before = { config: goal('some_mem_psi_us', 1_000), currentValue: 123, lastPsiTotalUs: 456 };
    expect(goalOf(config, before)).toEqual({ config, currentValue, lastPsiTotalUs: 456 });
  });

  it.each([
    [[], [goal('user_input', 123)]],
    [[goal('user_input', 234)], [goal('user_input', 345)]],
    [[goal('user_input', 456)], []],
  ])('core-kunit 17 commit_quota_goals %#: the goals are those of the source', (before, after) => {
    const quota = new Quota(schemeOf({}, { goals: before }).quota);
    quota.commit({ ...quota.config, goals: after });
    expect(quota.goals.map(({ config }) => config)).toEqual(after);
  });

  it('core-kunit 18 commit_quota: limits and weights change, what has been charged stays', () => {
    const quota = new Quota({
      resetIntervalMs: 1,
      timeMs: 2,
      szBytes: 3,
      goals: [],
      goalTuner: 'consist',
      failChargeNum: 2,
      failChargeDenom: 3,
      weightSz: 4,
      weightNrAccesses: 5,
      weightAge: 6,
    });
    Object.assign(quota, { esz: 3, chargedSz: 2, totalChargedSz: 9, chargedFrom: 4, chargeTargetFrom: 0, chargeAddrFrom: 8, minScore: 7 });
    const state = { ...quota };
    const config: QuotaConfig = {
      resetIntervalMs: 7,
      timeMs: 8,
      szBytes: 9,
      goals: [],
      goalTuner: 'temporal',
      failChargeNum: 1,
      failChargeDenom: 1_024,
      weightSz: 10,
      weightNrAccesses: 11,
      weightAge: 12,
    };
    quota.commit(config);
    expect({ ...quota }).toEqual({ ...state, config });
  });

  it.each([
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    [[1, 2, 3], [4]],
    [[], [4, 5]],
    [[1, 2, 3], []],
  ])('core-kunit 19 commit_dests: %j by %j', (before, after) => {
    const dests = (nids: readonly number[]) => nids.map((nid) => ({ nid, weight: nid + 1 }));
    const scheme = new Scheme(schemeOf({ dests: dests(before) }));
    scheme.commit(schemeOf({ dests: dests(after) }));
    expect(scheme.config.dests).toEqual(dests(after));
  });

  it.each<SchemeFilter>([
    { type: 'anon', matching: true, allow: true },
    { type: 'memcg', matching: true, allow: false, path: '/123' },
    { type: 'young', matching: false, allow: true },
    { type: 'hugepage_size', matching: true, allow: true, minBytes: 234, maxBytes: 345 },
    { type: 'unmapped', matching: true, allow: true },
    { type: 'addr', matching: false, allow: true, start: 456, end: 567 },
    { type: 'target', matching: true, allow: false, targetIndex: 6 },
  ])('core-kunit 20 commit_filter: $type over active', (filter) => {
    const scheme = new Scheme(schemeOf({ filters: [{ type: 'active', matching: true, allow: false }] }));
    scheme.commit(schemeOf({ filters: [filter] }));
    expect([...scheme.filters.core, ...scheme.filters.ops]).toEqual([filter]);
  });

  const pageout = (n: number, applyIntervalUs: number, marks: readonly number[]): SchemeConfig =>
    schemeOf({
      action: 'pageout',
      pattern: {
        minSzRegion: n,
        maxSzRegion: n + 1,
        minNrAccesses: n + 2,
        maxNrAccesses: n + 3,
        minAgeRegion: n + 4,
        maxAgeRegion: n + 5,
      },
      applyIntervalUs,
      watermarks: { metric: 'free_mem_rate', intervalUs: 5, high: marks[0], mid: marks[1], low: marks[2] },
    });

  it.each([
    ['21 commit_pageout_for_pageout', pageout(2, 2_000_000, [800, 50, 30])],
    ['22 commit_pageout_for_migrate_hot', { ...pageout(2, 2_000_000, [800, 50, 30]), action: 'migrate_hot', targetNid: 5 } as const],
  ])('core-kunit %s: all fields change, statistics and schedule stay', (_name, config) => {
    const scheme = new Scheme(pageout(1, 1_000_000, [900, 100, 50]));
    scheme.count(3, 2, 1);
    scheme.nextApplySis = 77;
    scheme.commit(config);
    expect(scheme.config).toBe(config);
    expect(scheme.stats).toMatchObject({ nrTried: 1, szTried: 3, nrApplied: 1, szApplied: 2, szOpsFilterPassed: 1 });
    expect(scheme.nextApplySis).toBe(77);
  });
});

it('core-kunit 30 walk_control_obsolete: no walk after the end', () => {
  const { damos } = createLab({ schemes: [schemeOf()] });
  damos.end();
  expect(
    damos.walk(
      () => {},
      () => {},
    ),
  ).toBe('ECANCELED');
});
