import { Prng } from '@damonlab/base';
import { cellsOf, type Plan, planOf } from '../plan.js';
import { Samples } from '../samples.js';
import type { Point, Study } from '../study.js';

/** Three rules on two workloads: `slow` is worse by 5 everywhere, `fair` and `fast` do not differ. */
export const TOY: Study = {
  name: 'toy',
  question: 'Which rule is best?',
  axes: [
    { name: 'workload', title: 'workload', levels: [{ name: 'small' }, { name: 'big', quick: false }] },
    { name: 'rule', title: 'rule', levels: [{ name: 'slow' }, { name: 'fair' }, { name: 'fast' }] },
    { name: 'kernel', title: 'kernel', levels: [{ name: '7.3' }] },
  ],
  set: { duration: '1 s' },
  quickSet: {},
  seeds: { quick: 6, full: 12 },
  figures: [
    { name: 'error', title: 'error of everything', unit: 'pp', better: 'less', digits: 1 },
    { name: 'speed', title: 'speed', unit: '1/s', better: 'more', digits: 0 },
    { name: 'odd', title: 'what only some have', unit: '', better: 'less', digits: 2 },
  ],
  measure: () => ({}),
  tables: { headline: ['error'], columns: 'rule' },
  comparisons: [{ axis: 'rule', base: 'fair', by: ['workload'], figures: ['error', 'odd'] }],
  controls: [
    { kind: 'same', point: { workload: 'small', rule: 'fair', kernel: '7.3' } },
    {
      kind: 'broken',
      name: 'forgets half',
      point: { workload: 'small', rule: 'fair', kernel: '7.3' },
      set: { forget: 'half' },
      figure: 'error',
    },
    {
      kind: 'broken',
      name: 'forgets half',
      point: { workload: 'small', rule: 'fair', kernel: '7.3' },
      set: { forget: 'half' },
      figure: 'speed',
    },
  ],
  published: [
    {
      source: 'a mail',
      claim: 'fair halves the speed of nothing',
      expect: {
        figure: 'speed',
        point: { workload: 'small', rule: 'fair' },
        than: { workload: 'small', rule: 'fast' },
        least: 0.9,
        most: 1.1,
      },
    },
    { source: 'a mail', claim: 'slow is without error', expect: { figure: 'error', point: { workload: 'small', rule: 'slow' }, most: 1 } },
    { source: 'a mail', claim: 'big is fast', expect: { figure: 'speed', point: { workload: 'big', rule: 'fast' }, least: 1 } },
  ],
  plots: [{ name: 'rules', title: 'Error & rule', x: 'rule', panels: 'workload', color: 'kernel', figures: ['error', 'speed'], at: {} }],
  conclusions: [
    { axis: 'rule', figures: ['error', 'speed', 'odd'], say: 'rank' },
    { axis: 'workload', figures: ['error'], say: 'list' },
  ],
};

export interface ToyWorld {
  /** What `broken` adds to the error and takes from the speed. */
  readonly damage?: number;
  /** What the second set of seeds of the `same` control adds. */
  readonly drift?: number;
}

const RULES = ['slow', 'fair', 'fast'];

/** Differs between neighbouring rules at each seed and averages out over all of them: what a test sees is not left to chance. */
function noiseOf({ rule }: Point, broken: boolean, seed: number): number {
  return (RULES.indexOf(rule) + Number(broken) + seed) % 2 === 0 ? 0.4 : 0.6;
}

/** Figures as runs would give them: what the seed does to all variants alike, and noise of each run. */
export function toySamples(quick = false, { damage = 20, drift = 0 }: ToyWorld = {}): { readonly plan: Plan; readonly samples: Samples } {
  const plan = planOf(TOY, quick, TOY.seeds[quick ? 'quick' : 'full']);
  const samples = new Samples();
  for (const cell of cellsOf(plan)) {
    const broken = Object.keys(cell.set).length > 0;
    for (const seed of cell.seeds) {
      const common = 30 * Prng.stream(seed, 'seed').nextUnit();
      const noise = noiseOf(cell.point, broken, seed);
      const worse = (broken ? damage : 0) + (seed > 1000 ? drift : 0);
      const error = 50 + common + noise + (cell.point.rule === 'slow' ? 5 : 0) + worse;
      samples.add(cell, seed, { error, speed: 1000 - error, odd: oddOf(cell.point, noise) });
    }
  }
  return { plan, samples };
}

/** Far from alike on the two workloads, and not there for all rules on one of them. */
function oddOf({ workload, rule }: Point, noise: number): number | null {
  if (workload === 'big') return noise;
  return rule === 'slow' ? null : 100 + noise;
}
