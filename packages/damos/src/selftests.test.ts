import { describe, expect, it } from 'vitest';
import type { QuotaGoalConfig } from './config.js';
import { createLab, MIB, PAGE, schemeOf } from './testing/lab.js';

/** The properties that the kernel's own tests of schemes ask for (tools/testing/selftests/damon, 7.3). */

type Lab = ReturnType<typeof createLab>;

/** Bytes that scheme 0 is tried on, by a walk as `update_schemes_tried_bytes` makes it. */
function triedBytes(lab: Lab): number {
  let bytes = 0;
  let over = false;
  lab.damos.walk(
    (scheme, { start, end }) => {
      if (scheme === 0) bytes += end - start;
    },
    () => {
      over = true;
    },
  );
  for (let i = 0; i < 400 && !over; i++) lab.run(1);
  expect(over).toBe(true);
  return bytes;
}

function goal(currentValue: number): { goals: readonly QuotaGoalConfig[] } {
  return { goals: [{ metric: 'user_input', targetValue: 10_000, currentValue, nid: 0, memcgPath: '' }] };
}

describe('selftests', () => {
  it('damos_quota.py: no look sees more than the quota, and full windows are counted', () => {
    const lab = createLab({ schemes: [schemeOf({}, { szBytes: MIB, resetIntervalMs: 100 })] });
    const looks = Array.from({ length: 30 }, () => triedBytes(lab));
    for (const bytes of looks) expect(bytes).toBeLessThanOrEqual(MIB);
    const full = looks.filter((bytes) => bytes === MIB).length;
    expect(full).toBeGreaterThan(20);
    lab.run(40);
    expect(lab.damos.schemes[0].stats.qtExceeds).toBeGreaterThanOrEqual(full);
  });

  it('damos_quota_goal.py: below the goal the effective size grows, above it shrinks', () => {
    const lab = createLab({ schemes: [schemeOf({}, { resetIntervalMs: 100, ...goal(0) })] });
    const { quota } = lab.damos.schemes[0];
    for (const score of [0, 15_000, 5_000, 18_000]) {
      lab.run(40);
      const before = quota.esz;
      lab.damos.commitQuotaGoals([schemeOf({}, { resetIntervalMs: 100, ...goal(score) })]);
      lab.run(100);
      if (score < 10_000) expect(quota.esz).toBeGreaterThan(before);
      else expect(quota.esz < before || (quota.esz === 1 && before === 1)).toBe(true);
    }
  });

  it('damos_apply_interval.py: ten times as often means about ten times as many tries', () => {
    const lab = createLab({ schemes: [schemeOf({ applyIntervalUs: 100_000 }), schemeOf({ applyIntervalUs: 10_000 })] });
    lab.run(600);
    const [slow, fast] = lab.damos.schemes.map(({ stats }) => stats.nrTried);
    expect(fast / slow).toBeGreaterThanOrEqual(9);
  });

  it('damos_tried_regions.py: fourteen regions, every other one accessed, are told apart', () => {
    const size = 10 * MIB;
    const lab = createLab({ schemes: [schemeOf()], targetRanges: [[{ start: 0, end: 14 * size }]] });
    lab.space.isHot = (addr) => Math.floor(addr / size) % 2 === 0;
    lab.run(10 * 20);
    const counts = Array.from({ length: 11 }, () => {
      let regions = 0;
      let over = false;
      lab.damos.walk(
        () => regions++,
        () => {
          over = true;
        },
      );
      while (!over) lab.run(1);
      return regions;
    }).sort((a, b) => a - b);
    expect(counts[4]).toBeGreaterThanOrEqual(14);
  });

  it('sysfs_no_op_commit_break.py: a commit of the same changes nothing', () => {
    const config = schemeOf(
      { action: 'pageout', filters: [{ type: 'anon', matching: true, allow: false }] },
      { szBytes: 5 * PAGE, resetIntervalMs: 100, ...goal(3_000) },
    );
    const lab = createLab({ schemes: [config] });
    lab.run(70);
    const [scheme] = lab.damos.schemes;
    const before = structuredClone({ ...scheme, quota: { ...scheme.quota } });
    lab.damos.commit(lab.kdamond.ctx, [structuredClone(config)]);
    expect({ ...scheme, quota: { ...scheme.quota } }).toEqual(before);
  });

  it('sysfs_update_schemes_tried_regions_hang.py: a look at a scheme that never matches ends, at the latest with the target', () => {
    const never = { ...schemeOf().pattern, minNrAccesses: 200, maxNrAccesses: 200 };
    const lab = createLab({ schemes: [schemeOf({ pattern: never })] });
    expect(triedBytes(lab)).toBe(0);
    let result = '';
    lab.damos.walk(
      () => {},
      (how) => {
        result = how;
      },
    );
    lab.space.invalid.add(0);
    lab.run(1);
    expect(result).toBe('ECANCELED');
  });
});
