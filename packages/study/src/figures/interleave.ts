import { PAGE_BYTES } from '@damonlab/base';
import type { Run } from '@damonlab/record';
import { mean, placementWindows } from '@damonlab/report';
import type { Figure, Figures } from '../study.js';

const MIB = 1024 ** 2;
/** What a phase ends with: its last third, when what could adapt has. */
const END = 2 / 3;
/** Hot memory within so many percentage points of where it is at the end of a phase has arrived. */
const ARRIVED = 5;

/** What spreading the areas that are called `hot…` over two nodes does for the programs that sweep them. */
export const INTERLEAVE_FIGURES: readonly Figure[] = [
  { name: 'before', title: 'throughput before the change', unit: 'M/s', better: 'more', digits: 2 },
  { name: 'during', title: 'throughput after the change', unit: 'M/s', better: 'more', digits: 2 },
  { name: 'during_end', title: 'throughput after the change, its last third', unit: 'M/s', better: 'more', digits: 2 },
  { name: 'after', title: 'throughput of the one that is left', unit: 'M/s', better: 'more', digits: 2 },
  { name: 'after_end', title: 'throughput of the one that is left, its last third', unit: 'M/s', better: 'more', digits: 2 },
  { name: 'iteration', title: 'time of a pass over the hot memory after the change', unit: 'ms', better: 'less', digits: 3 },
  { name: 'iteration_change', title: 'time of a pass after the change, by that before', unit: '', better: null, digits: 3 },
  { name: 'local_before', title: 'hot memory on the fast node before the change', unit: '%', better: null, digits: 1 },
  { name: 'local_during', title: 'hot memory on the fast node after the change', unit: '%', better: null, digits: 1 },
  { name: 'local_after', title: 'hot memory on the fast node when one is left', unit: '%', better: null, digits: 1 },
  { name: 'adapt', title: 'time until the hot memory is where the change has it', unit: 'ms', better: 'less', digits: 0 },
  { name: 'readapt', title: 'time until the hot memory is back', unit: 'ms', better: 'less', digits: 0 },
  { name: 'moved', title: 'memory moved', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'kdamond', title: 'CPU time of the kdamond', unit: '%', better: 'less', digits: 2 },
];

interface Span {
  readonly startNs: number;
  readonly endNs: number;
}

/** What was accessed in a window, and where the hot memory was at its end. */
interface Window extends Span {
  /** To hot memory. */
  readonly accesses: number;
  /** Threads that made them. */
  readonly threads: number;
  /** Percent of the hot memory that is on node 0; null: there is none. */
  readonly local: number | null;
}

/**
 * The figures of a run on two nodes whose truth was logged. The change is that a second process comes, and it ends when that has gone; in a
 * run of one process it is at the half of it.
 */
export function interleaveFigures(run: Run): Figures {
  const windows = windowsOf(run);
  const { change, end } = changeOf(run, windows);
  const [before, during, after] = [
    windows.filter(({ endNs }) => endNs <= change),
    windows.filter(({ startNs, endNs }) => startNs >= change && endNs <= end.startNs),
    windows.filter(({ startNs }) => startNs >= end.endNs),
  ];
  const [earlier, later, latest] = [before, during, after].map(lateOf);
  const [iterationBefore, iteration] = [earlier, later].map((late) => iterationMs(run, late));
  const { counters } = run;
  return {
    before: millionsPerSecond(earlier),
    during: millionsPerSecond(during),
    during_end: millionsPerSecond(later),
    after: millionsPerSecond(after),
    after_end: millionsPerSecond(latest),
    iteration,
    iteration_change: iteration === null || iterationBefore === null ? null : iteration / iterationBefore,
    local_before: localOf(earlier),
    local_during: localOf(later),
    local_after: localOf(latest),
    adapt: arrivedAfterMs(during, earlier),
    readapt: arrivedAfterMs(after, later),
    moved: ((counters.pgmigrate_success ?? 0) * PAGE_BYTES) / MIB,
    kdamond: counters.virtual_ns === 0 ? null : (100 * counters.kdamond_ns) / counters.virtual_ns,
  };
}

function windowsOf(run: Run): Window[] {
  const local = new Map(placementWindows(run.tables.placement).map(({ endNs, rows }) => [endNs, localShare(rows)]));
  const byEnd = new Map<number, { startNs: number; accesses: number; threads: Set<number> }>();
  for (const { startNs, endNs, rows } of run.accessTruth) {
    const window = byEnd.get(endNs) ?? { startNs, accesses: 0, threads: new Set() };
    byEnd.set(endNs, window);
    for (const { region, accesses, tid } of rows) {
      if (!region.startsWith('hot')) continue;
      window.accesses += accesses;
      window.threads.add(tid);
    }
  }
  return [...byEnd].map(([endNs, { startNs, accesses, threads }]) => {
    return { startNs, endNs, accesses, threads: threads.size, local: local.get(endNs) ?? null };
  });
}

function localShare(rows: Run['tables']['placement']): number | null {
  const bytes = [0, 0];
  for (const { region, nid, pages } of rows) if (region.startsWith('hot')) bytes[nid] += pages;
  return bytes[0] + bytes[1] === 0 ? null : (100 * bytes[0]) / (bytes[0] + bytes[1]);
}

/**
 * The change, ns, and the window that ends what it began: the one in which the second process went, which took its memory with it; or none
 * in a run of one process.
 */
function changeOf({ accessTruth, counters }: Run, windows: readonly Window[]): { readonly change: number; readonly end: Span } {
  const second = accessTruth.filter(({ targetId, rows }) => targetId === 1 && rows.some(({ region }) => region.startsWith('hot')));
  const [first, last] = [second.at(0), second.at(-1)];
  if (first !== undefined && last !== undefined) return { change: first.startNs, end: last };
  const endNs = windows.at(-1)?.endNs ?? 0;
  return { change: counters.virtual_ns / 2, end: { startNs: endNs, endNs } };
}

function lateOf(phase: readonly Window[]): readonly Window[] {
  const [first, last] = [phase.at(0), phase.at(-1)];
  if (first === undefined || last === undefined) return [];
  return phase.filter(({ startNs }) => startNs >= first.startNs + END * (last.endNs - first.startNs));
}

function millionsPerSecond(windows: readonly Window[]): number | null {
  const ns = sum(windows, ({ startNs, endNs }) => endNs - startNs);
  return ns === 0 ? null : (1e3 * sum(windows, ({ accesses }) => accesses)) / ns;
}

/** How long a thread needs for all hot pages of its process. */
function iterationMs(run: Run, windows: readonly Window[]): number | null {
  const pages = sum(
    run.tables.placement.filter(({ region, targetId, endNs }) => {
      return targetId === 0 && region.startsWith('hot') && endNs === windows.at(-1)?.endNs;
    }),
    (row) => row.pages,
  );
  const rate = millionsPerSecond(windows);
  const threads = Math.max(0, ...windows.map((window) => window.threads));
  return rate === null || rate === 0 ? null : (pages * threads) / (rate * 1e3);
}

function localOf(windows: readonly Window[]): number | null {
  return mean(windows.flatMap(({ local }) => local ?? []));
}

/** Since when hot memory is where it is at the end of the phase; null: that is where it was before. */
function arrivedAfterMs(phase: readonly Window[], before: readonly Window[]): number | null {
  const [was, end] = [localOf(before), localOf(lateOf(phase))];
  if (was === null || end === null || Math.abs(was - end) <= ARRIVED) return null;
  const last = phase.findLastIndex(({ local }) => local !== null && Math.abs(local - end) > ARRIVED);
  return last < 0 ? 0 : (phase[last].endNs - phase[0].startNs) / 1e6;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
