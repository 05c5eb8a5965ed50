import { describe, expect, it } from 'vitest';
import { parseScenario } from './load.js';
import { reviveScenario } from './revive.js';

const parse = (commits: object[], kernel = '7.3') =>
  parseScenario(
    JSON.stringify({
      kernel,
      processes: [{ workload: { pattern: 'pointer_chase', size: '1 MiB' } }],
      monitor: { intervals: { sample_us: '5 ms', aggr_us: '100 ms' }, commits },
    }),
    'commits.yaml',
  );

describe('monitor.commits', () => {
  it('each keeps what it does not name', () => {
    const commits = parse([
      { at: '1 s', nr_regions: { min: 50 } },
      { at: '2 s', intervals: { sample_us: '10 ms' } },
    ]).machine.monitor?.commits;
    expect(commits?.map(({ atNs }) => atNs)).toEqual([1e9, 2e9]);
    expect(commits?.map(({ attrs }) => [attrs.minNrRegions, attrs.maxNrRegions, attrs.sampleUs, attrs.aggrUs])).toEqual([
      [50, 1000, 5_000, 100_000],
      [50, 1000, 10_000, 100_000],
    ]);
  });

  it.each([
    ['attributes that the kernel refuses', [{ at: '1 s', nr_regions: { min: 2 } }], /commits\[0\]\.nr_regions\.min: too few regions/],
    [
      'attributes that only together cannot be',
      [{ at: '1 s', intervals: { aggr_us: '4 ms' } }],
      /commits\[0\].*: sampling interval longer/,
    ],
    [
      'targets that come or go',
      [{ at: '1 s', targets: [] }],
      /commits\[0\]\.targets: not modelled: targets that come or go online[\s\S]*expected: 1, one for each target/,
    ],
    [
      'regions that overlap',
      [
        {
          at: '1 s',
          targets: [
            {
              regions: [
                { start: 0, end: 8192 },
                { start: 4096, end: 16384 },
              ],
            },
          ],
        },
      ],
      /commits\[0\]\.targets\[0\]\.regions\[1\]\.start: .*EINVAL/s,
    ],
    ['times that go back', [{ at: '2 s' }, { at: '1 s' }], /commits\[1\]\.at: commits out of order/],
  ])('refuses %s, with the place', (_, commits, message) => {
    expect(() => parse(commits)).toThrow(message);
  });

  it('other regions for each target, and a manifest brings them back', () => {
    const scenario = parse([
      { at: '1 s', targets: [{ regions: [{ start: '4 KiB', end: '1 MiB' }] }] },
      { at: '2 s', targets: [{ regions: [] }] },
    ]);
    expect(scenario.machine.monitor?.commits.map(({ regions }) => regions)).toEqual([[[{ start: 4096, end: 1 << 20 }]], [[]]]);
    expect(reviveScenario(JSON.parse(JSON.stringify(scenario)), 'manifest.json')).toEqual(scenario);
  });

  it('refuses a goal that the kernel does not know', () => {
    const goal = { access_bp: '4 %', aggrs: 3, min_sample_us: '5 ms', max_sample_us: '10 s' };
    expect(() => parse([{ at: '1 s', intervals: { intervals_goal: goal } }], '6.12')).toThrow(/intervals_goal is not in this kernel/);
  });
});

describe('monitor.start and monitor.linger', () => {
  it('reach the machine, and a manifest brings them back', () => {
    const text = JSON.stringify({
      processes: [{ workload: { pattern: 'pointer_chase', size: '1 MiB' } }],
      monitor: { start: '100 ms', linger: '0.5 s' },
    });
    const scenario = parseScenario(text, 'start.yaml');
    expect([scenario.machine.monitor?.startNs, scenario.machine.monitor?.lingerNs]).toEqual([1e8, 5e8]);
    expect(reviveScenario(JSON.parse(JSON.stringify(scenario)), 'manifest.json')).toEqual(scenario);
  });
});
