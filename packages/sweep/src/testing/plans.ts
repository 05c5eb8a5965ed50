import type { PointOutcome } from '@damonlab/store';
import type { Label, SweepPlan } from '../plan.js';

/** A plan of axes with these values; its scenario is a small one that every machine runs in some ms. */
export function plan(axes: Readonly<Record<string, readonly Label[]>>, more: Partial<SweepPlan> = {}): SweepPlan {
  return {
    name: 'test',
    bundle: {
      file: 'small.yaml',
      text: `topology: { nodes: [{ cpus: 1, memory: 64 MiB }] }
processes:
  - workload: { pattern: pointer_chase, size: 1 MiB, duration: 20 ms, access: 1 us }
monitor: { intervals: { sample_us: 1000, aggr_us: 5000, ops_update_us: 10000 } }
`,
      masim: {},
      traces: {},
    },
    set: [],
    axes: Object.entries(axes).map(([name, labels]) => ({
      name,
      values: labels.map((label) => ({ label, settings: [{ key: name, value: label, where: name }] })),
    })),
    random: null,
    seeds: { from: 1, count: 1 },
    figures: [{ name: 'n_snap', path: 'summary.n_snap' }],
    stop: null,
    runs: 'drop',
    ...more,
  };
}

export function done(figures: Readonly<Record<string, number | null>> = {}): PointOutcome {
  return { state: 'done', key: 'k', bits: 'b', figures, missing: [], worker: 'w', ms: 1 };
}

export const failed: PointOutcome = { state: 'failed', error: 'out of memory', tries: 3, worker: 'w' };
