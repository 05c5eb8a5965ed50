import { describe, expect, it } from 'vitest';
import { NumaMode } from './mode.js';
import { numaProfile } from './profile.js';
import { bench, MS, TIERED } from './testing/fake-host.js';
import { checkTunables, DEFAULT_TUNABLES, type NumaTunables } from './tunables.js';

describe('tunables', () => {
  it('default to the kernel values', () => {
    expect(DEFAULT_TUNABLES).toEqual({
      scanPeriodMinMs: 1000,
      scanPeriodMaxMs: 60_000,
      scanSizeMb: 256,
      scanDelayMs: 1000,
      hotThresholdMs: 1000,
      promoteRateLimitMbps: 65_536,
    });
  });

  it.each<[keyof NumaTunables, number, string]>([
    ['scanSizeMb', 0, 'scan_size_mb'],
    ['scanPeriodMinMs', 1.5, 'scan_period_min_ms'],
    ['scanPeriodMaxMs', -1, 'scan_period_max_ms'],
    ['scanDelayMs', Number.NaN, 'scan_delay_ms'],
    ['hotThresholdMs', 0, 'hot_threshold_ms'],
    ['promoteRateLimitMbps', 2 ** 32, 'promote_rate_limit_MBps'],
  ])('refuse %s = %d with the name of the file', (field, value, name) => {
    expect(() => checkTunables({ ...DEFAULT_TUNABLES, [field]: value })).toThrow(name);
  });
});

describe('mode', () => {
  it.each([0, 1, 2, 3, 4])('%d is accepted', (mode) => {
    const { nb } = bench({ mode });
    expect(nb.enabled).toBe(mode !== 0);
    expect(nb.tiering).toBe(mode === 2 || mode === 3);
  });

  it.each([-1, 5, 0.5, Number.NaN])('%d is refused', (mode) => {
    expect(() => bench({ mode })).toThrow('kernel.numa_balancing');
    expect(() => bench().nb.setMode(mode, 0)).toThrow('0 (off), 1 (normal)');
  });

  it('starts promotion thresholds anew when tiering comes on, not when it stays on', () => {
    const { nb } = bench({ topology: TIERED });
    const { promotion } = nb.nodes[0];
    promotion.thresholdMs = 700;
    promotion.candidates = 9;
    nb.setMode(NumaMode.memoryTiering, 5000 * MS);
    expect(promotion).toMatchObject({ thresholdMs: 0, thCandidates: 9, thStartMs: 5000 });
    promotion.thresholdMs = 700;
    nb.setMode(3, 6000 * MS);
    expect(promotion).toMatchObject({ thresholdMs: 700, thStartMs: 5000 });
  });
});

describe('profiles', () => {
  it('differ in every switch', () => {
    const a = numaProfile('7.3');
    const b = numaProfile('6.12');
    expect(Object.entries(a).filter(([key, value]) => Object.entries(b).some(([k, v]) => k === key && v === value))).toEqual([]);
  });

  it('refuse an impossible tick', () => {
    expect(() => bench({ hz: 0 })).toThrow('timer frequency');
  });
});

describe('nodes', () => {
  it('know their CPUs, their tier and the nearest node with CPUs', () => {
    const { nb } = bench({ topology: TIERED });
    expect(nb.nodes.map(({ firstCpu, endCpu, toptier, nearestCpuNid }) => [firstCpu, endCpu, toptier, nearestCpuNid])).toEqual([
      [0, 2, true, 0],
      [2, 2, false, 0],
    ]);
    expect(nb.cpuNodes).toEqual([0]);
    expect([nb.cpuNid(0), nb.cpuNid(1), nb.cpuNid(2)]).toEqual([0, 0, -1]);
  });
});
