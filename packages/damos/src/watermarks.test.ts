import { describe, expect, it } from 'vitest';
import { createLab, schemeOf } from './testing/lab.js';
import { activatedBy } from './watermarks.js';

const marks = { metric: 'free_mem_rate', intervalUs: 5_000_000, high: 500, mid: 400, low: 200 } as const;

describe('activation', () => {
  it.each([
    // free of 10 000 pages, was active, is active
    [5_019, true, false], // 501.9 is rounded down to 501: above high
    [5_009, true, true],
    [5_000, false, false],
    [4_000, false, false],
    [3_999, false, true],
    [2_000, false, true],
    [1_999, true, false],
    [4_500, true, true],
  ])('%d free pages, active %s: %s', (freePages, was, is) => {
    expect(activatedBy(marks, was, { freePages, totalPages: 10_000 })).toBe(is);
  });

  it('gates the loop until free memory falls below mid, for the shortest interval', () => {
    let freePages = 9_000;
    const lab = createLab({
      schemes: [schemeOf({ watermarks: marks }), schemeOf({ watermarks: { ...marks, intervalUs: 7_000_000 } })],
      metrics: { memory: () => ({ freePages, totalPages: 10_000 }) },
    });
    lab.run(3);
    expect([lab.kdamond.waiting, lab.kdamond.sleepUs, lab.kdamond.passedSampleIntervals]).toEqual([true, 5_000_000, 0]);
    freePages = 4_500;
    lab.run(1);
    expect(lab.kdamond.passedSampleIntervals).toBe(0);
    freePages = 3_000;
    lab.run(20);
    expect(lab.damos.schemes.map(({ activated, stats }) => [activated, stats.nrTried > 0])).toEqual([
      [true, true],
      [true, true],
    ]);
  });

  it('holds back one scheme while others run, and gives its turn away', () => {
    const lab = createLab({
      schemes: [schemeOf(), schemeOf({ watermarks: marks })],
      metrics: { memory: () => ({ freePages: 9, totalPages: 10 }) },
    });
    lab.run(20);
    const [free, held] = lab.damos.schemes;
    expect([held.activated, held.stats.nrTried, free.stats.nrTried > 0]).toEqual([false, 0, true]);
    expect(held.nextApplySis).toBe(free.nextApplySis);
  });

  it('a commit makes a scheme active, until the marks are looked at', () => {
    const lab = createLab({
      schemes: [schemeOf({ watermarks: marks })],
      metrics: { memory: () => ({ freePages: 450, totalPages: 1_000 }) },
    });
    const [scheme] = lab.damos.schemes;
    scheme.activated = false;
    expect(lab.damos.waitUs()).toBe(5_000_000);
    lab.damos.commit(lab.kdamond.ctx, [schemeOf({ watermarks: marks })]);
    expect([lab.damos.waitUs(), scheme.activated]).toEqual([0, true]);
  });
});
