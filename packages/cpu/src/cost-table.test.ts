import { Pte } from '@damonlab/mm';
import { describe, expect, it } from 'vitest';
import type { CpuConfig } from './config.js';
import { costTable } from './cost-table.js';
import { TWO_NODES } from './testing/rig.js';

const config: CpuConfig = {
  tlb: { kind: 'off' },
  walkNs: 25,
  faultNs: 500,
  contextSwitchNs: 1000,
  hintFaultNs: 700,
  shootdownNs: 300,
  sliceNs: 1e6,
};
const mapped = Pte.present | Pte.write;

describe('costTable', () => {
  it('knows the node of the page as the CPU sees it', () => {
    const near = costTable(TWO_NODES, config, 0);
    const far = costTable(TWO_NODES, config, 1);
    expect([near.hitPs[mapped], near.hitPs[mapped | 1]]).toEqual([3_000, 7_000]);
    expect([far.hitPs[mapped], far.hitPs[mapped | 1]]).toEqual([7_000, 3_000]);
    expect([near.walkPs[mapped], near.walkPs[mapped | 1]]).toEqual([28_000, 32_000]);
  });

  it('costs the same through a huge page', () => {
    const { hitPs, walkPs } = costTable(TWO_NODES, config, 0);
    expect([hitPs[mapped | Pte.huge | 1], walkPs[mapped | Pte.huge | 1]]).toEqual([7_000, 32_000]);
  });

  it('is 0 where a walk ends in a fault: nothing there, prot_none, a node that does not exist', () => {
    const { walkPs } = costTable(TWO_NODES, config, 0);
    expect([0, Pte.write, mapped | Pte.protNone, mapped | 2, mapped | 7].map((flags) => walkPs[flags])).toEqual([0, 0, 0, 0, 0]);
  });

  it('rounds to ps, and no access is free', () => {
    const free = {
      ...TWO_NODES,
      latencyNs: [
        [0, 0.0126],
        [0, 0],
      ],
    };
    const { hitPs } = costTable(free, config, 0);
    expect([hitPs[mapped], hitPs[mapped | 1]]).toEqual([1, 13]);
  });

  it('refuses what a kernel could not add up', () => {
    expect(() => costTable(TWO_NODES, { ...config, walkNs: 1_997 }, 0)).toThrow(/no longer than the access loops/);
    expect(() => costTable(TWO_NODES, { ...config, walkNs: 1_993 }, 0)).not.toThrow();
  });
});
