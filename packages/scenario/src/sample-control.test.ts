import { DEFAULT_SAMPLE_CONTROL } from '@damonlab/damon';
import { describe, expect, it } from 'vitest';
import { type Override, parseScenario } from './index.js';

const PROCESS = 'processes: [{ workload: { pattern: zipf, size: 1 MiB }, threads: 3 }]\ntopology: 1-node\n';

const set = (assignment: string): Override => {
  const [key, value] = assignment.split(/=(.*)/s) as [string, string];
  return { flag: `--set ${assignment}`, key, value };
};
const sample = (text: string, overrides: Override[] = []) =>
  parseScenario(`${PROCESS}monitor: { sample_control: ${text} }`, 'test.yaml', overrides).machine.monitor?.sample;
const filtered = (filters: string, more = '') => sample(`{ primitive: page_fault, sample_filters: [${filters}]${more} }`);

describe('sample_control', () => {
  it('left out: Accessed bits, as in the kernel', () => {
    expect(parseScenario(PROCESS, 'test.yaml').machine.monitor?.sample).toEqual(DEFAULT_SAMPLE_CONTROL);
    expect(sample('{}')).toEqual(DEFAULT_SAMPLE_CONTROL);
  });

  it('understands every key', () => {
    const text = `{ primitive: page_fault, filter_rule: literal, disarm_at_check: off, channel: single_array, sampled_every: 5000,
      sample_cost: 3 us, available: off, sample_filters: [
      { filter_type: cpumask, cpumask: "0-1,3", matching: false, allow: false },
      { filter_type: threads, tid_arr: "2,0" },
      { filter_type: write, allow: false } ] }`;
    expect(sample(text)).toEqual({
      ...DEFAULT_SAMPLE_CONTROL,
      primitive: 'page_fault',
      filterRule: 'literal',
      disarmAtCheck: false,
      channel: 'single_array',
      sampledEvery: 5_000,
      sampleCostNs: 3_000,
      available: false,
      filters: [
        { type: 'cpumask', cpus: [0, 1, 3], matching: false, allow: false },
        { type: 'threads', tids: [0, 2], matching: true, allow: true },
        { type: 'write', matching: true, allow: false },
      ],
    });
  });

  it('samples accesses', () => {
    expect(sample('{ primitive: sampled_accesses, sampled_every: 500 }')).toEqual({
      ...DEFAULT_SAMPLE_CONTROL,
      primitive: 'sampled_accesses',
      sampledEvery: 500,
    });
  });

  it('is set from outside, as by --sample_primitives', () => {
    expect(sample('{ disarm_at_check: off }', [set('monitor.sample_control.primitive=page_fault')])).toMatchObject({
      primitive: 'page_fault',
      disarmAtCheck: false,
    });
  });

  it('costs of arming, of a hinting fault and of a shootdown come from the machine, or are set', () => {
    const preset = parseScenario(PROCESS, 'test.yaml').machine;
    expect(preset.cpu).toMatchObject({ hintFaultNs: 700, shootdownNs: 500 });
    expect(preset.monitor?.kdamond.armNs).toBe(1_500);
    const own = parseScenario(
      `${PROCESS}machine: { hint_fault: 2 us, shootdown: 1 us }\nmonitor: { kdamond: { arm: 3 us } }`,
      'test.yaml',
    ).machine;
    expect(own.cpu).toMatchObject({ hintFaultNs: 2_000, shootdownNs: 1_000 });
    expect(own.monitor?.kdamond.armNs).toBe(3_000);
  });
});

describe('sample_control that cannot be', () => {
  it.each<[string, () => unknown, string[]]>([
    ['an unknown primitive', () => sample('{ primitive: page_faults }'), ['monitor.sample_control.primitive', '"page_faults"']],
    ['samples that cost nothing', () => sample('{ sample_cost: 10 ns }'), ['sample_control.sample_cost', '50 or more']],
    ['no sample at all', () => sample('{ sampled_every: 0 }'), ['sample_control.sampled_every', '1 or more']],
    [
      'samples of a machine that cannot',
      () => sample('{ primitive: sampled_accesses, available: off }'),
      ['test.yaml:3:', 'EOPNOTSUPP: this machine cannot sample accesses', 'without a PMU'],
    ],
    ['an unknown key', () => sample('{ primitiv: page_fault }'), ['unknown key `primitiv`', '`primitive`']],
    ['an unknown channel', () => sample('{ primitive: page_fault, channel: ring }'), ['sample_control.channel', '"ring"']],
    ['an unknown rule', () => filtered('', ', filter_rule: rfc'), ['sample_control.filter_rule', '"rfc"']],
    [
      'filters of Accessed bits',
      () => sample('{ sample_filters: [{ filter_type: write }] }'),
      ['test.yaml:3:', 'monitor.sample_control', 'there is nothing to filter', 'primitive page_fault'],
    ],
    [
      'an unknown CPU',
      () => filtered('{ filter_type: write }, { filter_type: cpumask, cpumask: "2-4" }'),
      ['sample_filters[1].cpumask', 'unknown CPU', 'CPUs 0-3', 'actual:   4'],
    ],
    [
      'an unknown thread',
      () => filtered('{ filter_type: threads, tid_arr: "3" }'),
      ['sample_filters[0].tid_arr', 'unknown thread', 'threads 0-2', 'actual:   3'],
    ],
    ['no list of CPUs', () => filtered('{ filter_type: cpumask }'), ['sample_filters[0]', 'without its list', 'a key cpumask']],
    ['the list of another type', () => filtered('{ filter_type: threads, cpumask: "1" }'), ['without its list', 'a key tid_arr']],
    ['a bad list', () => filtered('{ filter_type: cpumask, cpumask: "3-1" }'), ['bad CPU list', '"3-1"']],
    ['an unknown filter', () => filtered('{ filter_type: reads }'), ['filter_type', '"reads"']],
    [
      'a hinting fault for nothing',
      () => parseScenario(`${PROCESS}machine: { hint_fault: 10 ns }`, 'test.yaml'),
      ['hint_fault', '50 or more'],
    ],
  ])('%s', (_, resolve, parts) => {
    let message = 'it was taken';
    try {
      resolve();
    } catch (error) {
      message = String(error instanceof Error ? error.message : error);
    }
    for (const part of parts) expect(message).toContain(part);
  });
});
