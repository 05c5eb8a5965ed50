import { describe, expect, it } from 'vitest';
import type { TriedRegion } from './ports.js';
import { applyTo, createLab, MIB, PAGE, type Row, schemeOf } from './testing/lab.js';

const ANY = schemeOf().pattern;
const pages = (from: number, to: number, nr = 0, age = 0): Row => [from * PAGE, to * PAGE, nr, age];
const inPages = (rows: readonly Row[]): string => rows.map(([start, end, , age]) => `${start / PAGE}-${end / PAGE}:${age}`).join(' ');

function tried(lab: ReturnType<typeof createLab>): string {
  return lab.space.applied.map(({ targetIndex, start, end }) => `${targetIndex}:${start / PAGE}-${end / PAGE}`).join(' ');
}

describe('an apply round', () => {
  it('goes through targets, regions, schemes, in this order', () => {
    const log: string[] = [];
    const lab = createLab({
      schemes: [schemeOf(), schemeOf({ action: 'cold' }), schemeOf()],
      targetRanges: [[{ start: 0, end: MIB }], [{ start: 0, end: MIB }]],
      hooks: { onBeforeApply: (scheme, { targetIndex, start }) => log.push(`${targetIndex} ${start / PAGE} ${scheme}`) },
    });
    applyTo(lab, [pages(0, 1, 1), pages(1, 2, 2)], [pages(5, 6)]);
    expect(log).toEqual(['0 0 0', '0 0 1', '0 0 2', '0 1 0', '0 1 1', '0 1 2', '1 5 0', '1 5 1', '1 5 2']);
  });

  it('takes the pattern with both bounds included, by the moving sum', () => {
    const pattern = {
      ...ANY,
      minSzRegion: 2 * PAGE,
      maxSzRegion: 4 * PAGE,
      minNrAccesses: 3,
      maxNrAccesses: 5,
      minAgeRegion: 1,
      maxAgeRegion: 2,
    };
    const lab = createLab({ schemes: [schemeOf({ pattern })] });
    applyTo(lab, [pages(0, 2, 3, 1), pages(2, 6, 5, 2), pages(6, 7, 4, 1), pages(7, 12, 4, 1), pages(12, 14, 2, 1), pages(14, 16, 4, 3)]);
    expect(tried(lab)).toBe('0:0-2 0:2-6');
    lab.space.applied.length = 0;
    // Half a window on: 4 of the 8 accesses of the last window count.
    const { ctx } = lab.kdamond;
    ctx.passedSampleIntervals += 20;
    ctx.nextAggregationSis = ctx.passedSampleIntervals + 10;
    ctx.targets[0].regions.length = 1;
    ctx.targets[0].regions.nrAccesses[0] = 0;
    ctx.targets[0].regions.lastNrAccesses[0] = 8;
    lab.damos.apply(ctx);
    expect(tried(lab)).toBe('0:0-2');
  });

  it('sets the age to 0 after every action but stat, and later schemes see that', () => {
    const old = { ...ANY, minAgeRegion: 5 };
    const lab = createLab({
      schemes: [schemeOf({ pattern: old }), schemeOf({ action: 'cold', pattern: old }), schemeOf({ pattern: old })],
    });
    expect(inPages(applyTo(lab, [pages(0, 1, 0, 9), pages(1, 2, 1, 3)])[0])).toBe('0-1:0 1-2:3');
    expect(lab.damos.schemes.map(({ stats }) => stats.nrTried)).toEqual([1, 1, 0]);
  });

  it('counts what was tried, applied and passed', () => {
    const lab = createLab({ schemes: [schemeOf({ action: 'pageout' })] });
    lab.space.act = ({ start }) => ({ appliedBytes: start === 0 ? 0 : 5, filterPassedBytes: 7 });
    applyTo(lab, [pages(0, 2, 1), pages(2, 3, 0)]);
    expect(lab.damos.schemes[0].stats).toEqual({
      nrTried: 2,
      szTried: 3 * PAGE,
      nrApplied: 1,
      szApplied: 5,
      szOpsFilterPassed: 14,
      qtExceeds: 0,
      nrSnapshots: 1,
    });
  });

  it('comes once per apply interval, by default once per aggregation', () => {
    const lab = createLab({ schemes: [schemeOf(), schemeOf({ applyIntervalUs: 10_000 }), schemeOf({ applyIntervalUs: 1_000 })] });
    lab.run(100);
    expect(lab.damos.schemes.map(({ stats }) => stats.nrSnapshots)).toEqual([5, 50, 100]);
  });

  it('starts anew when the attributes change', () => {
    const lab = createLab({ schemes: [schemeOf()] });
    lab.run(15);
    lab.kdamond.commitAttrs({ ...lab.kdamond.ctx.attrs, aggrUs: 200_000 });
    lab.run(1);
    expect(lab.damos.schemes[0].nextApplySis).toBe(16 + 40);
  });

  it('stops after max_nr_snapshots looks at the last region of a target', () => {
    const lab = createLab({ schemes: [schemeOf({ maxNrSnapshots: 3 })] });
    lab.run(200);
    expect(lab.damos.schemes[0].stats.nrSnapshots).toBe(3);
  });

  it('does nothing on an address space without the action, and says so once', () => {
    const warnings: string[] = [];
    const lab = createLab({ schemes: [schemeOf({ action: 'lru_prio' })], hooks: { warn: (message) => warnings.push(message) } });
    lab.run(60);
    const { stats } = lab.damos.schemes[0];
    expect([stats.nrTried > 3, stats.nrApplied, stats.szApplied, lab.space.applied.length]).toEqual([true, 0, 0, 0]);
    expect(warnings).toEqual(['lru_prio on vaddr: Linux 7.3 tries this action on this address space and applies nothing']);
  });

  it('passes over targets that have ended, and over a cursor in them', () => {
    const lab = createLab({
      schemes: [schemeOf({}, { szBytes: PAGE, resetIntervalMs: 100 })],
      targetRanges: [[{ start: 0, end: MIB }], [{ start: 0, end: MIB }]],
    });
    const round = () => {
      lab.clock.ns += 100_000_000;
      applyTo(lab, [pages(0, 4)], [pages(0, 4)]);
    };
    round();
    expect(lab.damos.schemes[0].quota).toMatchObject({ chargeTargetFrom: 0, chargeAddrFrom: PAGE });
    lab.space.invalid.add(0);
    round();
    expect(tried(lab)).toBe('0:0-1 1:0-1');
  });
});

describe('a quota', () => {
  it('cuts the region that does not fit, and the next window goes on there, round all memory', () => {
    const lab = createLab({ schemes: [schemeOf({ action: 'cold' }, { szBytes: 3 * PAGE, resetIntervalMs: 100 })] });
    const windows = [0, 1, 2, 3, 4].map(() => {
      lab.space.applied.length = 0;
      lab.clock.ns += 100_000_000;
      const after = inPages(applyTo(lab, [pages(0, 2, 1, 7), pages(2, 8, 0, 7)])[0]);
      return `${tried(lab)} | ${after}`;
    });
    expect(windows).toEqual([
      '0:0-2 0:2-3 | 0-2:0 2-3:0 3-8:7',
      // What was charged before is cut off and then joined again: the two parts are equal. What was acted on is not.
      '0:3-6 | 0-2:7 2-3:7 3-6:0 6-8:7',
      '0:6-8 | 0-2:7 2-6:7 6-8:0',
      // Nothing was full, so it begins at the start.
      '0:0-2 0:2-3 | 0-2:0 2-3:0 3-8:7',
      '0:3-6 | 0-2:7 2-3:7 3-6:0 6-8:7',
    ]);
  });

  it('is tried first on what is wanted most', () => {
    const lab = createLab({
      schemes: [schemeOf({ action: 'pageout' }, { szBytes: 2 * PAGE, resetIntervalMs: 100, weightNrAccesses: 1, weightAge: 1 })],
    });
    applyTo(lab, [pages(0, 2, 20), pages(2, 3, 0, 900), pages(3, 5, 9), pages(5, 6, 0, 90)]);
    expect(tried(lab)).toBe('0:2-3 0:5-6');
  });

  it('by time: what the action costs by the coarse clock decides how much', () => {
    const lab = createLab({ schemes: [schemeOf({ action: 'cold' }, { timeMs: 4, resetIntervalMs: 100 })] });
    lab.space.act = ({ start, end }) => {
      lab.clock.ns += 40_000_000;
      return { appliedBytes: end - start, filterPassedBytes: 0 };
    };
    const sizes = [0, 1].map(() => {
      applyTo(lab, [pages(0, 10_000)]);
      lab.clock.ns += 100_000_000;
      return lab.damos.schemes[0].quota.esz;
    });
    // 1024 pages per ms are assumed at first; then 16 MiB took 40 ms.
    expect(sizes).toEqual([4 * 1024 * PAGE, Math.floor((4096 * PAGE) / 40) * 4]);
  });
});

describe('core filters', () => {
  const addr = (from: number, to: number, allow: boolean, matching = true) =>
    ({ type: 'addr', start: from * PAGE, end: to * PAGE, matching, allow }) as const;

  it.each([
    ['reject a range', [addr(2, 4, false)], '0:0-2 0:4-8'],
    ['allow a range, all else is rejected', [addr(2, 4, true)], '0:2-4'],
    ['reject what lies outside', [addr(2, 4, false, false)], '0:2-4'],
    ['the first hit decides', [addr(2, 4, true), addr(3, 6, false)], '0:0-2 0:2-4 0:6-8'],
    ['the last filter decides about the rest', [addr(3, 6, false), addr(2, 4, true)], '0:2-3'],
    ['by target', [{ type: 'target', targetIndex: 0, matching: true, allow: false } as const], ''],
  ])('%s', (_what, filters, expected) => {
    const lab = createLab({ schemes: [schemeOf({ action: 'cold', filters })] });
    applyTo(lab, [pages(0, 8)]);
    expect(tried(lab)).toBe(expected);
    expect(lab.damos.schemes[0].stats.nrTried).toBe(lab.space.applied.length);
  });

  it('leave what they reject out of the priorities', () => {
    const lab = createLab({
      schemes: [
        schemeOf({ action: 'pageout', filters: [addr(0, 2, false)] }, { szBytes: 2 * PAGE, resetIntervalMs: 100, weightNrAccesses: 1 }),
      ],
    });
    // The coldest two pages are rejected, so the quota goes to the next ones.
    applyTo(lab, [pages(0, 2, 0), pages(2, 4, 5), pages(4, 6, 20)]);
    expect(tried(lab)).toBe('0:2-4');
  });
});

describe('a commit', () => {
  it('keeps by index what a scheme has done, adds and removes', () => {
    const lab = createLab({ schemes: [schemeOf(), schemeOf({ action: 'cold' })] });
    lab.run(40);
    const [first] = lab.damos.schemes;
    const before = { ...first.stats };
    const set = (...schemes: Parameters<typeof lab.damos.commit>[1][number][]) => {
      lab.kdamond.commit({ schemes: (ctx) => lab.damos.commit(ctx, schemes) });
      lab.run(1);
      return lab.damos.schemes.map(({ config }) => config.action).join(' ');
    };
    expect(set(schemeOf({ action: 'pageout' }))).toBe('pageout');
    expect(set(schemeOf({ action: 'pageout' }), schemeOf(), schemeOf())).toBe('pageout stat stat');
    expect(lab.damos.schemes[0]).toBe(first);
    expect(first.stats).toEqual(before);
    // The first keeps its schedule, a new one begins now.
    expect(lab.damos.schemes.map(({ nextApplySis }) => nextApplySis)).toEqual([60, 42 + 20, 42 + 20]);
    expect(set()).toBe('');
    lab.run(40);
  });

  it('changes nothing when a scheme is bad', () => {
    const lab = createLab({ schemes: [schemeOf()] });
    const { config } = lab.damos.schemes[0];
    expect(() => lab.damos.commit(lab.kdamond.ctx, [schemeOf({ action: 'cold' }), schemeOf({ targetNid: -2 })])).toThrow(/target_nid/);
    expect(lab.damos.schemes.map((scheme) => scheme.config)).toEqual([config]);
  });
});

describe('a walk', () => {
  function start(lab: ReturnType<typeof createLab>) {
    const seen: [number, TriedRegion, number][] = [];
    let result = '';
    const refused = lab.damos.walk(
      (scheme, region, passed) => seen.push([scheme, region, passed]),
      (how) => {
        result = how;
      },
    );
    return { seen, refused, result: () => result };
  }

  it('shows each tried region once per scheme, as it was before the action, until every scheme had a round', () => {
    const lab = createLab({ schemes: [schemeOf({ applyIntervalUs: 50_000 }), schemeOf({ action: 'cold', applyIntervalUs: 100_000 })] });
    const walk = start(lab);
    lab.run(19);
    const { length } = walk.seen;
    expect([length > 0, walk.result(), start(lab).refused]).toEqual([true, '', 'EBUSY']);
    lab.run(1);
    expect(walk.result()).toBe('complete');
    const schemes = walk.seen.map(([scheme]) => scheme);
    expect([schemes.filter((s) => s === 0).length, schemes.slice(length).every((s) => s === 1)]).toEqual([length, true]);
    expect(walk.seen.slice(length).every(([, { age }]) => age === 1)).toBe(true);
    const total = (scheme: number) => walk.seen.reduce((sum, [s, { start, end }]) => sum + (s === scheme ? end - start : 0), 0);
    expect([total(0), total(1)]).toEqual([64 * MIB, 64 * MIB]);
    expect(start(lab).refused).toBeUndefined();
  });

  it('is sent away when the last scheme goes, and when the kdamond ends', () => {
    const lab = createLab({ schemes: [schemeOf()] });
    const walk = start(lab);
    lab.kdamond.commit({ schemes: (ctx) => lab.damos.commit(ctx, []) });
    lab.run(1);
    expect(walk.result()).toBe('ECANCELED');
    const second = start(lab);
    lab.kdamond.prepare();
    lab.space.invalid.add(0);
    expect(lab.kdamond.afterSleep()).toBe('stop');
    expect([second.result(), start(lab).refused]).toEqual(['ECANCELED', 'ECANCELED']);
  });

  it('is sent away while watermarks keep the kdamond waiting', () => {
    const lab = createLab({
      schemes: [schemeOf({ watermarks: { metric: 'free_mem_rate', intervalUs: 1_000, high: 100, mid: 50, low: 10 } })],
    });
    const walk = start(lab);
    lab.run(1);
    expect(walk.result()).toBe('ECANCELED');
  });
});
