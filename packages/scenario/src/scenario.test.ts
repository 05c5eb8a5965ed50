import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { type Override, parseScenario, reviveScenario } from './index.js';

const GOAL = '{ access_bp: 4 %, aggrs: 3, min_sample_us: 5 ms, max_sample_us: 10 s }';
const ZIPF = '{ pattern: zipf, size: 64 MiB }';
const MASIM = 'a, 1000000\nb, 4096\n\nfirst\n100\na, 0, 4096, 1\nb, 1, 64, 1, ro\n';

function yaml(text: string, overrides: readonly Override[] = []) {
  return parseScenario(text, 'lab/test.yaml', overrides);
}

function set(assignment: string): Override {
  const [key, value] = assignment.split('=') as [string, string];
  return { flag: `--set ${assignment}`, key, value };
}

function messageOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('no error');
}

describe('a scenario', () => {
  it('has the defaults of damo', () => {
    const { name, source, machine } = yaml(`processes: [{ workload: ${ZIPF} }]`);
    expect(name).toBe('test');
    expect(source).toEqual({ file: 'test.yaml', kind: 'yaml' });
    expect(machine).toMatchObject({
      seed: 1,
      thp: 'never',
      truth: true,
      durationNs: 0,
      topology: { name: '1-node' },
      cpu: { tlb: { entries: 1536, ways: 12 } },
    });
    expect(machine.monitor).toMatchObject({ ops: 'vaddr', kernel: '7.3', regions: [], kdamond: { cpu: null } });
    expect(machine.monitor?.attrs).toEqual({
      sampleUs: 5_000,
      aggrUs: 100_000,
      opsUpdateUs: 1_000_000,
      minNrRegions: 10,
      maxNrRegions: 1_000,
      intervalsGoal: { accessBp: 0, aggrs: 0, minSampleUs: 0, maxSampleUs: 0 },
    });
    expect(machine.processes).toEqual([
      {
        name: 'zipf',
        cpusAllowed: [],
        cpus: [],
        workload: {
          kind: 'synthetic',
          name: 'zipf',
          threads: 1,
          pattern: { pattern: 'zipf', bytes: 67_108_864, durationNs: 10e9, writeRatio: 0.5, computePs: 2_000, theta: 0.99 },
        },
      },
    ]);
  });

  it('shared_private: its keys, and what is left out', () => {
    const pattern = (keys: string) => {
      const scenario = yaml(`processes: [{ workload: { pattern: shared_private, size: 1 MiB${keys} }, threads: 2 }]`);
      expect(reviveScenario(JSON.parse(JSON.stringify(scenario)), 'manifest.json')).toEqual(scenario);
      return scenario.machine.processes[0].workload;
    };
    expect(pattern(', write_ratio: 10 %')).toMatchObject({
      pattern: { sharedRatio: 0.25, sharedShare: 0.5, writeRatio: 0.1, sharedWriteRatio: 0.1, speeds: [1] },
    });
    expect(pattern(', shared_ratio: 10 %, shared_share: 0.9, shared_write_ratio: 1, speeds: [2, 1]')).toMatchObject({
      pattern: { sharedRatio: 0.1, sharedShare: 0.9, sharedWriteRatio: 1, speeds: [2, 1] },
    });
    expect(() => pattern(', speeds: []')).toThrow(UserError);
  });

  it('understands every key', () => {
    const { name, machine } = yaml(`
name: everything
description: all keys
kernel: 7.3
seed: 7
topology: { nodes: [{ cpus: 2, memory: 2 GiB }, { cpus: 0, memory: 4 GiB }], latency_ns: [[1, 2], [2, 1]] }
tlb: { entries: 64, ways: 4, huge_entries: 32, huge_ways: 8, asids: 0 }
thp: always
duration: 30 s
truth: off
processes:
  - name: a
    workload:
      { pattern: hot_cold, size: 1 MiB, hot_ratio: 25 %, hot_share: 0.75, drift: 1 s, duration: 2 s, write_ratio: 0, access: 0.5 ns }
    threads: 3
    cpus: [1, 0]
  - workload: { pattern: sparse, size: 8 MiB, sweep_every: 1 ms }
  - workload: { pattern: pointer_chase, size: 8 MiB }
monitor:
  ops: fvaddr
  intervals:
    sample_us: 10 ms
    aggr_us: 200000
    ops_update_us: 2 s
    intervals_goal: { access_bp: 4 %, aggrs: 3, min_sample_us: 5 ms, max_sample_us: 10 s }
  nr_regions: { min: 20, max: "2,000" }
  targets:
    - regions: [{ start: 0x1000, end: 8192 }]
    - regions: [{ start: 0, end: 1 GiB }]
    - regions: [{ start: 0, end: 1 G }, { start: 2 G, end: 3 G }]
  kdamond: { cpu: 1, wake: 5 us, mapped: 1 us, hole: 100 ns, aggregate: 0 }
machine:
  { timer_granularity: 4 us, epoch_max: 1 ms, background_switch: 5 ms, walk: 30 ns, fault: 500 ns, context_switch: 1 us, slice: 4 ms }
`);
    expect(name).toBe('everything');
    expect(machine).toMatchObject({
      seed: 7,
      topology: {
        nodes: [
          { cpus: 2, memoryBytes: 2 ** 31 },
          { cpus: 0, memoryBytes: 2 ** 32 },
        ],
        distance: [
          [10, 50],
          [50, 10],
        ],
        latencyNs: [
          [1, 2],
          [2, 1],
        ],
      },
      cpu: {
        tlb: { kind: 'finite', entries: 64, ways: 4, hugeEntries: 32, hugeWays: 8, asids: 0 },
        walkNs: 30,
        faultNs: 500,
        contextSwitchNs: 1_000,
        sliceNs: 4_000_000,
      },
      thp: 'always',
      truth: false,
      durationNs: 30e9,
      timerGranularityNs: 4_000,
      epochMaxNs: 1_000_000,
      backgroundSwitchNs: 5_000_000,
      processes: [
        {
          name: 'a',
          cpus: [1, 0],
          workload: { threads: 3, pattern: { hotRatio: 0.25, hotShare: 0.75, driftNs: 1e9, writeRatio: 0, computePs: 500 } },
        },
        { name: 'sparse', workload: { pattern: { sweepEveryNs: 1e6 } } },
        { name: 'pointer_chase' },
      ],
      monitor: {
        ops: 'fvaddr',
        attrs: {
          sampleUs: 10_000,
          aggrUs: 200_000,
          opsUpdateUs: 2e6,
          minNrRegions: 20,
          maxNrRegions: 2_000,
          intervalsGoal: { accessBp: 400, aggrs: 3, minSampleUs: 5_000, maxSampleUs: 1e7 },
        },
        kdamond: { cpu: 1, wakeNs: 5_000, mappedNs: 1_000, holeNs: 100, aggregateNs: 0 },
      },
    });
    expect(machine.monitor?.regions).toEqual([
      [{ start: 4096, end: 8192 }],
      [{ start: 0, end: 2 ** 30 }],
      [
        { start: 0, end: 2 ** 30 },
        { start: 2 ** 31, end: 3 * 2 ** 30 },
      ],
    ]);
  });

  it('paddr watches all memory of all nodes, or the regions of its one target', () => {
    const regionsOf = (monitor: string) => {
      const topology = 'topology: { nodes: [{ cpus: 1, memory: 1 GiB }, { cpus: 0, memory: 2 GiB }] }';
      return yaml(`${topology}\nprocesses: [{ workload: ${ZIPF} }, { workload: ${ZIPF}, name: b }]\nmonitor: ${monitor}`).machine.monitor
        ?.regions;
    };
    const all = [[{ start: 0, end: 3 * 2 ** 30 }]];
    expect(regionsOf('{ ops: paddr }')).toEqual(all);
    expect(regionsOf('{ ops: paddr, targets: [{}] }')).toEqual(all);
    const given = '[{ start: 1 GiB, end: 2 GiB }, { start: 2 GiB, end: 3 GiB }]';
    expect(regionsOf(`{ ops: paddr, targets: [{ regions: ${given} }] }`)).toEqual([
      [
        { start: 2 ** 30, end: 2 ** 31 },
        { start: 2 ** 31, end: 3 * 2 ** 30 },
      ],
    ]);
  });

  it('can be a masim config', () => {
    const overrides: Override[] = [
      { flag: '--default_rw_mode rw', key: 'processes.*.workload.default_rw_mode', value: 'rw', beside: 'masim' },
      set('seed=5'),
    ];
    const { name, source, machine } = parseScenario(MASIM, 'dir/some stairs.cfg', overrides);
    expect(name).toBe('some-stairs');
    expect(source.kind).toBe('masim');
    expect(machine.seed).toBe(5);
    expect(machine.processes).toMatchObject([
      { name: 'some-stairs', workload: { kind: 'masim', options: { defaultRwMode: 'rw', repeat: 1 } } },
    ]);
  });

  it('can run on the oracle machine', () => {
    const { machine } = parseScenario(MASIM, 'x.cfg', [set('machine=oracle'), set('machine.walk=5 ns')]);
    expect(machine).toMatchObject({
      topology: { name: 'oracle-1cpu' },
      cpu: { tlb: { kind: 'off' }, walkNs: 5 },
      timerGranularityNs: 32_000,
      monitor: { kdamond: { cpu: 0 } },
      processes: [{ workload: { options: { sequentialPs: 8_000, startupNs: 118_000_000 } } }],
    });
  });

  it('can go unwatched', () => {
    expect(yaml(`monitor: off\nprocesses: [{ workload: ${ZIPF} }]`).machine.monitor).toBeNull();
  });

  it('keys with capitals are keys', () => {
    const topology = 'topology: { nodes: [{ cpus: 1, memory: 1 GiB }], bandwidth_GBps: [10] }';
    const { machine } = yaml(`${topology}\nprocesses: [{ workload: { pattern: zipf, size: 1 MiB } }]`, [
      set('topology.bandwidth_GBps=[5]'),
    ]);
    expect(machine.topology.bandwidthGBps).toEqual([5]);
  });

  it('takes overrides in their order', () => {
    const text = `processes:\n  - workload: ${ZIPF}\n  - workload: ${ZIPF}\nmonitor: { nr_regions: { max: 50 } }`;
    const overrides = [
      'monitor.nr_regions.max=500',
      'monitor.nr_regions.min=5',
      'monitor.nr_regions.max=600',
      'processes.1.threads=4',
      'processes.*.cpus=[0]',
    ];
    const { machine } = yaml(text, overrides.map(set));
    expect(machine.monitor?.attrs).toMatchObject({ minNrRegions: 5, maxNrRegions: 600 });
    expect(machine.processes.map((p) => p.workload.threads)).toEqual([1, 4]);
    expect(machine.processes.map((p) => p.cpus)).toEqual([[0], [0]]);
  });
});

describe('a bad scenario names place, expectation and what was found', () => {
  const process = `processes: [{ workload: ${ZIPF} }]\n`;
  it.each([
    ['an unknown key', `${process}sead: 5`, ['lab/test.yaml:2:1: sead: unknown key `sead`', 'did you mean `seed`?']],
    [
      'an unknown inner key',
      `${process}monitor:\n  nr_regions: { mni: 5 }`,
      ['test.yaml:3:17: monitor.nr_regions.mni', 'one of min, max', '`min`'],
    ],
    [
      'an unknown key of a workload',
      'processes: [{ workload: { pattern: zipf, size: 1 M, thetta: 1 } }]',
      ['unknown key `thetta`', '`theta`'],
    ],
    [
      'an unknown pattern',
      'processes: [{ workload: { pattern: zip, size: 1 M } }]',
      ['test.yaml:1:27: processes[0].workload.pattern', 'zipf, hot_cold', '"zip"'],
    ],
    ['a missing key', 'processes: [{ workload: { pattern: zipf } }]', ['missing key `size`', 'processes[0].workload.size']],
    ['no processes', 'seed: 1', ['missing key `processes`', 'a list']],
    ['an empty file', '', ['test.yaml', 'a map of keys']],
    ['a wrong unit', `${process}duration: 5 MiB`, ['test.yaml:2:1: duration', 'a time with its unit', '"5 MiB"', 'units of time are']],
    ['a missing unit', `${process}duration: 5`, ['write the unit: 5 ms?']],
    ['a wrong type', `${process}duration: [5]`, ['a string or a number', '[ 5 ]']],
    [
      'a preset of no name',
      `${process}topology: 3-node`,
      ['test.yaml:2:1: topology: unknown topology', '1-node, 2-node, dram-cxl', '"3-node"'],
    ],
    ['a TLB of no name', `${process}tlb: skylak`, ['unknown TLB', 'did you mean `skylake`?']],
    ['a machine of no name', `${process}machine: oracel`, ['unknown machine', 'did you mean `oracle`?']],
    [
      'a TLB that has no sets',
      `${process}tlb: { entries: 1000, ways: 12 }`,
      ['impossible TLB', 'ways times a power of two', '1000 entries of 12 ways'],
    ],
    [
      'latencies that no access may have',
      `${process}topology: { nodes: [{ cpus: 1, memory: 1 GiB }, { cpus: 0, memory: 1 GiB }], latency_ns: [[90, 1990], [1990, 90]] }`,
      ['topology.latency_ns: impossible cost of an access', 'at most 2000 ns together', '2010 ns'],
    ],
    ['0 CPUs', `${process}topology: { nodes: [{ cpus: 0, memory: 1 GiB }] }`, ['a machine without CPUs', 'at least 1 CPU']],
    [
      'a node without memory',
      `${process}topology: { nodes: [{ cpus: 1, memory: 0 }] }`,
      ['test.yaml:2:32: topology.nodes[0].memory: a node without memory'],
    ],
    [
      'a distance of the wrong shape',
      `${process}topology: { nodes: [{ cpus: 1, memory: 1 GiB }], distance: [[10, 20]] }`,
      ['matrix of the wrong shape', '1 rows of 1'],
    ],
    [
      'regions larger than memory',
      'processes: [{ workload: { pattern: zipf, size: 17 GiB } }]',
      ['test.yaml:1:42', 'more memory than the machine has', '16.00 GiB', '17.00 GiB'],
    ],
    [
      'regions larger than memory together',
      'processes: [{ workload: { pattern: zipf, size: 9 GiB } }, { workload: { pattern: zipf, size: 8 GiB } }]',
      ['processes[1].workload.size', 'up to this one', '17.00 GiB'],
    ],
    [
      'sample > aggr',
      `${process}monitor: { intervals: { sample_us: 200 ms } }`,
      ['test.yaml:2:25', 'sample_us ≤ aggr_us (100000 us)', '200000 us'],
    ],
    ['a sampling interval of 0', `${process}monitor: { intervals: { sample_us: 0 } }`, ['sampling interval too short']],
    ['min_nr_regions < 3', `${process}monitor: { nr_regions: { min: 2 } }`, ['nr_regions.min', '3 or more', 'actual:   2']],
    [
      'min > max',
      `${process}monitor: { nr_regions: { max: 5 } }`,
      ['test.yaml:2:26: monitor.nr_regions.max', 'min ≤ max (5)', 'actual:   10'],
    ],
    [
      'a goal in 6.12',
      `kernel: "6.12"\n${process}monitor: { intervals: { intervals_goal: ${GOAL} } }`,
      ['not in this kernel', 'kernel 7.3', 'kernel 6.12'],
    ],
    [
      'a sample outside its goal',
      `${process}monitor: { intervals: { intervals_goal: { access_bp: 4 %, aggrs: 3, min_sample_us: 6 ms, max_sample_us: 10 s } } }`,
      ['outside its goal', '6000 to 10000000 us', '5000 us'],
    ],
    [
      'a goal with min > max',
      `${process}monitor: { intervals: { intervals_goal: { access_bp: 4 %, aggrs: 3, min_sample_us: 6 ms, max_sample_us: 5 ms } } }`,
      ['min_sample_us ≤ max_sample_us'],
    ],
    ['a kernel of no profile', `${process}kernel: "6.1"`, ['test.yaml:2:1: kernel', '7.3 or 6.12', '"6.1"']],
    ['a CPU that is not there', `processes: [{ workload: ${ZIPF}, cpus: [0, 4] }]`, ['processes[0].cpus[1]', '0 to 3', 'actual:   4']],
    ['a kdamond on a CPU that is not there', `${process}monitor: { kdamond: { cpu: 9 } }`, ['monitor.kdamond.cpu', 'no such CPU']],
    ['0 threads', `processes: [{ workload: ${ZIPF}, threads: 0 }]`, ['processes[0].threads', '1 to 1024', 'actual:   0']],
    [
      'two processes of one name',
      `processes: [{ name: a, workload: ${ZIPF} }, { name: a, workload: ${ZIPF} }]`,
      ['two processes of one name', 'processes[1].name'],
    ],
    ['a target too many', `${process}monitor: { targets: [{}, {}] }`, ['a target without a process']],
    [
      'regions that overlap',
      `${process}monitor: { targets: [{ regions: [{ start: 0, end: 8192 }, { start: 4096, end: 9000 }] }] }`,
      ['impossible region', 'start ≥ 8192', '4096 to 9000'],
    ],
    ['fvaddr without regions', `${process}monitor: { ops: fvaddr }`, ['fvaddr watches given regions only']],
    ['an option of damo that is not modelled', `${process}monitor: { probes: [] }`, ['test.yaml:2:12', 'not modelled: `probes`']],
    [
      'a second target for paddr',
      `${process}monitor: { ops: paddr, targets: [{}, {}] }`,
      ['test.yaml:2:', 'monitor.targets[1]', 'more than one target for physical memory', 'one target', '2 targets', 'EINVAL'],
    ],
    [
      "a switch for the RFC's head pages",
      `${process}monitor: { sample_control: { primitive: page_fault, rfc_head_page: on } }`,
      ['not modelled: `rfc_head_page`', 'head page'],
    ],
    [
      'a switch for leaked folio references',
      `${process}monitor: { sample_control: { rfc_leak_folio_refs: on } }`,
      ['not modelled: `rfc_leak_folio_refs`', 'reference counts'],
    ],
    ['address units', `${process}monitor: { addr_unit: 2 }`, ['not modelled: `addr_unit`']],
    ['a kdamonds file of damo', 'kdamonds: []', ['test.yaml:1:1', 'not modelled: `kdamonds`']],
    [
      'a masim file that is not there',
      'processes: [{ workload: { masim: nowhere.cfg } }]',
      ['test.yaml:1:27', 'no such file', 'nowhere.cfg'],
    ],
    ['text that is not YAML', 'a: [', ['test.yaml:1:5', 'not YAML']],
    ['a key twice', `${process}${process}`, ['test.yaml:2:1', 'not YAML']],
  ])('%s', (_, text, parts) => {
    const message = messageOf(() => yaml(text));
    for (const part of parts) expect(message).toContain(part);
  });

  it.each([
    ['monitor.nr_regions.max=5', ['--set monitor.nr_regions.max=5: fewest regions above most regions']],
    ['monitor.nr_region.max=5', ['--set monitor.nr_region.max=5', 'unknown key `nr_region`', '`nr_regions`']],
    ['monitor.intervals.aggr_us=1 ms', ['--set monitor.intervals.aggr_us=1 ms', 'sample_us ≤ aggr_us']],
    ['processes.3.threads=2', ['--set processes.3.threads=2: no such entry', '0 to 0']],
    ['name.first=x', ['has no keys to set']],
    ['__proto__.x=1', ['not a key']],
    ['seed=[', ['--set seed=[: not a value']],
    ['seed=', ['--set seed=', 'null']],
  ])('--set %s', (assignment, parts) => {
    const message = messageOf(() => yaml(`name: x\n${process}`, [set(assignment)]));
    for (const part of parts) expect(message).toContain(part);
  });

  it('says so when an option of masim has no masim workload to go to', () => {
    const override = { flag: '--repeat 2', key: 'processes.*.workload.repeat', value: '2', beside: 'masim' };
    expect(messageOf(() => yaml(process, [override]))).toContain('--repeat 2: nothing to apply this to');
  });
});
