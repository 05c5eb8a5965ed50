import { describe, expect, it } from 'vitest';
import { parseScenario } from './load.js';

/** What the kernel refuses when a kdamond is turned on or committed, and with which error; `damo` reports the same. */

const GOAL = { access_bp: '4 %', aggrs: 3, min_sample_us: '5 ms', max_sample_us: '10 s' };
const KEY = 'schemes[0]';

function parse(monitor: object) {
  const warnings: string[] = [];
  const text = JSON.stringify({ processes: [{ workload: { pattern: 'pointer_chase', size: '1 MiB' } }], monitor });
  parseScenario(text, 'k.yaml', [], (message) => warnings.push(message));
  return warnings;
}

const scheme = (changes: object) => ({ schemes: [changes] });
const goal = (changes: object) => scheme({ quotas: { goals: [{ metric: 'user_input', target_value: 1, ...changes }] } });
const filter = (changes: object) => scheme({ filters: [changes] });
const regions = (...ranges: readonly (readonly [number, number])[]) => ({
  targets: [{ regions: ranges.map(([start, end]) => ({ start, end })) }],
});

describe('the kernel answers with an errno, and so do we, with a place', () => {
  it.each([
    ['EINVAL', 'operations that nobody registered', { ops: 'xaddr' }, 'monitor.ops'],
    ['EINVAL', 'a sampling interval longer than the aggregation', { intervals: { sample_us: '1 s' } }, 'intervals.sample_us'],
    ['EINVAL', 'fewer than 3 regions', { nr_regions: { min: 2 } }, 'nr_regions.min'],
    ['EINVAL', 'more regions at least than at most', { nr_regions: { min: 20, max: 10 } }, 'nr_regions.max'],
    ['EINVAL', 'a goal with bounds upside down', { intervals: { intervals_goal: { ...GOAL, max_sample_us: '1 ms' } } }, 'intervals_goal'],
    ['EINVAL', 'a sample outside its goal', { intervals: { sample_us: '1 ms', intervals_goal: GOAL } }, 'intervals.sample_us'],
    ['EINVAL', 'the same in a commit', { commits: [{ at: '1 s', nr_regions: { min: 2 } }] }, 'commits[0].nr_regions.min'],
    ['EINVAL', 'a second target of paddr', { ops: 'paddr', targets: [{}, {}] }, 'targets[1]'],
    ['EINVAL', 'a pid that is nobody', { targets: [{ process: 7 }] }, 'targets[0].process'],
    ['EINVAL', 'a target without a process', { targets: [{}, {}] }, 'targets[1]'],
    ['EINVAL', 'regions out of order', regions([8192, 12_288], [0, 4096]), 'regions[1].start'],
    ['EINVAL', 'regions that overlap', regions([0, 8192], [4096, 12_288]), 'regions[1].start'],
    ['EINVAL', 'regions that overlap when aligned', regions([0, 100], [200, 8192]), 'regions[1].start'],
    ['EINVAL', 'an empty region', regions([4096, 4096]), 'regions[0].start'],
    ['EINVAL', 'an unknown action', scheme({ action: 'promote' }), `${KEY}.action`],
    ['EINVAL', 'an unknown metric', goal({ metric: 'foo' }), `${KEY}.quotas.goals[0].metric`],
    ['EINVAL', 'an unknown tuner', scheme({ quotas: { goal_tuner: 'magic' } }), `${KEY}.quotas.goal_tuner`],
    ['EINVAL', 'an unknown type of filter', filter({ filter_type: 'old' }), `${KEY}.filters[0].filter_type`],
    [
      'EINVAL',
      'an unknown metric of watermarks',
      scheme({ watermarks: { metric: 'x', interval_us: 1, high_permil: 1, mid_permil: 1, low_permil: 1 } }),
      `${KEY}.watermarks.metric`,
    ],
    ['EINVAL', 'eligible memory without paddr', goal({ metric: 'node_eligible_mem_bp', nid: 0 }), `${KEY}.quotas.goals[0]`],
    [
      'ENOMEM',
      'an address filter upside down',
      filter({ filter_type: 'addr', address_range: { start: 8192, end: 4096 } }),
      'address_range',
    ],
    ['ENOMEM', 'sizes of huge pages upside down', filter({ filter_type: 'hugepage_size', hugepage_size: [2, 1] }), 'hugepage_size'],
    ['ENOMEM', 'a filter by a cgroup that is not there', filter({ filter_type: 'memcg', memcg_path: '/no' }), 'memcg_path'],
    ['ENOMEM', 'a goal by one', goal({ metric: 'node_memcg_used_bp', nid: 0, memcg_path: '/no' }), `goals[0].memcg_path`],
  ])('%s: %s', (errno, _what, monitor, place) => {
    const attempt = () => parse(monitor);
    expect(attempt).toThrow(`errno:    ${errno}`);
    expect(attempt).toThrow(place);
  });
});

describe('the kernel says nothing, and we warn', () => {
  it('no regions at all are a target without regions', () => {
    expect(parse({ targets: [{ regions: [] }] })).toEqual([]);
  });

  it('a goal of 0 is left out', () => {
    expect(parse(goal({ target_value: 0 }))).toEqual([expect.stringMatching(/goals\[0\]\.target_value: a goal of 0 is left out/)]);
  });

  it.each([
    [
      'nr_accesses',
      { min: '0 samples', max: `${2 ** 32} samples` },
      /nr_accesses\.max: the kernel keeps 32 bits of this bound: 4294967296 becomes 0/,
    ],
    ['age', { min: '4294967297 aggr_intervals', max: 'max' }, /age\.min: the kernel keeps 32 bits of this bound: 4294967297 becomes 1/],
  ])('%s is cut to 32 bits', (key, bounds, message) => {
    expect(parse(scheme({ access_pattern: { [key]: bounds } }))).toEqual([expect.stringMatching(message)]);
  });

  it.each(['nr_accesses', 'age'])('what damo makes of `max` for %s is cut too, out of reach, so without a word', (key) => {
    expect(parse(scheme({ access_pattern: { [key]: { min: 'min', max: 'max' } } }))).toEqual([]);
  });
});
