import { SHARING_FIGURES, sharingFigures } from '../figures/sharing/index.js';
import type { Level, Point, Settings, Study } from '../study.js';

/** DAMON gets the hinting faults at the first time of a pair and gives them up at the second, ms. */
const SESSIONS: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>> = {
  few: [[600, 2650]],
  many: [
    [400, 900],
    [1200, 1700],
    [2000, 2500],
  ],
};

/** Both can have the faults at a time: DAMON comes and goes while NUMA balancing stays. */
const TOGETHER = ['share_all', 'tagged'];
/** One at a time: what DAMON gets NUMA balancing gives up. */
const EXCLUSIVE = ['runtime_full', 'runtime_half'];
/** Kernels built for one of them. */
const ALONE: Readonly<Record<string, Settings>> = {
  'numab only': { monitor: 'off', 'sharing.strategy': 'build_exclusive' },
  'damon only': { numa_balancing: 'off', 'sharing.strategy': 'build_exclusive' },
};

function scheduleOf({ rule, handovers }: Point): Settings {
  const sessions = SESSIONS[handovers];
  if (sessions === undefined) return {};
  const [get, give] = EXCLUSIVE.includes(rule) ? ['to: damon', 'to: numa_balancing'] : ['start: [damon]', 'stop: [damon]'];
  const schedule = sessions.map(([from, to]) => `{ at: ${from} ms, ${get} }, { at: ${to} ms, ${give} }`).join(', ');
  return { 'sharing.owners': rule === 'damon only' ? '[]' : '[numa_balancing]', 'sharing.schedule': `[${schedule}]` };
}

/** The halves of the scenario `times` as large, and all else as it is: how the cost of an uninstall grows. */
const larger = (times: number): Level => ({
  name: `halves x${times}`,
  scenario: 'halves',
  set: { 'processes.0.workload.areas.0.size': `${24 * times} MiB`, 'processes.0.workload.areas.1.size': `${24 * times} MiB` },
  quick: false,
});
const LARGER = [larger(2), larger(4)];

/** Under one owner at a time nobody without hand-overs would share anything; NUMA balancing alone has nothing to hand over. */
function possible({ workload, rule, handovers }: Point): boolean {
  if (LARGER.some(({ name }) => name === workload)) return rule === 'runtime_full' && handovers === 'few';
  if (rule === 'numab only') return handovers === 'none';
  return !(EXCLUSIVE.includes(rule) && handovers === 'none');
}

const RULES = [...TOGETHER, ...EXCLUSIVE];

/** How DAMON and NUMA balancing should share hinting faults. */
export const sharingStudy: Study = {
  name: 'sharing',
  question: 'By which rule should DAMON and NUMA balancing share hinting faults?',
  axes: [
    {
      name: 'workload',
      title: 'workload',
      levels: [
        { name: 'halves', scenario: 'halves' },
        { name: 'shared hot', scenario: 'shared-hot', quick: false },
        { name: 'write-heavy', scenario: 'write-heavy', quick: false },
        { name: 'phase change', scenario: 'phase-change', quick: false },
        ...LARGER,
      ],
    },
    { name: 'handovers', title: 'hand-overs', levels: [{ name: 'none' }, { name: 'few' }, { name: 'many', quick: false }] },
    {
      name: 'rule',
      title: 'rule',
      levels: [
        ...Object.entries(ALONE).map(([name, set]) => ({ name, set })),
        ...RULES.map((name) => ({ name, set: { 'sharing.strategy': name } })),
      ],
    },
  ],
  possible,
  alsoSet: scheduleOf,
  set: { duration: '2800 ms' },
  quickSet: { duration: '1200 ms' },
  seeds: { quick: 3, full: 4 },
  figures: SHARING_FIGURES,
  beside: (point) => ({
    numab: { ...point, rule: 'numab only', handovers: 'none' },
    damon: { ...point, rule: 'damon only' },
  }),
  measure: sharingFigures,
  tables: {
    headline: [
      'damon_misattributed',
      'damon_stray',
      'damon_lost_faults',
      'damon_lost_arms',
      'numab_misattributed',
      'numab_stray',
      'numab_lost_faults',
      'numab_lost_arms',
      'damon_error',
      'damon_recovery',
      'numab_flips',
      'numab_needless',
      'numab_conv',
      'numab_away',
      'numab_walked',
      'numab_changed',
      'numab_uninstall_us',
      'damon_uninstall_us',
      'survivors_100',
      'survivors_500',
      'survivors_1000',
      'survivors_2000',
      'slow_down',
      'latency_p99',
      'latency_p999',
    ],
    columns: 'rule',
  },
  comparisons: [
    {
      axis: 'rule',
      base: 'runtime_half',
      by: [],
      figures: ['damon_stray', 'damon_error', 'damon_recovery', 'numab_needless', 'numab_away', 'slow_down', 'latency_p999'],
    },
  ],
  controls: [
    { kind: 'same', point: { workload: 'halves', handovers: 'few', rule: 'runtime_half' } },
    {
      kind: 'broken',
      name: 'an uninstall forgets half',
      point: { workload: 'halves', handovers: 'few', rule: 'runtime_full' },
      set: { 'sharing.uninstall_every': '2' },
      figure: 'damon_stray',
    },
  ],
  plots: [
    {
      name: 'damon',
      title: 'What DAMON gets',
      x: 'handovers',
      panels: 'workload',
      color: 'rule',
      figures: ['damon_misattributed', 'damon_lost_faults', 'damon_error', 'damon_recovery'],
      at: {},
    },
    {
      name: 'balancing',
      title: 'What NUMA balancing and the application get',
      x: 'handovers',
      panels: 'workload',
      color: 'rule',
      figures: ['numab_misattributed', 'numab_needless', 'numab_away', 'slow_down', 'latency_p999'],
      at: {},
    },
  ],
  conclusions: [
    {
      axis: 'rule',
      levels: RULES,
      figures: ['damon_error', 'damon_recovery', 'numab_needless', 'numab_conv', 'numab_away', 'slow_down', 'latency_p999'],
      say: 'rank',
    },
    {
      axis: 'rule',
      levels: RULES,
      figures: [
        'damon_error',
        'damon_misattributed',
        'damon_lost_arms',
        'numab_misattributed',
        'numab_lost_faults',
        'numab_needless',
        'numab_away',
        'slow_down',
      ],
      say: 'list',
    },
    {
      axis: 'rule',
      levels: EXCLUSIVE,
      figures: ['damon_uninstall_us', 'numab_uninstall_us', 'survivors_100', 'survivors_500', 'survivors_1000', 'survivors_2000'],
      say: 'list',
    },
    { axis: 'workload', figures: ['numab_walked', 'numab_uninstall_us'], say: 'list' },
  ],
};
