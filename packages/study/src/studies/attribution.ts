import { ATTRIBUTION_FIGURES, attributionFigures } from '../figures/attribution.js';
import type { Level, Study } from '../study.js';

/** The primitives that tell who made an access, and that this build has. */
const PRIMITIVES: readonly Level[] = [{ name: 'page_fault', set: { 'monitor.sample_control.primitive': 'page_fault' } }];

/** DAMON's usual 20 samples in a window. */
const interval = (ms: number, quick: boolean): Level => ({
  name: `${ms} ms`,
  set: { 'monitor.intervals.sample_us': `${ms} ms`, 'monitor.intervals.aggr_us': `${20 * ms} ms` },
  quick,
});

const threads = (n: number, quick: boolean, cpus?: number): Level => ({
  name: cpus === undefined ? String(n) : `${n} on ${cpus} CPUs`,
  set: {
    'processes.0.threads': String(n),
    ...(cpus === undefined ? {} : { 'processes.0.cpus': `[${Array.from({ length: cpus }, (_, i) => 2 * i).join(', ')}]` }),
  },
  quick,
});

const HARDEST = { primitive: 'page_fault', sharing: 'partly shared', threads: '8', interval: '5 ms' };

/** Who made the accesses: estimated shares against the true ones. */
export const attributionStudy: Study = {
  name: 'attribution',
  question: 'How far are the shares of threads, CPUs and writes that DAMON reports from the true ones?',
  axes: [
    { name: 'primitive', title: 'primitive', levels: PRIMITIVES },
    {
      name: 'sharing',
      title: 'memory',
      levels: [
        { name: 'private', scenario: 'private' },
        { name: 'partly shared', scenario: 'partly-shared' },
        { name: 'all shared', scenario: 'all-shared' },
      ],
    },
    {
      name: 'threads',
      title: 'threads',
      levels: [threads(1, false), threads(2, true), threads(4, false), threads(8, true), threads(8, false, 4)],
    },
    { name: 'interval', title: 'sample interval', levels: [interval(1, true), interval(5, true), interval(10, false), interval(20, true)] },
  ],
  set: { duration: '2.2 s' },
  quickSet: { duration: '720 ms' },
  seeds: { quick: 5, full: 8 },
  figures: ATTRIBUTION_FIGURES,
  measure: attributionFigures,
  tables: { headline: ['thread_place', 'thread_run', 'write_run', 'fastest_bias', 'stale'], columns: 'interval' },
  comparisons: [
    { axis: 'interval', base: '5 ms', by: ['primitive', 'sharing'], figures: ['thread_place', 'thread_run', 'write_run'] },
    { axis: 'threads', base: '8', by: ['primitive', 'sharing'], figures: ['thread_place', 'thread_run', 'write_run'] },
    { axis: 'primitive', base: 'page_fault', by: ['sharing', 'interval'], figures: ['thread_place', 'thread_run', 'write_run'] },
  ],
  controls: [
    { kind: 'same', point: HARDEST },
    {
      kind: 'broken',
      name: 'reports of thread 0 are lost',
      point: HARDEST,
      set: { 'monitor.sample_control.sample_filters': '[{ filter_type: threads, tid_arr: "0", allow: false }]' },
      figure: 'thread_place',
    },
    {
      kind: 'broken',
      name: 'reports of writes are lost',
      point: HARDEST,
      set: { 'monitor.sample_control.sample_filters': '[{ filter_type: write, allow: false }]' },
      figure: 'write_place',
    },
  ],
  plots: [
    {
      name: 'threads',
      title: 'Error of attribution by number of threads, sample interval 5 ms',
      x: 'threads',
      panels: 'sharing',
      color: 'primitive',
      figures: ['thread_place', 'thread_run', 'write_run'],
      at: { interval: '5 ms' },
    },
    {
      name: 'interval',
      title: 'Error of attribution by sample interval, 8 threads',
      x: 'interval',
      panels: 'sharing',
      color: 'primitive',
      figures: ['thread_place', 'thread_run', 'write_run'],
      at: { threads: '8' },
    },
  ],
  conclusions: [
    { axis: 'interval', figures: ['thread_place', 'thread_run', 'write_run'], say: 'rank' },
    { axis: 'primitive', figures: ['thread_place', 'thread_run', 'write_run'], say: 'rank' },
    { axis: 'sharing', figures: ['thread_place', 'thread_run', 'fastest_bias', 'write_run'], say: 'list' },
    { axis: 'threads', figures: ['thread_run'], say: 'list' },
    { axis: 'interval', figures: ['stale'], say: 'list' },
  ],
};
