import type { Run } from '@damonlab/record';
import { accuracy } from '@damonlab/report';
import type { Figure, Figures } from '../study.js';

const score = (name: string, title: string, better: Figure['better'] = 'more'): Figure => ({ name, title, unit: '', better, digits: 3 });

/** How close DAMON came to what was really touched, and how much it did for it. */
export const ACCURACY_FIGURES: readonly Figure[] = [
  score('prec_1', 'precision, nr_accesses > 0'),
  score('rec_1', 'recall, nr_accesses > 0'),
  score('prec_q', 'precision from a quarter of the maximum'),
  score('rec_q', 'recall from a quarter of the maximum'),
  score('prec_h', 'precision from half of the maximum'),
  score('rec_h', 'recall from half of the maximum'),
  score('rate_in', 'access rate inside the truth', null),
  score('rate_out', 'access rate outside the truth', 'less'),
  { name: 'wss_error', title: 'mean absolute error of the working set', unit: 'MiB', better: 'less', digits: 2 },
  { name: 'wss', title: 'mean working set', unit: 'MiB', better: null, digits: 2 },
  { name: 'nr_regions', title: 'median of nr_regions', unit: '', better: null, digits: 1 },
  { name: 'samples', title: 'samples a second', unit: '', better: null, digits: 1 },
  { name: 'accesses', title: 'million accesses a second', unit: '', better: null, digits: 2 },
];

const MIB = 1024 * 1024;

export function accuracyFigures(run: Run): Figures {
  const { touched, wss, nr_regions } = accuracy(run);
  const { n, truth, wss_error, ...scores } = touched ?? { n: 0, truth: 0, wss_error: null };
  const seconds = (run.counters.virtual_ns ?? 0) / 1e9;
  const perSecond = (count: number | undefined) => (seconds > 0 && count !== undefined ? count / seconds : null);
  const accesses = perSecond(run.counters.accesses);
  return {
    ...scores,
    wss_error: inMib(wss_error?.abs_avg ?? null),
    wss: inMib(wss.avg),
    nr_regions: nr_regions.p50,
    samples: perSecond(run.counters.nr_samples),
    accesses: accesses === null ? null : accesses / 1e6,
  };
}

function inMib(bytes: number | null): number | null {
  return bytes === null ? null : bytes / MIB;
}
