import { NS_PER_SEC } from '@damonlab/base';
import { simulate } from '@damonlab/lab';
import { schemes } from '@damonlab/report';
import { parseScenario } from '@damonlab/scenario';
import { expect, it } from 'vitest';
import { APPLY_ROUNDS, COMMIT_LATENCY_S, COMMITS, EFFECTIVE_SIZES, STARTED_S } from '../../../packages/damos/src/testing/goal-consist.js';

/** The set-up of the real runs: 20 MiB swept every 20 ms, `stat` on everything, and what the user measured, committed online. */
function scenario() {
  const goal = { metric: 'user_input', target_value: 10_000 };
  const schemesWith = (current_value: number) => [
    { apply_interval_us: '100 ms', quotas: { reset_interval_ms: 100, goals: [{ ...goal, current_value }] } },
  ];
  const [first, ...later] = COMMITS;
  const msAfterStart = (atS: number) => Math.round((atS + COMMIT_LATENCY_S - STARTED_S) * 1_000);
  const text = JSON.stringify({
    kernel: '7.3',
    machine: 'oracle',
    truth: 'off',
    duration: '18.6 s',
    processes: [{ workload: { pattern: 'sweep', duration: '19 s', areas: [{ name: 'hot', size: '20 MiB', every: '20 ms' }] } }],
    monitor: {
      schemes: schemesWith(first.currentValue),
      commits: later.map(({ atS, currentValue }) => ({ at: `${msAfterStart(atS)} ms`, schemes: schemesWith(currentValue) })),
    },
  });
  return parseScenario(text, 'goal-consist.yaml');
}

it('7.3/goal-consist: the effective sizes of a goal-driven quota, number by number, out of a whole machine', async () => {
  const [{ effective_bytes: sizes }] = schemes(await simulate(scenario())).schemes;
  expect(sizes.map(([, bytes]) => bytes)).toEqual(EFFECTIVE_SIZES);
  // The last one came with the last round of the real runs, to a part in a thousand.
  const lastS = sizes[sizes.length - 1][0] / NS_PER_SEC;
  expect(Math.abs(lastS / (APPLY_ROUNDS * 20 * 0.005_083) - 1)).toBeLessThan(0.001);
});
