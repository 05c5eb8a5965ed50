import { describe, expect, it } from 'vitest';
import { importKdamonds } from './kdamonds-file.js';
import { parseScenario } from './load.js';
import { reviveScenario } from './revive.js';

const chase = (name: string) => ({ name, workload: { pattern: 'pointer_chase', size: '1 MiB' } });

function parse(monitor: unknown, { kernel = '7.3', topology = '2-node' } = {}) {
  const warnings: string[] = [];
  const text = JSON.stringify({ kernel, topology, processes: [chase('web'), chase('db')], monitor });
  const scenario = parseScenario(text, 'k.yaml', [], (message) => warnings.push(message));
  return { scenario, machine: scenario.machine, warnings };
}

describe('several kdamonds', () => {
  it('are a list of monitors, and a manifest brings them back', () => {
    const { scenario, machine } = parse([{ numa_node: 0, ops: 'paddr' }, { numa_node: 1, ops: 'paddr' }, { pause: true }]);
    const [{ memoryBytes: bytes }] = machine.topology.nodes;
    expect(machine.monitor?.regions).toEqual([[{ start: 0, end: bytes }]]);
    expect(machine.otherMonitors?.map(({ ops, regions, pause }) => [ops, regions, pause])).toEqual([
      ['paddr', [[{ start: bytes, end: 2 * bytes }]], undefined],
      ['vaddr', [], true],
    ]);
    expect(reviveScenario(JSON.parse(JSON.stringify(scenario)), 'manifest.json')).toEqual(scenario);
  });

  it('a list of one is that one', () => {
    expect(parse([{}]).scenario).toEqual(parse({}).scenario);
  });

  it.each([
    [
      'what the kernel refuses, at its place',
      [{}, { nr_regions: { min: 2 } }],
      /monitor\[1\]\.nr_regions\.min: too few regions[\s\S]*EINVAL/,
    ],
    ['an unknown key', [{}, { intervalls: {} }], /monitor\[1\][\s\S]*did you mean `intervals`/],
    [
      'two that are told who made an access',
      [{ sample_control: { primitive: 'page_fault' } }, { sample_control: { primitive: 'sampled_accesses' } }],
      /monitor\[1\]\.sample_control: not modelled: several kdamonds that do not monitor by Accessed bits/,
    ],
    ['a CPU that is not there', [{}, { kdamond: { cpu: 99 } }], /monitor\[1\]\.kdamond\.cpu: no such CPU/],
  ])('refuse %s', (_, monitor, message) => {
    expect(() => parse(monitor)).toThrow(message);
  });
});

describe('targets', () => {
  it('are processes by name or number; all of them, in their order, go without saying', () => {
    const targetsOf = (targets: object[]) => parse({ targets }).machine.monitor?.targets;
    expect(targetsOf([{ process: 'db' }])).toEqual([1]);
    expect(targetsOf([{ process: 1 }, { process: 'web' }])).toEqual([1, 0]);
    expect(targetsOf([{ process: 'web' }, { process: 'db' }])).toBeUndefined();
    expect(targetsOf([{}])).toBeUndefined();
  });

  it.each([
    ['nobody', [{ process: 'dbb' }], /targets\[0\]\.process: no such process[\s\S]*web, db[\s\S]*EINVAL[\s\S]*did you mean `db`/],
    ['somebody twice', [{ process: 0 }, { process: 0 }], /a process that is a target already/],
    ['one without a name beside one with', [{ process: 0 }, {}], /targets\[1\]: no such process[\s\S]*none/],
    [
      'regions that overlap when aligned',
      [
        {
          regions: [
            { start: 0, end: 5000 },
            { start: 5000, end: 9000 },
          ],
        },
      ],
      /regions\[1\]\.start: impossible region[\s\S]*EINVAL/,
    ],
  ])('%s is refused', (_, targets, message) => {
    expect(() => parse({ targets })).toThrow(message);
  });

  it('of physical memory may lie where there is none: the kernel finds nothing accessed there', () => {
    const { warnings } = parse({ ops: 'paddr', targets: [{ regions: [{ start: 0, end: '1 TiB' }] }] });
    expect(warnings).toEqual([expect.stringMatching(/targets\[0\]\.regions\[0\]\.end: the memory of topology 2-node ends at/)]);
  });

  it.each([
    ['of virtual memory', { numa_node: 0 }, /numa_node: the memory of a node is physical/],
    ['that is not there', { ops: 'paddr', numa_node: 5 }, /numa_node: no such node[\s\S]*0 to 1/],
    ['beside regions', { ops: 'paddr', numa_node: 0, targets: [{ regions: [{ start: 0, end: 4096 }] }] }, /regions and a node/],
  ])('a node %s is refused', (_, monitor, message) => {
    expect(() => parse(monitor)).toThrow(message);
  });
});

describe('a pause', () => {
  it('comes with commits too', () => {
    const { monitor } = parse({ commits: [{ at: '1 s', pause: 'on' }, { at: '2 s', pause: false }, { at: '3 s' }] }).machine;
    expect(monitor?.commits.map(({ pause }) => pause)).toEqual([true, false, undefined]);
  });

  it.each([{ pause: true }, { commits: [{ at: '1 s', pause: true }] }])('%j is not in 6.12', (monitor) => {
    expect(() => parse(monitor, { kernel: '6.12' })).toThrow(/pause: pausing a context is not in this kernel/);
  });
});

it('pids of a file are the processes in the order in which they appear', () => {
  const kdamonds = [[7], [9, 7], [7]].map((pids) => ({ contexts: [{ ops: 'vaddr', targets: pids.map((pid) => ({ pid, regions: [] })) }] }));
  const text = JSON.stringify({ processes: [chase('web'), chase('db')] });
  const value = JSON.stringify(importKdamonds(JSON.stringify({ kdamonds }), 'k.json'));
  const { machine } = parseScenario(text, 'k.yaml', [{ flag: '--kdamonds k.json', key: 'monitor', value }]);
  expect([machine.monitor, ...(machine.otherMonitors ?? [])].map((monitor) => monitor?.targets)).toEqual([[0], [1, 0], [0]]);
});
