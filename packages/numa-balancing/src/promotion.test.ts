import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NumaBalancing } from './balancing.js';
import { LAST_CPUPID_MASK } from './cpupid.js';
import { NumaMode } from './mode.js';
import { numaProfile } from './profile.js';
import { adjustPromotionThreshold, enoughFreePages, promotionRateLimited, shouldPromote } from './promotion.js';
import { bench, MS, TIERED } from './testing/fake-host.js';
import { stampScanTime } from './testing/stamp-scan-time.js';
import { DEFAULT_TUNABLES } from './tunables.js';

const PAGES_PER_MIB = 256;

function tiered(promoteRateLimitMbps = 20, kernel: '7.3' | '6.12' = '7.3') {
  return bench({
    topology: TIERED,
    mode: NumaMode.memoryTiering,
    hz: 1000,
    profile: numaProfile(kernel),
    tunables: { ...DEFAULT_TUNABLES, promoteRateLimitMbps },
  });
}

describe('room without threshold', () => {
  it.each([
    // free, node present, promo watermark → enough. 262144 pages are 1 GiB.
    [262_145, 524_288, 0, true],
    [262_144, 524_288, 0, false],
    [262_145, 524_288, 1, false],
    [524_288, 16 * 524_288, 0, false],
    [524_289, 16 * 524_288, 0, true],
  ])('%d free of %d pages, watermark %d: %s', (freePages, nodePresentPages, promoWatermarkPages, enough) => {
    expect(enoughFreePages({ freePages, nodePresentPages, promoWatermarkPages })).toBe(enough);
  });

  it.each([
    ['7.3', 512],
    ['6.12', 0],
  ] as const)('%s: promotes at once, resets the threshold, counts %d', (kernel, counted) => {
    const { nb, memory } = tiered(0, kernel);
    memory.freeEnough = true;
    nb.nodes[0].promotion.thresholdMs = 250;
    expect(shouldPromote(nb, 1, 512, 0, 0)).toBe(true);
    expect(nb.nodes[0].promotion.thresholdMs).toBe(0);
    expect(nb.vmstat).toMatchObject({ pgpromote_candidate: 0, pgpromote_candidate_nrl: counted });
    expect(memory.words.size).toBe(0);
  });
});

describe('hot threshold', () => {
  it.each([
    // armed at, fault at (ms) → promoted; threshold 1000 ms
    [5000, 5000, true],
    [5000, 5999, true],
    [5000, 6000, false],
    [5000, 9000, false],
    [LAST_CPUPID_MASK, LAST_CPUPID_MASK + 10, true],
    [5000, LAST_CPUPID_MASK + 1 + 100, false],
    // Older than the word can tell: looks fresh.
    [5000, 5000 + LAST_CPUPID_MASK + 1 + 10, true],
  ])('armed at %d ms, touched at %d ms: %s', (armedMs, touchedMs, promoted) => {
    const { nb, memory } = tiered();
    nb.setMode(NumaMode.disabled, 0);
    nb.setMode(NumaMode.memoryTiering, touchedMs * MS);
    stampScanTime(nb, 7, 1, armedMs * MS);
    expect(shouldPromote(nb, 7, 1, 0, touchedMs * MS)).toBe(promoted);
    expect(nb.vmstat.pgpromote_candidate).toBe(promoted ? 1 : 0);
    expect(memory.lastCpupid(7)).toBe(touchedMs % (LAST_CPUPID_MASK + 1));
  });

  it('only slow-tier pages in tiering mode are stamped', () => {
    const { nb, memory } = tiered();
    stampScanTime(nb, 1, 0, 5 * MS);
    expect(memory.words.has(1)).toBe(false);
    nb.setMode(NumaMode.normal, 0);
    stampScanTime(nb, 1, 1, 5 * MS);
    expect(memory.words.has(1)).toBe(false);
  });

  const adjusted = (nb: NumaBalancing, candidates: number, nowMs: number) => {
    const { promotion } = nb.nodes[0];
    promotion.candidates += candidates;
    adjustPromotionThreshold(nb, promotion, nowMs * MS);
    return promotion.thresholdMs;
  };

  it('moves by an eighth of the default per scan_period_max, between one eighth and double', () => {
    // 20 MiB/s for 60 s.
    const ref = 20 * PAGES_PER_MIB * 60;
    const { nb } = tiered();
    nb.setMode(NumaMode.disabled, 0);
    nb.setMode(NumaMode.memoryTiering, 0);
    expect(adjusted(nb, 10 * ref, 60_000)).toBe(0);
    expect(adjusted(nb, 0, 60_001)).toBe(875);
    expect(adjusted(nb, ref, 120_001)).toBe(875);
    expect(adjusted(nb, 0, 120_002)).toBe(875);
    expect(adjusted(nb, Math.floor(ref * 1.1), 180_003)).toBe(875);
    expect(adjusted(nb, Math.floor(ref * 1.1) + 1, 240_004)).toBe(750);
    expect(adjusted(nb, Math.floor(ref * 0.9), 300_005)).toBe(750);
    expect(adjusted(nb, Math.floor(ref * 0.9) - 1, 360_006)).toBe(875);
    for (let i = 0; i < 20; i++) adjusted(nb, 0, 420_010 + i * 60_001);
    expect(nb.nodes[0].promotion.thresholdMs).toBe(2000);
    for (let i = 0; i < 40; i++) adjusted(nb, 2 * ref, 2_000_000 + i * 60_001);
    expect(nb.nodes[0].promotion.thresholdMs).toBe(125);
  });
});

describe('rate limit', () => {
  const limited = (nb: NumaBalancing, nowMs: number, nrPages = 1) => promotionRateLimited(nb, nb.nodes[0].promotion, nrPages, nowMs * MS);
  const passed = (nb: NumaBalancing, nowMs: number, tries: number) => {
    let n = 0;
    for (let i = 0; i < tries; i++) if (!limited(nb, nowMs)) n++;
    return n;
  };

  it('lets 5120 pages through per window at 20 MiB/s, and counts all candidates', () => {
    const { nb } = tiered(20);
    expect(passed(nb, 10_000, 13_824)).toBe(5120);
    expect(passed(nb, 11_000, 100)).toBe(0);
    expect(passed(nb, 11_001, 13_824)).toBe(5120);
    expect(nb.vmstat.pgpromote_candidate).toBe(2 * 13_824 + 100);
  });

  it('windows begin with a candidate, not with the clock', () => {
    const { nb } = tiered(20);
    expect(passed(nb, 10_000, 5000)).toBe(5000);
    expect(passed(nb, 10_900, 5000)).toBe(120);
    expect(passed(nb, 11_000, 5000)).toBe(0);
    expect(passed(nb, 11_001, 5000)).toBe(5000);
  });

  it('a limit of 0 lets nothing through', () => {
    const { nb } = tiered(0);
    expect(passed(nb, 10_000, 10)).toBe(0);
  });

  it('agrees with a list of windows on any arrivals', () => {
    const arrivals = fc.array(fc.tuple(fc.nat(1500), fc.integer({ min: 1, max: 512 })), { maxLength: 60 });
    fc.assert(
      fc.property(arrivals, (gaps) => {
        const { nb } = tiered(4);
        let now = 0;
        let start = Number.NEGATIVE_INFINITY;
        let inWindow = 0;
        for (const [gap, nr] of gaps) {
          now += gap;
          const opens = now - start > 1000;
          if (opens) start = now;
          inWindow = opens ? 0 : inWindow + nr;
          expect(limited(nb, now, nr)).toBe(inWindow >= 4 * PAGES_PER_MIB);
        }
      }),
    );
  });
});
