import { PAGE_BYTES } from '@damonlab/base';
import { easiestFirst } from '@damonlab/policies';
import type { Run } from '@damonlab/record';
import type { Figure, Figures } from '../study.js';

const MIB = 1024 ** 2;
/** Processes whose true rates differ by less than this share are not expected to be ranked. */
const RANK_APART = 0.05;

/** How well dirty rates of processes are told, and what it is worth to know them. A rate: distinct pages written in a window. */
export const DIRTY_RATE_FIGURES: readonly Figure[] = [
  { name: 'rank', title: 'share of pairs in the right order', unit: '%', better: 'more', digits: 1 },
  { name: 'picked', title: 'true dirty rate of the one that is picked', unit: 'MiB/s', better: 'less', digits: 1 },
  { name: 'regret', title: 'dirty rate of the one picked over the slowest', unit: 'MiB/s', better: 'less', digits: 1 },
  { name: 'saved', title: 'dirty rate saved against a choice by chance', unit: 'MiB/s', better: 'more', digits: 1 },
  { name: 'error', title: 'error of the dirty rates', unit: '%', better: 'less', digits: 1 },
  { name: 'bias', title: 'bias of the dirty rates', unit: '%', better: 'zero', digits: 1 },
  { name: 'throughput', title: 'accesses of all machines', unit: 'M/s', better: 'more', digits: 3 },
];

/** The figures of a run with `policies.dirty_rate`. */
export function dirtyRateFigures(run: Run): Figures {
  const { written, estimated } = ratesOf(run);
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);
  const { accesses, virtual_ns } = run.counters;
  const throughput = (1e3 * accesses) / virtual_ns;
  if (written.length === 0 || sum(written) === 0) {
    return { rank: null, picked: null, regret: null, saved: null, error: null, bias: null, throughput };
  }
  const picked = written[easiestFirst(estimated)[0]];
  return {
    rank: rankAgreement(written, estimated),
    picked,
    regret: picked - Math.min(...written),
    saved: sum(written) / written.length - picked,
    error: (100 * sum(written.map((rate, i) => Math.abs(estimated[i] - rate)))) / sum(written),
    bias: 100 * (sum(estimated) / sum(written) - 1),
    throughput,
  };
}

/** Rates by process over the whole run, MiB/s. */
function ratesOf({ tables: { dirty_pages: rows } }: Run): { readonly written: number[]; readonly estimated: number[] } {
  const written: number[] = [];
  const estimated: number[] = [];
  const ns: number[] = [];
  for (const row of rows) {
    written[row.targetId] = (written[row.targetId] ?? 0) + row.written;
    estimated[row.targetId] = (estimated[row.targetId] ?? 0) + row.estimated;
    ns[row.targetId] = (ns[row.targetId] ?? 0) + row.endNs - row.startNs;
  }
  const rate = (pages: number, i: number) => (pages * PAGE_BYTES * 1e9) / MIB / ns[i];
  return { written: written.map(rate), estimated: estimated.map(rate) };
}

/** Of all pairs that differ in truth, the share that the estimate has in the same order; null if no pair differs. */
function rankAgreement(written: readonly number[], estimated: readonly number[]): number | null {
  let pairs = 0;
  let right = 0;
  written.forEach((a, i) => {
    written.slice(0, i).forEach((b, j) => {
      if (Math.abs(a - b) < RANK_APART * Math.max(a, b)) return;
      pairs++;
      if (Math.sign(estimated[i] - estimated[j]) === Math.sign(a - b)) right++;
    });
  });
  return pairs === 0 ? null : (100 * right) / pairs;
}
