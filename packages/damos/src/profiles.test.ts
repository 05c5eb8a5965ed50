import type { KernelVersion } from '@damonlab/damon';
import { describe, expect, it } from 'vitest';
import type { SchemeConfig } from './config.js';
import { applyTo, createLab, MIB, PAGE, type Row, schemeOf } from './testing/lab.js';

/** What tells the two kernels apart. */
const pages = (from: number, to: number, nr = 0, age = 0): Row => [from * PAGE, to * PAGE, nr, age];
const addr = (from: number, to: number) => ({ type: 'addr', start: from * PAGE, end: to * PAGE, matching: true, allow: false }) as const;

/** One window after the other, each on the same memory; what was tried in each, in pages. */
function windows(kernel: KernelVersion, scheme: SchemeConfig, rows: readonly Row[], times: number) {
  const lab = createLab({ kernel, schemes: [scheme] });
  const tried = Array.from({ length: times }, () => {
    lab.space.applied.length = 0;
    applyTo(lab, rows);
    lab.clock.ns += 100_000_000;
    return lab.space.applied.map(({ start, end }) => `${start / PAGE}-${end / PAGE}`).join(' ');
  });
  return { tried, stats: lab.damos.schemes[0].stats };
}

describe('quota', () => {
  const quota = (bytes: number) => schemeOf({}, { szBytes: bytes, resetIntervalMs: 100 });

  it.each([
    ['7.3', ['0-2', '2-4', '4-6']],
    ['6.12', ['0-9', '0-2', '2-4']],
  ] as const)('%s: the first window', (kernel, expected) => {
    expect(windows(kernel, quota(2 * PAGE), [pages(0, 9)], 3).tried).toEqual(expected);
  });

  it.each([
    ['7.3', ['0-2', '2-4', '5-6'], 2, 3],
    // Never full, so it always begins at the lowest address, and whatever follows is tried with nothing.
    ['6.12', ['0-4 5-6', '0-2', '0-2'], 0, 2 + 3 + 3],
  ] as const)('%s: bytes that are no multiple of a page', (kernel, expected, qtExceeds, nrTried) => {
    const { tried, stats } = windows(kernel, quota(10_000), [pages(0, 4), pages(5, 6, 3)], 3);
    expect(tried).toEqual(expected);
    expect(stats).toMatchObject({ qtExceeds, nrTried });
  });

  it.each([
    ['7.3', ['2-4']],
    // The first window has no limit. Then the rejected pages fill the histogram: the limit is too high and the quota stays unused.
    ['6.12', ['2-4 4-6', '']],
  ] as const)('%s: priorities and core filters', (kernel, expected) => {
    const scheme = schemeOf({ action: 'pageout', filters: [addr(0, 2)] }, { szBytes: 2 * PAGE, resetIntervalMs: 100, weightNrAccesses: 1 });
    expect(windows(kernel, scheme, [pages(0, 2, 0), pages(2, 4, 5), pages(4, 6, 20)], expected.length).tried).toEqual(expected);
  });
});

describe('core filters', () => {
  it.each([
    // Tried by the whole region, acted on by the part.
    ['7.3', 8],
    ['6.12', 6],
  ] as const)('%s: what is counted at the edge of a filter', (kernel, pagesTried) => {
    const lab = createLab({ kernel, schemes: [schemeOf({ filters: [{ ...addr(0, 6), matching: false }] })] });
    applyTo(lab, [pages(0, 8)]);
    expect(lab.space.applied).toMatchObject([{ start: 0, end: 6 * PAGE }]);
    expect(lab.damos.schemes[0].stats.szTried).toBe(pagesTried * PAGE);
  });
});

describe('slices', () => {
  it.each([
    ['7.3', '0-4 4-64'],
    ['6.12', '0-2 2-4 4-64'],
  ] as const)('%s: after a cut for the quota', (kernel, expected) => {
    const lab = createLab({ kernel, schemes: [schemeOf({}, { szBytes: 2 * PAGE, resetIntervalMs: 0 })] });
    const after = applyTo(lab, [pages(0, 4), pages(4, 64, 1)])[0];
    expect(after.map(([start, end]) => `${start / PAGE}-${end / PAGE}`).join(' ')).toBe(expected);
  });
});

describe('targets that have ended', () => {
  it.each([
    ['7.3', 0],
    ['6.12', 1],
  ] as const)('%s', (kernel, nrTried) => {
    const lab = createLab({ kernel, schemes: [schemeOf()] });
    lab.space.invalid.add(0);
    applyTo(lab, [pages(0, 8)]);
    expect(lab.damos.schemes[0].stats.nrTried).toBe(nrTried);
  });
});

describe('actions', () => {
  it.each([
    ['7.3', 1],
    ['6.12', 0],
  ] as const)('%s: migrations of virtual addresses', (kernel, nrApplied) => {
    const lab = createLab({ kernel, schemes: [schemeOf({ action: 'migrate_hot' })] });
    applyTo(lab, [pages(0, 8)]);
    expect(lab.damos.schemes[0].stats).toMatchObject({ nrTried: 1, nrApplied });
  });
});

describe('commits', () => {
  it.each([
    ['7.3', 8],
    // Each commit restarts the schedules, so nothing is ever due.
    ['6.12', 0],
  ] as const)('%s: a commit per apply interval', (kernel, rounds) => {
    const scheme = schemeOf({ applyIntervalUs: 100_000 });
    let nr = 0;
    const lab = createLab({ kernel, schemes: [scheme], targetRanges: [[{ start: 0, end: MIB }]], hooks: { onStat: () => nr++ } });
    for (let i = 0; i < 8; i++) {
      lab.run(10);
      lab.kdamond.commit({ schemes: (ctx) => lab.damos.commit(ctx, [scheme]) });
      lab.run(10);
    }
    expect(nr).toBe(rounds);
  });
});
