import { UserError } from '@damonlab/base';
import { noTables, type TriedRegionRow } from '@damonlab/record';
import { describe, expect, it } from 'vitest';
import { manifestOf, runOf, schemeRowOf } from '../../test/build-run.js';
import { renderReport } from '../reports.js';
import { schemes } from './schemes.js';

const MIB = 2 ** 20;

function tried(scheme: number, look: number, start: number, end: number): TriedRegionRow {
  return { startNs: look * 1e9, endNs: look * 1e9 + 1e8, scheme, targetId: 0, start, end, nrAccesses: 5, age: 2, szFilterPassed: 0 };
}

const goals = [{ metric: 'node_mem_free_bp', targetValue: 50 }];
const run = runOf([], {
  manifest: manifestOf({ machine: { monitor: { schemes: [{ quota: { timeMs: 0, szBytes: MIB, resetIntervalMs: 1_000, goals } }] } } }),
  tables: {
    ...noTables(),
    schemes: [
      schemeRowOf(1, 1, { action: 'lru_prio' }),
      schemeRowOf(0, 1, { effectiveBytes: 4096 }),
      schemeRowOf(0, 2, { effectiveBytes: 4096 }),
      schemeRowOf(0, 3, { effectiveBytes: 8192, qtExceeds: 2 }),
    ],
    tried_regions: [tried(0, 0, 0, MIB), tried(0, 1, 0, MIB), tried(0, 1, 2 * MIB, 4 * MIB)],
  },
});

describe('schemes', () => {
  it('has the last statistics, the changes of the effective size, the bytes of each look and the regions of the last', () => {
    const [first, second] = schemes(run).schemes;
    expect(first).toMatchObject({
      scheme: 0,
      action: 'stat',
      stats: { nr_tried: 3, sz_tried: 3 * MIB, qt_exceeds: 2, nr_snapshots: 3 },
      quotas: { time_ms: 0, sz_bytes: MIB, reset_interval_ms: 1_000, goals: ['node_mem_free_bp 50'] },
      effective_bytes: [
        [1e8, 4096],
        [3e8, 8192],
      ],
      tried_bytes: [
        [1e8, MIB],
        [1.1e9, 3 * MIB],
      ],
      tried_regions: [
        { target: 0, start: 0, end: MIB, nr_accesses: 5, age: 2, sz_filter_passed: 0 },
        { start: 2 * MIB, end: 4 * MIB },
      ],
    });
    expect(second).toMatchObject({ scheme: 1, action: 'lru_prio', quotas: null, effective_bytes: [], tried_bytes: [], tried_regions: [] });
  });

  it('is readable', () => {
    expect(renderReport('schemes', run, 'text', {}, { color: false, width: 80 })).toMatchInlineSnapshot(`
      "scheme 0: stat
        nr_tried                      3
        sz_tried              3.000 MiB
        nr_applied                    0
        sz_applied                  0 B
        sz_ops_filter_passed        0 B
        qt_exceeds                    2
        nr_snapshots                  3
        quotas: 1.000 MiB, goal node_mem_free_bp 50 per 1 s
        effective_bytes
          100 ms  4.000 KiB
          300 ms  8.000 KiB
        tried_bytes
          100 ms   1.000 MiB
          1.100 s  3.000 MiB
        tried regions of the last look
          0x0-0x100000       1.000 MiB  nr_accesses 5  age 2
          0x200000-0x400000  2.000 MiB  nr_accesses 5  age 2

      scheme 1: lru_prio
        nr_tried                      1
        sz_tried              1.000 MiB
        nr_applied                    0
        sz_applied                  0 B
        sz_ops_filter_passed        0 B
        qt_exceeds                    0
        nr_snapshots                  1
      "
    `);
    expect(renderReport('schemes', run, 'csv', {}, { color: false, width: 80 })).toBe(
      [
        'kdamond,scheme,action,nr_tried,sz_tried,nr_applied,sz_applied,sz_ops_filter_passed,qt_exceeds,nr_snapshots,effective_bytes',
        '0,0,stat,3,3145728,0,0,0,2,3,8192',
        '0,1,lru_prio,1,1048576,0,0,0,0,1,0',
        '',
      ].join('\n'),
    );
  });

  it('says what to do when there are none', () => {
    expect(() => schemes(runOf([]))).toThrow(UserError);
    expect(() => schemes(runOf([]))).toThrow(/monitor\.schemes/);
  });
});

describe('as a picture', () => {
  it('has a panel for each scheme: the effective size as steps, each look as a dot', () => {
    const svg = renderReport('schemes', run, 'svg', {}, { color: false, width: 80 });
    expect(svg.match(/<polyline/g)).toHaveLength(1);
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(svg).toContain('scheme 0: stat');
    expect(svg).toContain('scheme 1: lru_prio');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('schemes of several kdamonds', () => {
  const other = { snapshots: [], attribution: [], tables: { ...noTables(), schemes: [schemeRowOf(0, 1, { action: 'migrate_hot' })] } };
  const manifest = {
    ...manifestOf({ machine: { monitor: { schemes: [] } } }),
    otherIntervals: [{ sample_us: 1, aggr_us: 2, ops_update_us: 3 }],
  };
  const several = { ...run, manifest, others: [other] };

  it('are all told, under the numbers of their kdamonds', () => {
    expect(schemes(several).schemes.map(({ kdamond, scheme, action }) => [kdamond, scheme, action])).toEqual([
      [0, 0, 'stat'],
      [0, 1, 'lru_prio'],
      [1, 0, 'migrate_hot'],
    ]);
    const text = renderReport('schemes', several, 'text', {}, { color: false, width: 80 });
    expect(text.match(/^kdamond . scheme.*$/gm)).toEqual([
      'kdamond 0 scheme 0: stat',
      'kdamond 0 scheme 1: lru_prio',
      'kdamond 1 scheme 0: migrate_hot',
    ]);
  });

  it('or those of one', () => {
    const json = JSON.parse(renderReport('schemes', several, 'json', { kdamond: 1 }, { color: false, width: 80 }));
    expect(json.schemes).toMatchObject([{ kdamond: 1, scheme: 0, action: 'migrate_hot' }]);
  });
});
