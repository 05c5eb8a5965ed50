import { describe, expect, it } from 'vitest';
import type { QuotaGoalConfig } from './config.js';
import { APPLY_ROUNDS, COMMIT_LATENCY_S, COMMITS, EFFECTIVE_SIZES, RUNS, SAMPLE_NS, STARTED_S } from './testing/goal-consist.js';
import { createLab, MIB, schemeOf } from './testing/lab.js';

/** What a goal-driven quota did on the real kernel, number by number, out of the whole loop. */
function schemeWith(currentValue: number) {
  const goal: QuotaGoalConfig = { metric: 'user_input', targetValue: 10_000, currentValue, nid: 0, memcgPath: '' };
  return schemeOf({ applyIntervalUs: 100_000 }, { resetIntervalMs: 100, goals: [goal] });
}

function measure({ latencyS = COMMIT_LATENCY_S, totalBytes = RUNS[0].totalBytes }) {
  const sizes: number[] = [];
  const { kdamond, damos, run } = createLab({
    schemes: [schemeWith(COMMITS[0].currentValue)],
    targetRanges: [[{ start: 4 * MIB, end: 4 * MIB + totalBytes }]],
    sampleNs: SAMPLE_NS,
    hooks: { onEffectiveSize: (_scheme, bytes) => sizes.push(bytes) },
  });
  let next = 1;
  for (let sample = 1; sample <= APPLY_ROUNDS * 20; sample++) {
    const nowS = STARTED_S + (sample * SAMPLE_NS) / 1e9;
    if (next < COMMITS.length && COMMITS[next].atS + latencyS <= nowS) {
      const { currentValue } = COMMITS[next++];
      kdamond.call(() => damos.commitQuotaGoals([schemeWith(currentValue)]));
    }
    run(1);
  }
  return { sizes, stats: damos.schemes[0].stats };
}

describe('a quota that follows a goal, on Linux 7.3', () => {
  it('has the 139 effective sizes', () => {
    expect(EFFECTIVE_SIZES).toHaveLength(139);
    expect(measure({}).sizes).toEqual(EFFECTIVE_SIZES);
  });

  it.each(RUNS)('tries the same bytes, window by window, round $totalBytes bytes', ({ totalBytes, szTried, qtExceeds, nrSnapshots }) => {
    expect(measure({ totalBytes }).stats).toMatchObject({ szTried, qtExceeds, nrSnapshots });
  });

  it('would tell a commit that comes a window early or late', () => {
    expect(measure({ latencyS: COMMIT_LATENCY_S - 0.1 }).sizes).not.toEqual(EFFECTIVE_SIZES);
    expect(measure({ latencyS: COMMIT_LATENCY_S + 0.1 }).sizes).not.toEqual(EFFECTIVE_SIZES);
  });
});
