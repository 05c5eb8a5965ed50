import { PAGE_BYTES } from '@damonlab/base';
import type { NumaBalancing } from './balancing.js';
import { LAST_CPUPID_MASK } from './cpupid.js';

const MS_PER_SEC = 1000;
const PAGES_PER_MIB = 2 ** 20 / PAGE_BYTES;
const PAGES_PER_GIB = 2 ** 30 / PAGE_BYTES;
const NUMA_MIGRATION_ADJUST_STEPS = 16;
/** A window that began before any time: the first look always opens one, as the kernel's clock starts far from 0. */
const NEVER_MS = Number.NEGATIVE_INFINITY;

/** Promotion into one node. @kernel include/linux/mmzone.h pg_data_t nbp_* (7.3, 6.12) */
export interface PromotionState {
  /** PGPROMOTE_CANDIDATE of this node. */
  candidates: number;
  /** Hot threshold in force, ms; 0: the default one. */
  thresholdMs: number;
  thStartMs: number;
  thCandidates: number;
  rlStartMs: number;
  rlCandidates: number;
}

export function newPromotionState(): PromotionState {
  return { candidates: 0, thresholdMs: 0, thStartMs: NEVER_MS, thCandidates: 0, rlStartMs: NEVER_MS, rlCandidates: 0 };
}

/** Tiering was switched on: thresholds start anew. @kernel kernel/sched/core.c reset_memory_tiering */
export function resetMemoryTiering(nb: NumaBalancing, nowNs: number): void {
  for (const { promotion } of nb.nodes) {
    promotion.thresholdMs = 0;
    promotion.thCandidates = promotion.candidates;
    promotion.thStartMs = nb.jiffies.msAt(nowNs);
  }
}

/** Memory of one zone, in base pages. */
export interface ZoneSpace {
  readonly freePages: number;
  /** Pages present on the whole node. */
  readonly nodePresentPages: number;
  readonly promoWatermarkPages: number;
}

/**
 * Whether a zone has room for promotions without threshold: above the promotion watermark there must be 1 GiB, or a sixteenth
 * of the node where that is more.
 *
 * @kernel kernel/sched/fair.c pgdat_free_space_enough (7.3, 6.12)
 */
export function enoughFreePages(zone: ZoneSpace): boolean {
  const enough = Math.max(PAGES_PER_GIB, Math.floor(zone.nodePresentPages / 16));
  return zone.freePages > zone.promoWatermarkPages + enough;
}

/**
 * Whether a slow-tier page that just faulted goes up to `dstNid`: at once where memory is plenty, else when it faulted soon enough after
 * it was armed and the rate limit allows it. `nrPages`: base pages of the folio.
 *
 * @kernel kernel/sched/fair.c should_numa_migrate_memory, tiering part (7.3, 6.12)
 */
export function shouldPromote(nb: NumaBalancing, page: number, nrPages: number, dstNid: number, nowNs: number): boolean {
  const { promotion } = nb.nodes[dstNid];
  if (nb.host.memory.freeSpaceEnough(dstNid)) {
    promotion.thresholdMs = 0;
    if (nb.profile.countCandidateNrl) nb.vmstat.pgpromote_candidate_nrl += nrPages;
    return true;
  }
  adjustPromotionThreshold(nb, promotion, nowNs);
  const thresholdMs = promotion.thresholdMs || nb.tunables.hotThresholdMs;
  if (hintFaultLatencyMs(nb, page, nowNs) >= thresholdMs) return false;
  return !promotionRateLimited(nb, promotion, nrPages, nowNs);
}

/**
 * Once per scan_period_max: lower the threshold where candidates exceeded 110 % of what the rate limit lets through, raise it below 90 %.
 *
 * @kernel kernel/sched/fair.c numa_promotion_adjust_threshold (7.3, 6.12)
 */
export function adjustPromotionThreshold(nb: NumaBalancing, promotion: PromotionState, nowNs: number): void {
  const { scanPeriodMaxMs, hotThresholdMs } = nb.tunables;
  const nowMs = nb.jiffies.msAt(nowNs);
  if (nowMs - promotion.thStartMs <= scanPeriodMaxMs) return;
  promotion.thStartMs = nowMs;
  const refCandidates = Math.floor((rateLimitPages(nb) * scanPeriodMaxMs) / MS_PER_SEC);
  const candidates = promotion.candidates - promotion.thCandidates;
  const unitMs = Math.floor((hotThresholdMs * 2) / NUMA_MIGRATION_ADJUST_STEPS);
  let thresholdMs = promotion.thresholdMs || hotThresholdMs;
  if (candidates > Math.floor((refCandidates * 11) / 10)) thresholdMs = Math.max(thresholdMs - unitMs, unitMs);
  else if (candidates < Math.floor((refCandidates * 9) / 10)) thresholdMs = Math.min(thresholdMs + unitMs, hotThresholdMs * 2);
  promotion.thCandidates = promotion.candidates;
  promotion.thresholdMs = thresholdMs;
}

/**
 * Count candidates and tell whether this second's share is used up. The candidate that opens a window does not count in it.
 *
 * @kernel kernel/sched/fair.c numa_promotion_rate_limit (7.3, 6.12)
 */
export function promotionRateLimited(nb: NumaBalancing, promotion: PromotionState, nrPages: number, nowNs: number): boolean {
  promotion.candidates += nrPages;
  nb.vmstat.pgpromote_candidate += nrPages;
  const nowMs = nb.jiffies.msAt(nowNs);
  if (nowMs - promotion.rlStartMs > MS_PER_SEC) {
    promotion.rlStartMs = nowMs;
    promotion.rlCandidates = promotion.candidates;
  }
  return promotion.candidates - promotion.rlCandidates >= rateLimitPages(nb);
}

/** ms since the page was armed, as far as the word holds it; the fault's time takes its place. @kernel numa_hint_fault_latency */
function hintFaultLatencyMs(nb: NumaBalancing, page: number, nowNs: number): number {
  const now = timeWord(nb, nowNs);
  return (now - nb.host.memory.exchangeCpupid(page, now)) & LAST_CPUPID_MASK;
}

/** The time as a slow page keeps it, in the word of its cpupid, from when it is armed on. @kernel mm/mprotect.c change_pte_range */
export function timeWord(nb: NumaBalancing, nowNs: number): number {
  return nb.jiffies.msAt(nowNs) % (LAST_CPUPID_MASK + 1);
}

function rateLimitPages(nb: NumaBalancing): number {
  return nb.tunables.promoteRateLimitMbps * PAGES_PER_MIB;
}
