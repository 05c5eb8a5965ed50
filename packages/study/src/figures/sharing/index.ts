import type { Run } from '@damonlab/record';
import { latencyQuantileNs } from '@damonlab/report';
import type { BesideRuns, Figure, Figures } from '../../study.js';
import { balancingFigures } from './balancing.js';
import { damonErrorFigures } from './damon-error.js';
import { faultShareFigures } from './fault-shares.js';
import { handoverFigures, SURVIVOR_S } from './handovers.js';

const percent = (name: string, title: string, better: Figure['better'] = 'less'): Figure => ({ name, title, unit: '%', better, digits: 1 });
const number = (name: string, title: string, unit: string, digits: number, better: Figure['better'] = 'less'): Figure => {
  return { name, title, unit, better, digits };
};

/** The measurements of section "sharing" of the fact sheet's questions: what DAMON, NUMA balancing and the application get. */
export const SHARING_FIGURES: readonly Figure[] = [
  percent('damon_misattributed', "share of DAMON's faults that it had not armed"),
  percent('damon_stray', "share of DAMON's faults that are left-overs"),
  percent('damon_lost_faults', "share of faults of DAMON's arms that others took"),
  percent('damon_lost_arms', "share of DAMON's arms that found the page armed"),
  percent('numab_misattributed', "share of NUMA balancing's faults that it had not armed"),
  percent('numab_stray', "share of NUMA balancing's faults that are left-overs"),
  percent('numab_lost_faults', "share of faults of NUMA balancing's arms that others took"),
  percent('numab_lost_arms', "share of NUMA balancing's arms that found the page armed"),
  percent('damon_error', 'error of DAMON against the truth'),
  percent('damon_precision', 'precision of DAMON', 'more'),
  percent('damon_recall', 'recall of DAMON', 'more'),
  number('damon_recovery', 'time to recover after a hand-over to DAMON', 'windows', 1),
  number('numab_flips', 'number of preferred-node flips', '', 1),
  number('numab_needless', 'number of migrations that brought no page home', 'pages', 0),
  number('numab_conv', 'time until 90 % of the pages have come home', 's', 2),
  percent('numab_away', 'mean share of pages that are not at home'),
  number('numab_walked', 'number of entries walked to uninstall NUMA balancing', '', 0),
  number('numab_changed', 'number of entries changed to uninstall NUMA balancing', '', 0),
  number('numab_uninstall_us', 'time to uninstall NUMA balancing', 'us', 1),
  number('damon_uninstall_us', 'time to uninstall DAMON', 'us', 1),
  number('numab_left_over', 'number of arms that NUMA balancing leaves behind', '', 0),
  ...SURVIVOR_S.map((s) => percent(`survivors_${1000 * s}`, `share of left-overs still armed ${s} s after a hand-over`)),
  { ...percent('slow_down', 'slow-down of the application against NUMA balancing alone'), digits: 2 },
  number('latency_p99', '99th percentile of access latency', 'ns', 0),
  number('latency_p999', '99.9th percentile of access latency', 'ns', 0),
];

/** The figures of one run, beside those of the same seed with NUMA balancing (`numab`) or DAMON (`damon`) as the only user. */
export function sharingFigures(run: Run, { numab, damon }: BesideRuns): Figures {
  return {
    ...faultShareFigures(run),
    ...damonErrorFigures(run, damon),
    ...balancingFigures(run),
    ...handoverFigures(run),
    slow_down: 100 * (1 - run.counters.accesses / numab.counters.accesses),
    latency_p99: latencyQuantileNs(run, 0.99),
    latency_p999: latencyQuantileNs(run, 0.999),
  };
}
