import { describe, expect, it } from 'vitest';
import { fitted, progressText, runProgress } from './progress.js';
import { studyProgress } from './study-progress.js';
import { colourful, formatNs, screenOf } from './terminal.js';

describe('what a terminal shows', () => {
  it.each([
    [0, '0 ms'],
    [250e6, '250 ms'],
    [1e9, '1.0 s'],
    [12.34e9, '12.3 s'],
    [99.9e9, '99.9 s'],
    [99.99e9, '1 min 40 s'],
    [245e9, '4 min 05 s'],
  ])('%d ns is %s', (ns, text) => {
    expect(formatNs(ns)).toBe(text);
  });

  it('progress has a share and an ETA only where the end is known', () => {
    const progress = { virtualNs: 12.3e9, durationNs: 30e9, nrRegions: 23, speedup: 3.21, etaSeconds: 5.4 };
    expect(progressText(progress)).toBe('12.3 s of 30.0 s (41 %), 3.2x real time, 23 regions, ETA 5.4 s');
    expect(progressText({ ...progress, durationNs: Number.POSITIVE_INFINITY })).toBe('12.3 s, 3.2x real time, 23 regions');
  });

  it('progress fits into the terminal, with a bar where there is room', () => {
    const progress = { virtualNs: 15e9, durationNs: 30e9, nrRegions: 23, speedup: 3.21, etaSeconds: 5.4 };
    const text = progressText(progress);
    const share = runProgress.share(progress);
    expect(fitted(text, share, 120)).toBe(`[##########..........] ${text}`);
    expect(fitted(text, share, 80)).toBe(text);
    expect(fitted(text, share, 30)).toBe(text.slice(0, 29));
    expect(runProgress.share({ ...progress, durationNs: Number.POSITIVE_INFINITY })).toBeNull();
    expect(fitted(text, null, 120)).toBe(text);
  });

  it('progress of a study: runs, and the time to go by those that were made', () => {
    const { text, share } = studyProgress(Date.now() - 10_000);
    expect(text({ done: 30, total: 111, kept: 30 })).toBe('30 of 111 runs (27 %)');
    expect(text({ done: 60, total: 111, kept: 10 })).toMatch(/^60 of 111 runs \(54 %\), ETA 10\.[23] s$/);
    expect(share({ done: 60, total: 120, kept: 10 })).toBe(0.5);
  });

  it.each([
    [{ isTTY: true }, {}, true],
    [{ isTTY: false }, {}, false],
    [{ isTTY: true }, { NO_COLOR: '1' }, false],
    [{ isTTY: true }, { NO_COLOR: '' }, true],
    [{ isTTY: true }, { TERM: 'dumb' }, false],
    [{ isTTY: false }, { FORCE_COLOR: '1' }, true],
    [{ isTTY: true }, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('colour for %j under %j: %s', (stream, env, expected) => {
    expect(colourful(stream, env)).toBe(expected);
  });

  it.each([
    [{ isTTY: false, columns: 0, rows: 0 }, 80, 40, 80],
    [{ isTTY: true, columns: 60, rows: 24 }, 60, 18, 60],
    [{ isTTY: true, columns: 132, rows: 50 }, 132, 40, 132],
    [{ isTTY: true, columns: 400, rows: 3 }, 400, 10, 160],
    // A terminal that does not know its size.
    [{ isTTY: true, columns: 0, rows: 0 }, 80, 40, 80],
  ])('%j is %d wide, its heatmap %d x %d', (stream, width, rows, cols) => {
    expect(screenOf(stream)).toEqual({ width, resolution: { rows, cols } });
  });
});
