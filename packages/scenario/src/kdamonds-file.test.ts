import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@damonlab/base';
import { describe, expect, it } from 'vitest';
import { importKdamonds, kdamondsOverride } from './kdamonds-file.js';
import { parseScenario } from './load.js';

/** Printed by the unmodified damo: `damo args damon ... --format json` (or yaml). */
const FOLDER = join(import.meta.dirname, 'testing/kdamonds');
const fileOf = (name: string) => join(FOLDER, name);

function monitorWith(name: string) {
  const text = JSON.stringify({ processes: [{ workload: { pattern: 'pointer_chase', size: '1 MiB' } }], monitor: { start: '1 s' } });
  return parseScenario(text, 'x.yaml', [kdamondsOverride(fileOf(name))]).machine.monitor;
}

function contextWith(changes: object): string {
  return JSON.stringify({ kdamonds: [{ contexts: [{ ops: 'vaddr', targets: [], ...changes }] }] });
}

describe('what damo prints', () => {
  it('JSON of a scheme with everything is the monitor of a scenario', () => {
    const [tree] = importKdamonds(readFileSync(fileOf('stat.json'), 'utf8'), 'stat.json');
    expect(tree).toMatchObject({
      ops: 'vaddr',
      targets: [{ process: 0, regions: [] }],
      intervals: { sample_us: '5 ms', aggr_us: '100 ms', ops_update_us: '1 s' },
      nr_regions: { min: '10', max: '1,000' },
      sample_control: { primitive: 'page_table', sample_filters: [] },
    });
    expect(Object.keys(tree).sort()).toEqual(['intervals', 'nr_regions', 'ops', 'sample_control', 'schemes', 'targets']);
  });

  it('YAML is read too, and takes the place of the whole monitor', () => {
    const monitor = monitorWith('fvaddr.yaml');
    expect(monitor?.startNs).toBeUndefined();
    expect(monitor).toMatchObject({
      ops: 'fvaddr',
      attrs: { sampleUs: 5_000, intervalsGoal: { accessBp: 400, aggrs: 3, minSampleUs: 5_000, maxSampleUs: 10_000_000 } },
      regions: [
        [
          { start: 4096, end: 8_388_608 },
          { start: 16_777_216, end: 33_554_432 },
        ],
      ],
      schemes: [
        {
          action: 'stat',
          pattern: { minAgeRegion: 900, maxAgeRegion: 2_890_341_191, maxNrAccesses: 858_993_664 },
          quota: { szBytes: 10_485_760, resetIntervalMs: 90_000, weightAge: 1 },
        },
      ],
    });
  });

  it('what damo says about nodes before the config does not matter', () => {
    const text = readFileSync(fileOf('mem-tier.json'), 'utf8');
    expect(importKdamonds(`numa_node [[0], [1]]\n${text}`, 'k.json')).toEqual(importKdamonds(text, 'k.json'));
  });

  it('a preset goes by its name', () => {
    expect(JSON.parse(kdamondsOverride('weighted_interleave').value)).toMatchObject({ ops: 'vaddr', schemes: [{ action: 'migrate_hot' }] });
    expect(JSON.parse(kdamondsOverride('mem_tier').value)).toMatchObject([{ numa_node: 0 }, { numa_node: 1 }]);
  });

  it('what is not modelled is refused by name, and where it stands', () => {
    expect(() => monitorWith('stat.json')).toThrow(
      /--kdamonds .*stat\.json: monitor\.schemes\[0\]\.filters\[2\]\.memcg_path: no such memory cgroup/,
    );
  });
});

describe('a file that cannot be', () => {
  it.each([
    ['nothing', '', /not a kdamonds config of damo.*damo args damon/s],
    ['no JSON', '{"kdamonds": [', /not a kdamonds config/],
    ['a list of schemes', '[{"action": "stat"}]', /not a kdamonds config/],
    ['no context', '{"kdamonds": [{}]}', /kdamonds\[0\]\.contexts: not a kdamonds config/],
    ['two contexts', '{"kdamonds": [{"contexts": [{}, {}]}]}', /kdamonds\[0\]\.contexts: several contexts in one kdamond[\s\S]*EINVAL/],
    ['an unknown key', '{"kdamonds": [{"nice": 5, "contexts": [{}]}]}', /kdamonds\[0\]\.nice: not modelled/],
    ['an address unit', contextWith({ addr_unit: '4,096 B' }), /addr_unit: not modelled: address units/],
    ['probes', contextWith({ probes: [{ filters: [] }] }), /probes: not modelled: data attributes/],
    [
      'an obsolete target',
      contextWith({ targets: [{ pid: 1, obsolete: true }] }),
      /targets\[0\]\.obsolete: an obsolete target[\s\S]*EINVAL/,
    ],
    ['no primitive', contextWith({ sample_control: { primitives_enabled: { page_table: false } } }), /not modelled: no primitives/],
    [
      'two primitives',
      contextWith({ sample_control: { primitives_enabled: { page_table: true, page_fault: true } } }),
      /not modelled: several primitives/,
    ],
  ])('%s', (_what, text, message) => {
    expect(() => importKdamonds(text, 'k.json')).toThrow(UserError);
    expect(() => importKdamonds(text, 'k.json')).toThrow(message);
  });

  it('that is not there', () => {
    expect(() => kdamondsOverride('/nowhere/k.json')).toThrow(/--kdamonds \/nowhere\/k\.json: no such file/);
  });
});

it('statistics that damo read from a kernel are left out', () => {
  const status = {
    action: 'stat',
    stats: { nr_tried: '5' },
    tried_regions: [],
    tried_bytes: '0 B',
    quotas: { sz_bytes: '1 M', effective_sz_bytes: '7 B' },
  };
  expect(importKdamonds(contextWith({ schemes: [status] }), 'k.json')[0].schemes).toEqual([
    { action: 'stat', quotas: { sz_bytes: '1 M' } },
  ]);
});
