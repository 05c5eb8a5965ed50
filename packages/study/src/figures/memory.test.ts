import type { ProcessRow, Run } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { bareRun } from '../testing/bare-run.js';
import { MEMORY_FIGURES, memoryFigures } from './memory.js';

const MIB_PAGES = 256;

/** What process `targetId` is at the end of second `t`, in MiB; a fault is a page. */
function row(t: number, targetId: number, mib: Partial<ProcessRow>): ProcessRow {
  const none = { pgmajfault: 0, pswpin: 0, pswpout: 0, pgsteal_kswapd: 0, pgsteal_direct: 0, pageout: 0, pglazyfree: 0, pglazyfreed: 0 };
  const pages = Object.fromEntries(Object.entries(mib).map(([name, value]) => [name, Number(value) * MIB_PAGES]));
  const counts = { rss: 0, ...none, workingset_refault_anon: 0, workingset_refault_file: 0, ...pages };
  return { ...counts, startNs: (t - 1) * 1e9, endNs: t * 1e9, targetId };
}

function runOf(processes: readonly ProcessRow[], counters: Readonly<Record<string, number>>, passed: readonly number[] = []): Run {
  const schemes = passed.map((szOpsFilterPassed, i) => {
    const none = { nrTried: 0, szTried: 0, nrApplied: 0, szApplied: 0, qtExceeds: 0, nrSnapshots: 0, effectiveBytes: 0 };
    return { atNs: i * 1e9, scheme: i % 2, action: 'pageout', szOpsFilterPassed, ...none };
  });
  return bareRun({
    tables: { processes, schemes },
    counters: { virtual_ns: 4e9, ...counters },
  });
}

describe('figures of memory', () => {
  const lru = runOf(
    [1, 2, 3, 4].map((t) => row(t, 0, { rss: 100 })),
    { accesses: 110 },
  );

  it('are about the second half, and against the run without schemes', () => {
    const before = [90, 80, 30].map((rss, i) => row(i + 1, 0, { rss, pageout: 10 * i }));
    const counts = { pageout: 30, pgsteal_kswapd: 2, pgsteal_direct: 1, workingset_refault_anon: 5, workingset_refault_file: 1 };
    const run = runOf([...before, row(4, 0, { rss: 20, ...counts })], { accesses: 100, kdamond_ns: 4e7, psi_mem_some_us: 8e4 });
    expect(memoryFigures(run, { lru })).toEqual({
      rss: 25,
      saved: 75,
      slow_down: expect.closeTo(10, 9),
      refaults: 6,
      paged_out: 30,
      stolen: 3,
      stalled: 2,
      kdamond: 1,
      passed: 0,
      denied_lost: null,
      denied_waited: null,
      lazy_lost: null,
      lazy_freed: null,
    });
  });

  it('tell of the denied process and of what was given up only where they are', () => {
    const rows = [
      row(4, 0, { rss: 50 }),
      row(4, 1, { rss: 9, pageout: 3, pgmajfault: 2 }),
      row(4, 2, { rss: 9, pageout: 4, pglazyfree: 12, pglazyfreed: 7 }),
    ];
    const figures = memoryFigures(runOf(rows, { accesses: 110 }, [2 ** 20, 5, 3 * 2 ** 20, 2 ** 20]), { lru });
    expect(figures).toMatchObject({ saved: 50, slow_down: 0, denied_lost: 3, denied_waited: 2, lazy_lost: 4, lazy_freed: 7, passed: 4 });
    expect(Object.keys(figures)).toEqual(MEMORY_FIGURES.map(({ name }) => name));
  });
});
