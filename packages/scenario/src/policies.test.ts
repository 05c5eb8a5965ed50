import { describe, expect, it } from 'vitest';
import { parseScenario } from './load.js';
import { reviveScenario } from './revive.js';

const scenario = (lines: string, monitor = '{ sample_control: { primitive: page_fault } }', topology = '2-node') =>
  parseScenario(
    `topology: ${topology}\nprocesses: [{ workload: { pattern: zipf, size: 1 MiB } }]\nmonitor: ${monitor}\n${lines}\n`,
    'policies.yaml',
  );

describe('policies', () => {
  it('nothing asked for is nothing said, so that other runs stay what they were', () => {
    expect(scenario('').machine).not.toHaveProperty('policies');
    expect(scenario('policies: { migrate_by_shares: off }').machine).not.toHaveProperty('policies');
  });

  it('has defaults, takes settings, and comes back from a manifest', () => {
    const defaults = { bytesPerWindow: 16 * 1024 ** 2, minShare: 0.6, minReports: 8, to: 'most', migrateNs: 3000 };
    const all = scenario('policies: { migrate_by_shares: on, dirty_rate: on }');
    expect(all.machine.policies).toEqual({ migrateByShares: defaults, dirtyRate: true });
    const set = scenario(
      'policies: { migrate_by_shares: { bytes_per_window: 1 MiB, min_share: 70 %, to: fewest } }\nmachine: { migrate: 1 us }',
    );
    expect(set.machine.policies).toEqual({
      migrateByShares: { ...defaults, bytesPerWindow: 1024 ** 2, minShare: 0.7, to: 'fewest', migrateNs: 1000 },
    });
    const aware = scenario('sched: { policy: access_aware }');
    for (const one of [all, set, aware]) expect(reviveScenario(JSON.parse(JSON.stringify(one)), 'manifest.json')).toEqual(one);
  });

  const weighted = '{ schemes: [{ action: migrate_hot, dests: [{ id: 0, weight: 1 }] }] }';
  const ddrCxl = '{ nodes: [{ cpus: 2, memory: 1 GiB }, { cpus: 0, memory: 1 GiB }], bandwidth_GBps: [10, 4] }';

  it('interleave_tuner sets what there is to be set, and its cutoff is a share of the fast node', () => {
    const tuner = { sampleNs: 100_000_000, adjustNs: 1_000_000_000, cutoff: 8, sets: ['sysfs'] };
    const inSysfs = scenario('policies: { interleave_tuner: on }', 'off', ddrCxl);
    expect(inSysfs.machine.policies).toEqual({ interleaveTuner: tuner });
    const both = scenario('policies: { interleave_tuner: { sample: 5 ms, adjust: 50 ms, cutoff: 70 % } }', weighted, ddrCxl);
    expect(both.machine.policies).toEqual({
      interleaveTuner: { sampleNs: 5_000_000, adjustNs: 50_000_000, cutoff: 7, sets: ['sysfs', 'dests'] },
    });
    for (const one of [inSysfs, both]) expect(reviveScenario(JSON.parse(JSON.stringify(one)), 'manifest.json')).toEqual(one);
  });

  it('lab_by_weight is said only where it is on', () => {
    const numa = (lab: string) => scenario(`numa_balancing: { mode: 1, lab_by_weight: ${lab} }`, 'off').machine.numaBalancing;
    expect([numa('on')?.labByWeight, numa('off')]).toEqual([true, expect.not.objectContaining({ labByWeight: expect.anything() })]);
  });

  it.each([
    ['policies: { interleave_tuner: on }', 'off', '2-node', /interleave_tuner weighs two nodes.*bandwidth_GBps.*2 nodes without it/s],
    ['policies: { interleave_tuner: { sets: [dests] } }', '{}', ddrCxl, /destinations of schemes, and none has any.*sets: \[sysfs\]/s],
    ['policies: { interleave_tuner: { sets: [mempolicy] } }', 'off', ddrCxl, /sysfs/],
    ['policies: { migrate_by_shares: on }', '{}', '2-node', /policies.yaml:4.*migrate_by_shares has to know who.*page_fault/s],
    ['policies: { migrate_by_shares: on }', 'off', '2-node', /goes by the address spaces.*monitor: off/s],
    ['policies: { dirty_rate: on }', '{ ops: paddr }', '2-node', /dirty_rate goes by the address spaces.*ops: paddr/s],
    ['policies: { migrate_by_shares: { min_share: 40 % } }', undefined, '2-node', /min_share.*0.51 to 1/s],
    ['policies: { migrate: on }', undefined, '2-node', /migrate_by_shares, dirty_rate/],
    ['sched: { policy: access_aware }', '{}', '2-node', /access_aware has to know who.*page_table/s],
    ['sched: { policy: access_aware }', undefined, '1-node', /access_aware on a machine with one node/],
  ])('%s with monitor %s on %s: says what was expected', (lines, monitor, topology, message) => {
    let told = '';
    try {
      scenario(lines, monitor, topology);
    } catch (error) {
      told = String(error);
    }
    expect(told).toMatch(message);
  });
});
