import type { Run } from '@damonlab/record';
import { type AttributionBy, type AttributionRegion, type AttributionReport, type AttributionShare, attribution } from '@damonlab/report';
import type { Figure, Figures } from '../study.js';

/** Threads whose true shares differ by less are not expected to be ranked. */
const RANK_APART = 0.01;
/** Places with fewer of all accesses (a page of stack, the clock) do not count for the largest error. */
const PLACE_COUNTS = 0.01;

const pp = (name: string, title: string, better: Figure['better'] = 'less'): Figure => ({ name, title, unit: 'pp', better, digits: 1 });
const percent = (name: string, title: string, better: Figure['better']): Figure => ({ name, title, unit: '%', better, digits: 1 });

/**
 * How far the shares that DAMON's reports give are from the true ones. A place is a region of the workload's memory (the shared part, a
 * private one); errors are total variation distances: the share of accesses that are given to the wrong one.
 */
export const ATTRIBUTION_FIGURES: readonly Figure[] = [
  pp('thread_place', 'error of the thread shares by place'),
  pp('thread_run', 'error of the thread shares over the whole run'),
  pp('cpu_place', 'error of the CPU shares by place'),
  pp('cpu_run', 'error of the CPU shares over the whole run'),
  pp('write_place', 'error of the write share by place'),
  pp('write_run', 'error of the write share over the whole run'),
  pp('thread_mean', 'mean absolute error of a thread share by place'),
  pp('thread_max', 'largest error of a thread share in a place'),
  pp('fastest_bias', "bias of the fastest thread's share over the whole run", 'zero'),
  percent('rank', 'share of thread pairs in the right order', 'more'),
  percent('reported', 'share of DAMON regions with a report in a window', 'more'),
  percent('stale', 'share of reports lost as too old', 'less'),
  { name: 'reports', title: 'rate of reports', unit: '1/s', better: null, digits: 0 },
];

/** The figures of one run of hinting faults or sampled accesses. All null but the counts where nothing was reported. */
export function attributionFigures(run: Run): Figures {
  const [thread, cpu, rw] = (['thread', 'cpu', 'rw'] as const).map((by: AttributionBy) => attribution(run, { by }));
  return {
    thread_place: percentOf(byPlace(thread, distance)),
    thread_run: percentOf(distance(thread.total)),
    cpu_place: percentOf(byPlace(cpu, distance)),
    cpu_run: percentOf(distance(cpu.total)),
    write_place: percentOf(byPlace(rw, distance)),
    write_run: percentOf(distance(rw.total)),
    thread_mean: percentOf(thread.weighted_abs_error),
    thread_max: percentOf(largestError(thread)),
    fastest_bias: percentOf(fastestBias(thread)),
    rank: percentOf(rankAgreement(thread)),
    reported: percentOf(reportedShare(run)),
    stale: percentOf(staleShare(run)),
    reports: perSecond(run, thread.reports),
  };
}

function percentOf(share: number | null): number | null {
  return share === null ? null : 100 * share;
}

type Shares = Pick<AttributionRegion, 'reports' | 'accesses' | 'shares'>;

/** Half of the sum of all differences: what would have to be moved to make the estimate true. Null without an estimate. */
function distance({ reports, shares }: Shares): number | null {
  if (reports === 0 || shares.length === 0) return null;
  return shares.reduce((sum, share) => sum + Math.abs((share.estimated ?? 0) - (share.true ?? 0)), 0) / 2;
}

/** Mean over the places that have an estimate, weighted by their accesses. */
function byPlace({ regions }: AttributionReport, error: (region: AttributionRegion) => number | null): number | null {
  let sum = 0;
  let weight = 0;
  for (const region of regions) {
    const value = error(region);
    if (value === null) continue;
    sum += value * region.accesses;
    weight += region.accesses;
  }
  return weight === 0 ? null : sum / weight;
}

function largestError({ regions, total }: AttributionReport): number | null {
  const counted = regions.filter(({ accesses }) => accesses >= PLACE_COUNTS * total.accesses);
  const errors = counted.flatMap(({ shares }) => shares.flatMap(({ abs_error }) => abs_error ?? []));
  return errors.length === 0 ? null : Math.max(...errors);
}

/** Above 0: the thread with the most accesses looks even busier than it is. Null for a single thread. */
function fastestBias({ total }: AttributionReport): number | null {
  if (total.reports === 0 || total.shares.length < 2) return null;
  const fastest = total.shares.reduce((most, share) => (Number(share.true) > Number(most.true) ? share : most));
  return Number(fastest.estimated) - Number(fastest.true);
}

/** Of all pairs of threads that differ in truth, the share that the estimate has in the same order. */
function rankAgreement({ total }: AttributionReport): number | null {
  if (total.reports === 0) return null;
  let pairs = 0;
  let right = 0;
  const each = (a: AttributionShare, b: AttributionShare): void => {
    const apart = Number(a.true) - Number(b.true);
    if (Math.abs(apart) < RANK_APART) return;
    pairs++;
    if (Math.sign(Number(a.estimated) - Number(b.estimated)) === Math.sign(apart)) right++;
  };
  total.shares.forEach((a, i) => {
    for (const b of total.shares.slice(i + 1)) each(a, b);
  });
  return pairs === 0 ? null : right / pairs;
}

/** Over all windows: regions that got at least one report, of all regions. */
function reportedShare({ attribution: windows, snapshots }: Run): number | null {
  const regions = snapshots.reduce((sum, { start }) => sum + start.length, 0);
  const reported = windows.reduce((sum, { rows }) => sum + new Set(rows.map(({ regionStart }) => regionStart)).size, 0);
  return regions === 0 ? null : reported / regions;
}

function staleShare({ counters }: Run): number | null {
  const { stale, queued } = counters;
  return stale === undefined || queued === undefined || queued === 0 ? null : stale / queued;
}

function perSecond({ attribution: windows }: Run, reports: number): number | null {
  const ns = Math.max(...windows.map(({ endNs }) => endNs)) - Math.min(...windows.map(({ startNs }) => startNs));
  return ns > 0 ? (reports * 1e9) / ns : null;
}
