import { describe, expect, it } from 'vitest';
import type { GoalMetric, QuotaGoalConfig } from './config.js';
import { type GoalGauge, goalOf, quotaScore } from './goals.js';
import { damosProfile } from './profile.js';
import { applyTo, createLab, NO_METRICS, PAGE, schemeOf } from './testing/lab.js';

const profile = damosProfile('7.3');

function goal(metric: GoalMetric, targetValue: number, changes: Partial<QuotaGoalConfig> = {}): QuotaGoalConfig {
  return { metric, targetValue, currentValue: 0, nid: 0, memcgPath: '', ...changes };
}

const gauge: GoalGauge = {
  metrics: {
    ...NO_METRICS,
    nodeMemory: (nid) => (nid === 0 ? { freePages: 300, totalPages: 1_000 } : nid === 1 ? { freePages: 0, totalPages: 0 } : undefined),
    memcgPages: (path, nid) => (path === '/a' && nid === 0 ? 123 : undefined),
    lruPages: () => ({ active: 100, inactive: 200 }),
    someMemPsiUs: () => 5_000,
  },
  eligibleBp: (nid) => (nid === 0 ? 7_000 : 0),
};

describe('what a metric measures', () => {
  it.each<[GoalMetric, Partial<QuotaGoalConfig>, number]>([
    ['user_input', { currentValue: 42 }, 42],
    ['some_mem_psi_us', {}, 5_000],
    ['node_mem_used_bp', {}, 7_000],
    ['node_mem_free_bp', {}, 3_000],
    ['node_memcg_used_bp', { memcgPath: '/a' }, 1_230],
    ['node_memcg_free_bp', { memcgPath: '/a' }, 8_770],
    ['active_mem_bp', {}, 3_333],
    ['inactive_mem_bp', {}, 6_666],
    ['node_eligible_mem_bp', {}, 7_000],
    // No such node, a node without memory, no such cgroup.
    ['node_mem_used_bp', { nid: 7 }, 0],
    ['node_mem_free_bp', { nid: 7 }, 10_000],
    ['node_mem_free_bp', { nid: 1 }, 10_000],
    ['node_memcg_used_bp', { nid: 7, memcgPath: '/a' }, 0],
    ['node_memcg_free_bp', { memcgPath: '/b' }, 10_000],
    ['node_eligible_mem_bp', { nid: 7 }, 0],
  ])('%s %j: %d', (metric, changes, expected) => {
    const state = goalOf(goal(metric, 10_000, changes));
    expect(quotaScore([state], gauge, profile)).toBe(BigInt(expected));
    expect(state.currentValue).toBe(expected);
  });

  it('PSI is the time since the last look, the first one since boot', () => {
    const state = goalOf(goal('some_mem_psi_us', 10_000));
    const at = (total: number) => ({ ...gauge, metrics: { ...gauge.metrics, someMemPsiUs: () => total } });
    expect([5_000, 5_100, 9_000].map((total) => quotaScore([state], at(total), profile))).toEqual([5_000n, 100n, 3_900n]);
  });
});

describe('score', () => {
  it('is that of the goal which is nearest', () => {
    const goals = [goal('user_input', 200, { currentValue: 100 }), goal('node_mem_free_bp', 50), goal('node_mem_used_bp', 9_970)];
    expect(
      quotaScore(
        goals.map((config) => goalOf(config)),
        gauge,
        profile,
      ),
    ).toBe(600_000n);
    expect(quotaScore([], gauge, profile)).toBe(0n);
  });

  it('6.12 multiplies in 64 bits', () => {
    const state = goalOf(goal('user_input', 10_000, { currentValue: 2 ** 52 }));
    expect(quotaScore([state], gauge, profile)).toBe(2n ** 52n);
    expect(quotaScore([state], gauge, damosProfile('6.12'))).toBe(((2n ** 52n * 10_000n) % 2n ** 64n) / 10_000n);
  });
});

it('node_eligible_mem_bp: of what has the pattern, by resident bytes', () => {
  const lab = createLab({
    schemes: [
      schemeOf(
        { pattern: { ...schemeOf().pattern, minNrAccesses: 1 } },
        { goals: [goal('node_eligible_mem_bp', 5_000)], resetIntervalMs: 1_000 },
      ),
    ],
    space: 'paddr',
  });
  lab.space.residentBytes = (_t, start, end) => ({ total: end - start, onNode: start === 0 ? end - start : 0 });
  applyTo(lab, [
    [0, 3 * PAGE, 5],
    [3 * PAGE, 7 * PAGE, 0],
    [7 * PAGE, 8 * PAGE, 2],
  ]);
  expect(lab.damos.schemes[0].quota.goals[0].currentValue).toBe(7_500);
});
