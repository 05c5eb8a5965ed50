import { checkTopology } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import { listScenarios, loadScenario, MACHINE_PRESETS, scenarioJsonSchema, TLB_PRESETS, TOPOLOGY_PRESETS } from './index.js';

describe('what is shipped', () => {
  it.each(listScenarios().map((shipped) => [shipped.name, shipped] as const))('%s has a description and resolves', (_, shipped) => {
    expect(shipped.description).toMatch(/^.{20,120}$/);
    expect(loadScenario(shipped.file).machine.processes.length).toBeGreaterThan(0);
  });

  it('covers the machines and patterns that the README speaks of', () => {
    const names = listScenarios().map((shipped) => shipped.name);
    expect(names).toEqual(
      expect.arrayContaining([
        'stairs-demo',
        'zigzag-demo',
        'two-node',
        'dram-cxl',
        'zipf',
        'hot-cold-drift',
        'thp-blind',
        'oracle-stairs',
      ]),
    );
  });

  it('topologies are possible', () => {
    for (const topology of TOPOLOGY_PRESETS.values()) expect(() => checkTopology(topology)).not.toThrow();
    for (const preset of MACHINE_PRESETS.values()) {
      expect(TOPOLOGY_PRESETS.has(preset.topology)).toBe(true);
      expect(TLB_PRESETS.has(preset.tlb)).toBe(true);
    }
  });

  it('TLBs have whole sets, a power of two of them', () => {
    for (const tlb of TLB_PRESETS.values()) {
      if (tlb.kind !== 'finite') continue;
      expect(Math.log2(tlb.entries / tlb.ways) % 1).toBe(0);
      expect(Math.log2(tlb.hugeEntries / tlb.hugeWays) % 1).toBe(0);
    }
  });

  it('the JSON schema knows the keys', () => {
    const schema = scenarioJsonSchema();
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false, required: ['processes'] });
    expect(schema).toHaveProperty('properties.monitor');
  });
});
