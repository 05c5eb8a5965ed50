import { PAGE_BYTES } from '@damonlab/base';
import type { ProcessRow, Run } from '@damonlab/record';
import { mean } from '@damonlab/report';
import type { BesideRuns, Figure, Figures } from '../study.js';

const MIB = 1024 ** 2;
/** Resident memory is averaged over what comes after: by then schemes have found what is cold. */
const SETTLED = 1 / 2;

/**
 * What reclaim leaves in memory, and what that costs the application, which is the first process; the second one is on the deny list, the
 * third has given its memory up by MADV_FREE.
 */
export const MEMORY_FIGURES: readonly Figure[] = [
  { name: 'rss', title: 'resident memory of the application in the second half', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'saved', title: 'resident memory saved against the plain LRU', unit: '%', better: 'more', digits: 1 },
  { name: 'slow_down', title: 'slow-down against the plain LRU', unit: '%', better: 'less', digits: 2 },
  { name: 'refaults', title: 'refaulted memory of the application', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'paged_out', title: 'memory of the application that schemes took', unit: 'MiB', better: null, digits: 1 },
  { name: 'stolen', title: 'memory of the application that the kernel reclaimed', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'stalled', title: 'time that some task waited for memory', unit: '%', better: 'less', digits: 3 },
  { name: 'kdamond', title: 'CPU time of the kdamond', unit: '%', better: 'less', digits: 2 },
  { name: 'passed', title: 'memory that the filters of the ops layer let through', unit: 'MiB', better: null, digits: 1 },
  { name: 'denied_lost', title: 'memory of the denied process that schemes took', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'denied_waited', title: 'memory that the denied process had to wait for', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'lazy_lost', title: 'memory given up by MADV_FREE that schemes took', unit: 'MiB', better: 'less', digits: 1 },
  { name: 'lazy_freed', title: 'memory given up by MADV_FREE that was dropped at all (pglazyfreed)', unit: 'MiB', better: null, digits: 1 },
];

/** The figures of a run with swap; `lru`: the same without schemes. */
export function memoryFigures(run: Run, { lru }: BesideRuns): Figures {
  const [app, denied, lazy] = finalCounts(run);
  const rss = settledRss(run);
  const { virtual_ns: ns, kdamond_ns = 0, psi_mem_some_us = 0 } = run.counters;
  return {
    rss: mebibytes(rss),
    saved: 100 * (1 - rss / settledRss(lru)),
    // All but a few accesses are the application's: the other processes sleep.
    slow_down: 100 * (lru.counters.accesses / run.counters.accesses - 1),
    refaults: mebibytes(app.workingset_refault_anon + app.workingset_refault_file),
    paged_out: mebibytes(app.pageout),
    stolen: mebibytes(app.pgsteal_kswapd + app.pgsteal_direct),
    stalled: (100 * 1e3 * psi_mem_some_us) / ns,
    kdamond: (100 * kdamond_ns) / ns,
    passed: passedBytes(run) / MIB,
    denied_lost: denied === undefined ? null : mebibytes(denied.pageout),
    denied_waited: denied === undefined ? null : mebibytes(denied.pgmajfault),
    lazy_lost: lazy === undefined ? null : mebibytes(lazy.pageout),
    lazy_freed: lazy === undefined ? null : mebibytes(lazy.pglazyfreed),
  };
}

function mebibytes(pages: number): number {
  return (pages * PAGE_BYTES) / MIB;
}

/** By process, its counts at the end of the run. */
function finalCounts({ tables: { processes } }: Run): ProcessRow[] {
  const last: ProcessRow[] = [];
  for (const row of processes) last[row.targetId] = row;
  return last;
}

/** Base pages of the application, mean over the second half. */
function settledRss({ tables: { processes }, counters }: Run): number {
  const late = processes.filter(({ targetId, endNs }) => targetId === 0 && endNs > SETTLED * counters.virtual_ns);
  return mean(late.map(({ rss }) => rss)) ?? 0;
}

/** `sz_ops_filter_passed` of all schemes together. */
function passedBytes({ tables: { schemes } }: Run): number {
  const last = new Map(schemes.map((row) => [row.scheme, row.szOpsFilterPassed]));
  return [...last.values()].reduce((sum, bytes) => sum + bytes, 0);
}
