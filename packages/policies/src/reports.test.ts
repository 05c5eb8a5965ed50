import { PAGE_BYTES, PMD_BYTES } from '@damonlab/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Affinity } from './affinity.js';
import { dirtyPagesByReports, dirtyPagesBySamples, easiestFirst } from './dirty-rate.js';
import { HomeOfPieces, type MigrateBySharesSettings } from './migrate-by-shares.js';
import type { Reported } from './window.js';

/** Reports about `[piece, piece + pieces)`, counted in 2 MiB; thread t runs on node t modulo 2. */
const row = (piece: number, pieces: number, tid: number, reports: number, isWrite = false): Reported => {
  return { regionStart: piece * PMD_BYTES, regionEnd: (piece + pieces) * PMD_BYTES, cpu: tid, tid, isWrite, reports };
};

describe('affinity', () => {
  it('reports go by where the pages of their region lie', () => {
    const affinity = new Affinity(2, 2);
    affinity.add([row(0, 1, 0, 30), row(0, 1, 1, 10), row(1, 1, 0, 10)], (start) => (start === 0 ? [3, 1] : [0, 8]));
    expect([affinity.touchShare(0, 0), affinity.touchShare(0, 1)]).toEqual([(30 * 0.75) / 40, (30 * 0.25 + 10) / 40]);
    expect(affinity.sharedBy(0, 1)).toBe((2 * 10) / 50);
    expect(affinity.sharedBy(1, 0)).toBe(affinity.sharedBy(0, 1));
  });

  it('too few reports say nothing; windows add up and fade', () => {
    const affinity = new Affinity(2, 2);
    const window = () => affinity.add([row(0, 1, 0, 4), row(0, 1, 1, 4)], () => [0, 1]);
    window();
    expect([affinity.touchShare(0, 1), affinity.sharedBy(0, 1)]).toEqual([0, 0]);
    for (let i = 0; i < 3; i++) {
      affinity.fade();
      window();
    }
    expect([affinity.touchShare(0, 1), affinity.sharedBy(0, 1)]).toEqual([1, 1]);
    for (let i = 0; i < 3; i++) affinity.fade();
    expect(affinity.touchShare(0, 1)).toBe(0);
  });

  it('regions without pages and windows without reports change nothing', () => {
    const affinity = new Affinity(1, 2);
    affinity.add([], () => [1, 1]);
    affinity.add([row(0, 1, 0, 20)], () => [0, 0]);
    expect(affinity.touchShare(0, 1)).toBe(0);
  });
});

describe('homes of pieces', () => {
  const SETTINGS: MigrateBySharesSettings = { bytesPerWindow: PMD_BYTES, minShare: 0.6, minReports: 8, to: 'most' };
  const nidOf = (thread: number) => thread % 2;
  const wanted = (rows: readonly Reported[], settings: Partial<MigrateBySharesSettings> = {}, windows = 1) => {
    const homes = new HomeOfPieces({ ...SETTINGS, ...settings }, 4);
    for (let i = 0; i < windows; i++) homes.add(rows);
    return homes.wanted(nidOf, 2).map(({ start, nid }) => [start / PMD_BYTES, nid]);
  };

  it.each<[string, Reported[], [number, number][]]>([
    ['the node that makes most of the reports', [row(3, 1, 0, 2), row(3, 1, 1, 8)], [[3, 1]]],
    ['threads of a node count together', [row(3, 1, 1, 4), row(3, 1, 2, 3), row(3, 1, 3, 4)], [[3, 1]]],
    ['equal shares: none', [row(3, 1, 0, 10), row(3, 1, 1, 10)], []],
    ['less than min_share: none', [row(3, 1, 0, 41), row(3, 1, 1, 59)], []],
    ['too few reports: none', [row(3, 1, 0, 7)], []],
    [
      'the most reports first',
      [row(0, 1, 0, 9), row(1, 1, 1, 20)],
      [
        [1, 1],
        [0, 0],
      ],
    ],
    [
      'a region is dealt out over its pieces',
      [row(0, 2, 1, 15), row(2, 2, 1, 16)],
      [
        [2, 1],
        [3, 1],
      ],
    ],
  ])('%s', (_, rows, expected) => {
    expect(wanted(rows)).toEqual(expected);
  });

  it('broken on purpose: the node that makes the fewest', () => {
    expect(wanted([row(0, 1, 1, 20)], { to: 'fewest' })).toEqual([[0, 0]]);
  });

  it('few reports add up over windows, and are forgotten', () => {
    expect(wanted([row(0, 1, 1, 4)], {}, 2)).toEqual([]);
    expect(wanted([row(0, 1, 1, 4)], {}, 3)).toEqual([[0, 1]]);
    const homes = new HomeOfPieces(SETTINGS, 2);
    homes.add([row(0, 1, 1, 10)]);
    homes.add([]);
    expect(homes.wanted(nidOf, 2)).toEqual([]);
  });

  it('memory follows a thread to where it is now, not where its reports were made', () => {
    const homes = new HomeOfPieces(SETTINGS, 2);
    homes.add([row(0, 1, 1, 10)]);
    expect(homes.wanted(() => 0, 2)).toEqual([{ start: 0, end: PMD_BYTES, nid: 0, reports: 10 }]);
  });

  it('with the same reports every time, homes are the same every time once they are there', () => {
    const some = fc.record({ piece: fc.nat(3), tid: fc.nat(3), reports: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(fc.array(some, { maxLength: 12 }), (list) => {
        const rows = list.map(({ piece, tid, reports }) => row(piece, 1, tid, reports)).sort((a, b) => a.regionStart - b.regionStart);
        // Limits that no counts of whole reports hit: on a limit itself, rounding decides.
        const limits = { minShare: 0.6180339887, minReports: 8.3 };
        const key = (windows: number) => JSON.stringify(wanted(rows, limits, windows).sort());
        expect(key(40)).toBe(key(60));
      }),
    );
  });
});

describe('dirty rate', () => {
  const regions = (pages: number, nrAccesses: number) => ({ start: [0], end: [pages * PAGE_BYTES], nrAccesses: [nrAccesses] });

  it.each([
    [0, 0],
    [20, 1000],
    [30, 1000],
    [1, 1000 * (1 - 0.95 ** 20)],
    [10, 1000 * (1 - 0.5 ** 20)],
  ])('%d of 20 samples of 1000 pages were written: %d pages', (nrAccesses, pages) => {
    expect(dirtyPagesBySamples(regions(1000, nrAccesses), 20)).toBeCloseTo(pages, 9);
  });

  it('by reports: writes hit pages at random, reads none', () => {
    const pages = PMD_BYTES / PAGE_BYTES;
    expect(dirtyPagesByReports([row(0, 1, 0, 7), row(0, 1, 0, 5, true)], 100)).toBeCloseTo(pages * (1 - Math.exp(-500 / pages)), 9);
    expect(dirtyPagesByReports([], 100)).toBe(0);
  });

  it('never more than there is, and more for more writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(20), (pages, nr) => {
        const dirty = dirtyPagesBySamples(regions(pages, nr), 20);
        expect(dirty).toBeLessThanOrEqual(pages);
        expect(dirtyPagesBySamples(regions(pages, nr + 1), 20)).toBeGreaterThanOrEqual(dirty);
      }),
    );
  });

  it('the slowest is the easiest', () => {
    expect(easiestFirst([5, 1, 3, 1])).toEqual([1, 3, 2, 0]);
  });
});
