import { checkRegions, type KernelVersion } from '@damonlab/damon';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QuotaConfig, SchemeConfig } from './config.js';
import { coreVerdict } from './filters.js';
import { RegionWalk } from './region-walk.js';
import type { Scheme } from './scheme.js';
import { applyTo, createLab, PAGE, type Row, schemeOf, setRows } from './testing/lab.js';

const PAGES = 64;
const RANGES = [[{ start: 0, end: PAGES * PAGE }], [{ start: 100 * PAGE, end: (100 + PAGES) * PAGE }]];

const bytes = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 40 }).map((n) => n * PAGE),
  fc.integer({ min: 1, max: 40 * PAGE }),
);

const quota: fc.Arbitrary<Partial<QuotaConfig>> = fc.record({
  timeMs: fc.constantFrom(0, 0, 1, 20),
  szBytes: bytes,
  resetIntervalMs: fc.constantFrom(0, 10, 100, 250),
  goals: fc.constantFrom(
    [],
    [{ metric: 'user_input', targetValue: 100, currentValue: 10, nid: 0, memcgPath: '' } as const],
    [{ metric: 'user_input', targetValue: 100, currentValue: 130, nid: 0, memcgPath: '' } as const],
  ),
  goalTuner: fc.constantFrom('consist', 'temporal'),
  weightNrAccesses: fc.nat(3),
  weightAge: fc.nat(3),
});

const coreFilter = fc.oneof(
  fc.record({
    type: fc.constant('addr' as const),
    start: fc.nat(170).map((n) => n * PAGE),
    end: fc.nat(170).map((n) => n * PAGE),
    matching: fc.boolean(),
    allow: fc.boolean(),
  }),
  fc.record({ type: fc.constant('target' as const), targetIndex: fc.nat(1), matching: fc.boolean(), allow: fc.boolean() }),
);

const scheme: fc.Arbitrary<SchemeConfig> = fc
  .record({
    action: fc.constantFrom('stat', 'cold', 'pageout', 'migrate_hot', 'lru_prio'),
    applyIntervalUs: fc.constantFrom(0, 5_000, 35_000),
    filters: fc.array(coreFilter, { maxLength: 3 }),
    minNrAccesses: fc.constantFrom(0, 0, 1),
    quota,
    failChargeNum: fc.nat(4),
  })
  .map(({ action, applyIntervalUs, filters, minNrAccesses, quota: limits, failChargeNum }) =>
    schemeOf(
      {
        action,
        applyIntervalUs,
        filters: filters.map((f) => (f.type === 'addr' && f.end < f.start ? { ...f, start: f.end, end: f.start } : f)),
        pattern: { ...schemeOf().pattern, minNrAccesses },
      } as Partial<SchemeConfig>,
      { ...limits, failChargeNum, failChargeDenom: failChargeNum === 0 ? 0 : 4 },
    ),
  );

/** Filters of 6.12 do not allow, and there is no tuner to choose. */
function for612(config: SchemeConfig): SchemeConfig {
  const filters = config.filters.map((filter) => ({ ...filter, allow: false }));
  return schemeOf({ ...config, filters }, { failChargeDenom: 0, goalTuner: 'consist' });
}

/** Whether the core filters let one page in, asked for the page alone. */
function letsIn(of: Scheme, targetIndex: number, addr: number): boolean {
  const walk = new RegionWalk();
  setRows(walk.regions, [[addr, addr + PAGE]]);
  walk.next();
  return coreVerdict(of.filters, targetIndex, walk, PAGE) !== 'reject';
}

describe.each<KernelVersion>(['7.3', '6.12'])('%s: whatever the schemes', (kernel) => {
  it('no window charges more than it may, no rejected page is acted on, counts add up, regions stay sound', () => {
    fc.assert(
      fc.property(fc.array(scheme, { minLength: 1, maxLength: 4 }), fc.nat(1_000), fc.nat(60), (schemes, seed, hotPages) => {
        const lab = createLab({
          kernel,
          schemes: kernel === '7.3' ? schemes : schemes.map(for612),
          targetRanges: RANGES,
          seed,
          attrs: { minNrRegions: 3, maxNrRegions: 40 },
        });
        lab.space.isHot = (addr) => addr < hotPages * PAGE;
        lab.space.act = ({ start, end }) => {
          lab.clock.ns += 1_000_000;
          // Some actions fail on half of a region, some do nothing.
          const share = (start / PAGE) % 3;
          const appliedBytes = share === 0 ? end - start : share === 1 ? Math.floor((end - start) / 2) : 0;
          return { appliedBytes, filterPassedBytes: end - start };
        };
        for (let sample = 0; sample < 90; sample++) {
          lab.run(1);
          for (const { quota: state } of lab.damos.schemes) {
            if (state.esz > 0) expect(state.chargedSz).toBeLessThanOrEqual(state.esz);
          }
          for (const [t, { regions }] of lab.kdamond.targets.entries()) checkRegions(regions, RANGES[t]);
        }
        for (const { scheme: of, targetIndex, start, end } of lab.space.applied) {
          for (let addr = start; addr < end; addr += PAGE) expect(letsIn(of, targetIndex, addr)).toBe(true);
        }
        for (const { stats, config } of lab.damos.schemes) {
          const applied = lab.space.applied.filter((one) => one.scheme.config === config);
          const sum = applied.reduce((total, { start, end }) => total + end - start, 0);
          const supported = config.action !== 'lru_prio' && (kernel === '7.3' || config.action !== 'migrate_hot');
          if (!supported) expect([stats.nrApplied, stats.szApplied, applied.length]).toEqual([0, 0, 0]);
          if (!supported || schemes.length !== new Set(lab.damos.schemes.map((s) => s.config)).size) continue;
          // 6.12 counts tries with nothing left of the quota too; 7.3 counts what a filter cut off.
          if (kernel === '7.3') expect(stats.nrTried).toBe(applied.length);
          else expect(stats.szTried).toBe(sum);
          expect(stats.szOpsFilterPassed).toBe(sum);
          expect(stats.szTried).toBeGreaterThanOrEqual(sum);
          expect(stats.nrApplied).toBeLessThanOrEqual(stats.nrTried);
          expect(stats.szApplied).toBeLessThanOrEqual(stats.szTried);
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** What each window tries when only a byte quota limits: pages of both targets in order, from where the last full window ended. */
class CursorModel {
  #cursor: { target: number; page: number } | undefined;

  window(targets: readonly number[], quotaPages: number): string[] {
    const tried: string[] = [];
    for (let t = 0; t < targets.length && tried.length < quotaPages; t++) {
      if (this.#cursor !== undefined && this.#cursor.target !== t) continue;
      const from = this.#cursor?.page ?? 0;
      this.#cursor = undefined;
      for (let page = from; page < targets[t] && tried.length < quotaPages; page++) {
        tried.push(`${t}:${page}`);
        if (tried.length === quotaPages) this.#cursor = { target: t, page: page + 1 };
      }
    }
    return tried;
  }
}

describe('the cursor', () => {
  it('takes windows round all memory, as a plain list of pages would', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 });
    const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(sizes, cuts, fc.integer({ min: 1, max: 25 }), fc.nat(PAGE - 1), (targets, cutAt, quotaPages, odd) => {
        const lab = createLab({
          schemes: [schemeOf({}, { szBytes: quotaPages * PAGE + odd, resetIntervalMs: 100 })],
          targetRanges: targets.map((n) => [{ start: 0, end: n * PAGE }]),
        });
        const model = new CursorModel();
        for (let w = 0; w < 25; w++) {
          lab.space.applied.length = 0;
          lab.clock.ns += 100_000_000;
          // Other borders in every window.
          applyTo(lab, ...targets.map((n) => cutUp(n, cutAt, w)));
          const tried = lab.space.applied.flatMap(({ targetIndex, start, end }) =>
            Array.from({ length: (end - start) / PAGE }, (_, i) => `${targetIndex}:${start / PAGE + i}`),
          );
          expect(tried).toEqual(model.window(targets, quotaPages));
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** `n` pages as regions of the sizes in `cutAt`, beginning with the `first`. */
function cutUp(n: number, cutAt: readonly number[], first: number): Row[] {
  const rows: Row[] = [];
  for (let at = 0, i = first; at < n; i++) {
    const end = Math.min(at + cutAt[i % cutAt.length], n);
    rows.push([at * PAGE, end * PAGE, i % 3]);
    at = end;
  }
  return rows;
}
