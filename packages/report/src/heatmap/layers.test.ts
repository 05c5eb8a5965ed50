import type { Run } from '@damonlab/record';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accessTruthOf, attributionOf, manifestOf, type RegionRow, runOf, snapshotOf, truthOf } from '../../test/build-run.js';
import { wss } from '../wss.js';
import { heatLayer } from './layers.js';
import { readingAt } from './reading.js';
import { whoMap } from './who.js';

const view = { startNs: 0, endNs: 200e6, addr: { start: 0, end: 800 }, rows: 2, cols: 4 };

/** [0, 400) seen but idle, [400, 600) seen and touched, [600, 800) touched but not seen; the second window saw and touched nothing. */
function smallRun(change: Partial<Run> = {}): Run {
  const regions: RegionRow[] = [
    [0, 400, 3, 7],
    [400, 600, 20, 1],
    [600, 800, 0, 2],
  ];
  return runOf([snapshotOf(0, regions), snapshotOf(1, [[0, 800, 0, 9]])], { truth: [truthOf(0, [[400, 800]]), truthOf(1, [])], ...change });
}

describe('layers of the heatmap', () => {
  it.each([
    ['nr_accesses', [30, 30, 200, 0, 0, 0, 0, 0]],
    ['age', [7, 7, 1, 2, 9, 9, 9, 9]],
    ['truth', [0, 0, 1, 1, 0, 0, 0, 0]],
    ['difference', [1, 1, 0, -1, 0, 0, 0, 0]],
  ] as const)('%s', (layer, cells) => {
    expect([...heatLayer(smallRun(), layer, 0, view).heat]).toEqual(cells);
  });

  it('know nothing of the truth where it was not logged', () => {
    expect([...heatLayer(smallRun({ truth: [] }), 'difference', 0, view).heat].every(Number.isNaN)).toBe(true);
  });

  it('add up to the figures of the reports, whatever the resolution', () => {
    const size = fc.integer({ min: 1, max: 23 });
    const window = fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }), fc.nat(9), fc.nat(9));
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 5 }), size, size, (windows, rows, cols) => {
        const snapshots = windows.map(([counts], i) =>
          snapshotOf(
            i,
            counts.map((count, at): RegionRow => [at * 10, at * 10 + 10, count]),
          ),
        );
        const truth = windows.map(([counts, a, b], i) =>
          truthOf(i, a === b ? [] : [[Math.min(a, b), Math.min(Math.max(a, b), counts.length * 10)]]),
        );
        const run = runOf(snapshots, { truth });
        const whole = { startNs: 0, endNs: windows.length * 100e6, addr: { start: 0, end: 90 }, rows, cols };
        const { heat } = heatLayer(run, 'difference', 0, whole);
        const drawn = heat.reduce((sum, cell) => sum + (Number.isNaN(cell) ? 0 : cell), 0) * (90 / cols) * (windows.length / rows);
        const told = wss(run).windows.reduce((sum, { wss: seen, truth_wss }) => sum + seen - (truth_wss ?? 0), 0);
        expect(drawn).toBeCloseTo(told, 6);
      }),
    );
  });
});

describe('who', () => {
  const run = smallRun({
    attribution: [
      attributionOf(0, [
        [0, 400, 0, 10, false, 4],
        [400, 600, 0, 10, false, 1],
        [400, 600, 1, 11, true, 3],
      ]),
    ],
    accessTruth: [accessTruthOf(0, [['heap', 400, 800, 1, 11, true, 100]])],
    manifest: manifestOf({ machine: { topology: { nodes: [{ cpus: 1 }, { cpus: 1 }] } } }),
  });

  it.each([
    ['thread', 'damon', [10, 11], [0, 0, 1, -1], [1, 1, 0.75, 0]],
    ['node', 'damon', [0, 1], [0, 0, 1, -1], [1, 1, 0.75, 0]],
    ['rw', 'damon', ['read', 'write'], [0, 0, 1, -1], [1, 1, 0.75, 0]],
    ['cpu', 'truth', [1], [-1, -1, 0, 0], [0, 0, 1, 1]],
  ] as const)('by %s, as %s has it', (by, source, keys, winner, share) => {
    const map = whoMap(run, by, source, 0, view);
    expect(map.keys).toEqual(keys);
    expect([...map.winner]).toEqual([...winner, -1, -1, -1, -1]);
    expect([...map.share]).toEqual([...share, 0, 0, 0, 0]);
  });

  it('is nobody where nobody knows', () => {
    expect(whoMap(smallRun(), 'thread', 'damon', 0, view).keys).toEqual([]);
  });

  it('is told for one place and time, with all that is known of it', () => {
    const reading = readingAt(run, { target: 0, ns: 50e6, addr: 450, by: 'thread' });
    expect(reading).toMatchObject({ start: 400, end: 600, nr_accesses: 20, max_nr_accesses: 20, age: 1, touched: true });
    expect(reading?.who?.shares.map(({ key, estimated }) => [key, estimated])).toEqual([
      [10, 0.25],
      [11, 0.75],
    ]);
    expect(readingAt(run, { target: 0, ns: 150e6, addr: 450, by: 'thread' })).toMatchObject({ nr_accesses: 0, touched: false, who: null });
    expect(readingAt(run, { target: 0, ns: 50e6, addr: 800, by: 'thread' })).toBeNull();
    expect(readingAt(run, { target: 0, ns: 200e6, addr: 0, by: 'thread' })).toBeNull();
    expect(readingAt(run, { target: 1, ns: 0, addr: 0, by: 'thread' })).toBeNull();
  });
});
