import { DIRTY_RATE_FIGURES, dirtyRateFigures } from '../figures/dirty-rate.js';
import type { Level, Settings, Study } from '../study.js';

const PRIMITIVE = 'monitor.sample_control.primitive';
const FILTERS = 'monitor.sample_control.sample_filters';
const ANY: Settings = { [FILTERS]: '[]' };

/** DAMON's usual 20 samples in a window. */
const interval = (ms: number, quick: boolean): Level => ({
  name: `${ms} ms`,
  set: { 'monitor.intervals.sample_us': `${ms} ms`, 'monitor.intervals.aggr_us': `${20 * ms} ms` },
  quick,
});

/** Which virtual machine dirties its memory the slowest. */
export const precopyStudy: Study = {
  name: 'precopy',
  question: 'How well does write-only monitoring find the virtual machine that is migrated live the easiest?',
  axes: [
    {
      name: 'monitor',
      title: 'monitor',
      levels: [
        { name: 'Accessed bits', set: { ...ANY, [PRIMITIVE]: 'page_table' } },
        { name: 'faults', set: ANY },
        { name: 'faults, writes' },
        { name: 'samples, writes', set: { [PRIMITIVE]: 'sampled_accesses', 'monitor.sample_control.sampled_every': '500' } },
      ],
    },
    { name: 'interval', title: 'sample interval', levels: [interval(1, false), interval(5, true), interval(20, false)] },
    { name: 'host', title: 'host', levels: [{ name: '6 VMs' }] },
  ],
  set: { duration: '4.4 s' },
  quickSet: { duration: '1.7 s' },
  seeds: { quick: 5, full: 8 },
  figures: DIRTY_RATE_FIGURES,
  measure: dirtyRateFigures,
  tables: { headline: ['rank', 'picked', 'saved', 'error', 'bias', 'throughput'], columns: 'interval' },
  comparisons: [{ axis: 'monitor', base: 'Accessed bits', by: ['interval'], figures: ['rank', 'saved', 'error'] }],
  controls: [
    { kind: 'same', point: { monitor: 'faults, writes', interval: '5 ms', host: '6 VMs' } },
    {
      kind: 'broken',
      name: 'reads are counted instead of writes',
      point: { monitor: 'faults, writes', interval: '5 ms', host: '6 VMs' },
      set: { [FILTERS]: '[{ filter_type: write, allow: false }]' },
      figure: 'rank',
    },
  ],
  plots: [
    {
      name: 'rank',
      title: 'Dirty rates by what DAMON counts',
      x: 'interval',
      panels: 'host',
      color: 'monitor',
      figures: ['rank', 'saved', 'error'],
      at: {},
    },
  ],
  conclusions: [
    { axis: 'monitor', figures: ['rank', 'saved', 'error'], say: 'rank' },
    { axis: 'monitor', figures: ['picked', 'saved', 'error', 'bias', 'throughput'], say: 'list' },
  ],
};
