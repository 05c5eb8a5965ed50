import { describe, expect, it } from 'vitest';
import { runOf, snapshotOf, truthOf } from '../../test/build-run.js';
import { touchedWindows } from './touched-windows.js';

describe('touched windows', () => {
  it('all targets together, window by window', () => {
    const snapshots = [0, 1].flatMap((window) =>
      [0, 1].map((targetId) =>
        snapshotOf(
          window,
          [
            [0, 100, 5 * targetId],
            [100, 300, window],
          ],
          { targetId },
        ),
      ),
    );
    const truth = [0, 1].flatMap((window) => [0, 1].map((targetId) => ({ ...truthOf(window, [[50, 150]]), targetId })));
    expect(touchedWindows(runOf(snapshots, { truth }))).toEqual([
      { endNs: 100e6, seen: 100, touched: 200, both: 50 },
      { endNs: 200e6, seen: 500, touched: 200, both: 150 },
    ]);
  });

  it('without the truth: none', () => {
    expect(touchedWindows(runOf([snapshotOf(0, [[0, 100, 1]])]))).toEqual([]);
  });
});
