import { EVERYTHING, GOAL_METRICS, NO_WATERMARKS, STAT_EVERYTHING, U64_MAX } from '@damonlab/damos';
import { describe, expect, it } from 'vitest';
import { parseScenario } from './load.js';
import { reviveScenario } from './revive.js';

function parse(schemes: unknown, { kernel = '7.3', monitor = {} } = {}) {
  const warnings: string[] = [];
  const text = JSON.stringify({
    kernel,
    processes: [{ workload: { pattern: 'pointer_chase', size: '1 MiB' } }],
    monitor: { schemes, ...monitor },
  });
  const scenario = parseScenario(text, 'schemes.yaml', [], (message) => warnings.push(message));
  return { scenario, warnings, schemes: scenario.machine.monitor?.schemes ?? [] };
}

const pattern = (access_pattern: object) => [{ access_pattern }];

describe('monitor.schemes', () => {
  it('left out: none; an empty one counts everything, as in damo', () => {
    expect(parse(undefined).schemes).toEqual([]);
    expect(parse([{}]).schemes).toEqual([STAT_EVERYTHING]);
  });

  it('damo words become the kernel units', () => {
    const { schemes, scenario, warnings } = parse([
      {
        action: 'stat',
        apply_interval_us: '1 s',
        access_pattern: {
          sz_bytes: { min: '4.000 KiB', max: 'max' },
          nr_accesses: { min: '5 %', max: '15 samples' },
          age: { min: '3 s', max: '100 aggr_intervals' },
        },
        quotas: {
          time_ms: '10 ms',
          sz_bytes: '200MB',
          reset_interval_ms: '1 s',
          weights: { sz_permil: '0 %', nr_accesses_permil: '50 %', age_permil: 1000 },
          goals: [
            { metric: 'user_input', target_value: '10,000', current_value: 5 },
            { metric: 'node_mem_free_bp', target_value: '0.5 %', nid: 0 },
          ],
          goal_tuner: 'temporal',
          fail_charge_num: 1,
          fail_charge_denom: '1,024',
        },
        watermarks: { metric: 'free_mem_rate', interval_us: '5 s', high_permil: '50 %', mid_permil: '40 %', low_permil: 200 },
        filters: [
          { filter_type: 'addr', matching: true, address_range: { start: '4,096', end: 8192 } },
          { filter_type: 'target', matching: false, allow: true, damon_target_idx: '0' },
        ],
        max_nr_snapshots: 7,
      },
    ]);
    expect(warnings).toEqual([]);
    expect(schemes[0]).toEqual({
      action: 'stat',
      targetNid: -1,
      dests: [],
      applyIntervalUs: 1_000_000,
      pattern: { minSzRegion: 4096, maxSzRegion: U64_MAX, minNrAccesses: 1, maxNrAccesses: 15, minAgeRegion: 30, maxAgeRegion: 100 },
      quota: {
        timeMs: 10,
        szBytes: 209_715_200,
        resetIntervalMs: 1_000,
        goals: [
          { metric: 'user_input', targetValue: 10_000, currentValue: 5, nid: 0, memcgPath: '' },
          { metric: 'node_mem_free_bp', targetValue: 50, currentValue: 0, nid: 0, memcgPath: '' },
        ],
        goalTuner: 'temporal',
        failChargeNum: 1,
        failChargeDenom: 1024,
        weightSz: 0,
        weightNrAccesses: 500,
        weightAge: 1000,
      },
      watermarks: { metric: 'free_mem_rate', intervalUs: 5_000_000, high: 500, mid: 400, low: 200 },
      filters: [
        { type: 'addr', matching: true, allow: false, start: 4096, end: 8192 },
        { type: 'target', matching: false, allow: true, targetIndex: 0 },
      ],
      maxNrSnapshots: 7,
    });
    expect(reviveScenario(JSON.parse(JSON.stringify(scenario)), 'manifest.json')).toEqual(scenario);
  });

  it('rates and ages are those of the intervals', () => {
    const bounds = pattern({ nr_accesses: { min: '50 %', max: '100 %' }, age: { min: '1 s', max: '2 s' } });
    const monitor = { intervals: { sample_us: '10 ms', aggr_us: '200 ms' } };
    expect(parse(bounds, { monitor }).schemes[0].pattern).toEqual({
      ...EVERYTHING,
      minNrAccesses: 10,
      maxNrAccesses: 20,
      minAgeRegion: 5,
      maxAgeRegion: 10,
    });
  });

  it('a quota without an interval is never reset, no watermarks are none', () => {
    const [scheme] = parse([{ quotas: { sz_bytes: '1 MiB' } }]).schemes;
    expect([scheme.quota.resetIntervalMs, scheme.watermarks]).toEqual([U64_MAX, NO_WATERMARKS]);
  });

  it('commits replace all schemes', () => {
    const commits = [{ at: '1 s' }, { at: '2 s', schemes: [{ max_nr_snapshots: 5 }] }, { at: '3 s', schemes: [] }];
    const resolved = parse([{}], { monitor: { commits } }).scenario;
    expect(resolved.machine.monitor?.commits.map(({ schemes }) => schemes?.map(({ maxNrSnapshots }) => maxNrSnapshots))).toEqual([
      undefined,
      [5],
      [],
    ]);
    expect(reviveScenario(JSON.parse(JSON.stringify(resolved)), 'manifest.json')).toEqual(resolved);
  });
});

describe('bounds of 32 bits', () => {
  it('`max` comes to what damo and the kernel make of it, out of reach', () => {
    const { schemes, warnings } = parse(pattern({ nr_accesses: { min: 'min', max: 'max' }, age: { min: 'min', max: 'max' } }));
    expect(schemes[0].pattern).toMatchObject({ maxNrAccesses: 858_993_664, maxAgeRegion: 2_890_341_191 });
    expect(warnings).toEqual([]);
  });

  it('`max` that comes to less than regions reach is a warning', () => {
    // 2^64 / 2^20 is 2^44, of which 32 bits are 0.
    const monitor = { intervals: { sample_us: 1024, aggr_us: 2 ** 20 } };
    const { schemes, warnings } = parse(pattern({ age: { min: 'min', max: 'max' } }), { monitor });
    expect(schemes[0].pattern.maxAgeRegion).toBe(0);
    expect(warnings).toEqual([
      expect.stringMatching(/schemes\[0\]\.access_pattern\.age\.max: the kernel keeps 32 bits.*17592186044416 becomes 0/),
    ]);
  });

  it('a number that is cut is a warning', () => {
    const { schemes, warnings } = parse(pattern({ age: { min: '4,294,967,299 aggr_intervals', max: 'max' } }));
    expect(schemes[0].pattern.minAgeRegion).toBe(3);
    expect(warnings).toEqual([expect.stringMatching(/age\.min.*4294967299 becomes 3/)]);
  });

  it('a goal of 0 is left out with a warning', () => {
    const { schemes, warnings } = parse([{ quotas: { goals: [{ metric: 'user_input', target_value: 0 }] } }]);
    expect(schemes[0].quota.goals).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/goals\[0\]\.target_value: a goal of 0 is left out/)]);
  });
});

describe('a bad scheme names place, expectation and errno', () => {
  it.each<[unknown, RegExp]>([
    [[{ action: 'page_out' }], /schemes\[0\]\.action: impossible value.*did you mean `pageout`/s],
    [[{ acton: 'stat' }], /unknown key `acton`.*did you mean `action`/s],
    [
      [{}, { quotas: { goals: [{ metric: 'user_input', target_value: 'much' }] } }],
      /schemes\[1\]\.quotas\.goals\[0\]\.target_value.*whole number/s,
    ],
    [pattern({ nr_accesses: { min: '5 %' } }), /missing key `max`/],
    [pattern({ nr_accesses: { min: 'some', max: 'max' } }), /nr_accesses\.min.*5 %, 4 samples or max/s],
    [[{ filters: [{ filter_type: 'addr' }] }], /filters\[0\]: a filter of type addr without its argument.*address_range/s],
    [[{ filters: [{ filter_type: 'addr', address_range: { start: 8192, end: 4096 } }] }], /filters\[0\]\.address_range.*errno: +ENOMEM/s],
    [[{ filters: [{ filter_type: 'memcg', memcg_path: '/a' }] }], /memcg_path: no such memory cgroup.*errno: +ENOMEM/s],
    [[{ filters: [{ filter_type: 'hugepage_size', hugepage_size: ['2M', '4K'] }] }], /hugepage_size.*errno: +ENOMEM/s],
    [[{ quotas: { goals: [{ metric: 'node_eligible_mem_bp', target_value: 1 }] } }], /goals\[0\].*physical addresses.*errno: +EINVAL/s],
  ])('%j', (schemes, message) => {
    expect(() => parse(schemes)).toThrow(message);
  });

  it.each<[unknown, RegExp]>([
    [[{ action: 'collapse' }], /action: Linux 6\.12 does not know this word/],
    [[{ dests: [{ id: 0, weight: 1 }] }], /dests: Linux 6\.12 has no weighted destinations/],
    [[{ filters: [{ filter_type: 'target', allow: true, damon_target_idx: 0 }] }], /allow: Linux 6\.12 has no filters that allow/],
  ])('6.12: %j', (schemes, message) => {
    expect(() => parse(schemes, { kernel: '6.12' })).toThrow(message);
  });
});

it('an action that the kernel tries and applies to nothing is a warning', () => {
  const { schemes, warnings } = parse([{ action: 'lru_prio' }]);
  expect(schemes).toHaveLength(1);
  expect(warnings).toEqual([expect.stringMatching(/schemes\[0\]\.action: Linux 7\.3 tries lru_prio on vaddr and applies nothing/)]);
  expect(parse([{ action: 'migrate_hot' }], { kernel: '6.12' }).schemes).toHaveLength(1);
});

it.each(GOAL_METRICS)('a goal may follow %s', (metric) => {
  const goal = {
    metric,
    target_value: metric === 'some_mem_psi_us' ? '10 ms' : metric === 'user_input' ? 7 : '1 %',
    nid: 1,
    memcg_path: '/',
  };
  const { schemes, warnings } = parse([{ quotas: { goals: [goal] } }], { monitor: { ops: 'paddr' } });
  expect([warnings, schemes[0].quota.goals[0].metric]).toEqual([[], metric]);
});
