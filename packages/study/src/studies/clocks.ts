import { ACCURACY_FIGURES, accuracyFigures } from '../figures/accuracy.js';
import type { Study } from '../study.js';

const COMPARED = [
  'prec_1',
  'rec_1',
  'prec_q',
  'rec_q',
  'prec_h',
  'rec_h',
  'rate_in',
  'rate_out',
  'wss_error',
  'wss',
  'nr_regions',
  'samples',
  'accesses',
];

/** Whether what is found in virtual time holds where threads race. */
export const clocksStudy: Study = {
  name: 'clocks',
  question: 'Does DAMON come as close to the truth in wall time, where threads race, as in virtual time?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        { name: 'stairs', scenario: 'stairs' },
        { name: 'zipf', scenario: 'zipf' },
        { name: 'faults', scenario: 'faults' },
      ],
    },
    {
      name: 'clock',
      title: 'clock',
      // The same twice: how much wall time differs from itself.
      levels: [{ name: 'virtual' }, { name: 'wall', clock: 'wall' }, { name: 'wall again', clock: 'wall' }],
    },
    { name: 'monitor', title: 'monitor', levels: [{ name: '5 ms' }] },
  ],
  set: { duration: '8 s' },
  quickSet: { duration: '3 s' },
  seeds: { quick: 3, full: 8 },
  figures: ACCURACY_FIGURES,
  measure: accuracyFigures,
  tables: { headline: ['prec_1', 'rec_1', 'prec_h', 'wss_error', 'nr_regions', 'samples', 'accesses'], columns: 'workload' },
  comparisons: [{ axis: 'clock', base: 'wall', by: ['workload'], figures: COMPARED }],
  controls: [
    { kind: 'same', point: { workload: 'zipf', clock: 'virtual', monitor: '5 ms' } },
    {
      kind: 'broken',
      name: 'DAMON may have three regions',
      point: { workload: 'stairs', clock: 'wall', monitor: '5 ms' },
      set: { 'monitor.nr_regions': '{ min: 3, max: 3 }' },
      figure: 'prec_1',
    },
  ],
  plots: [
    {
      name: 'accuracy',
      title: 'Accuracy by clock',
      x: 'workload',
      panels: 'monitor',
      color: 'clock',
      figures: ['prec_1', 'rec_1', 'rate_in'],
      at: {},
    },
  ],
  conclusions: [{ axis: 'clock', figures: ['prec_1', 'rec_1', 'prec_h', 'rate_in', 'wss_error', 'samples', 'accesses'], say: 'list' }],
};
