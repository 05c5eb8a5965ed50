import { DAMOS_ACTIONS, GOAL_METRICS } from '@damonlab/damos';
import { z } from 'zod';

/** Schemes as a manifest keeps them: those of damos, as plain data. */

const natural = z.int().min(0);

const filterRule = { matching: z.boolean(), allow: z.boolean() };
const schemeFilter = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('addr'), ...filterRule, start: natural, end: natural }),
  z.strictObject({ type: z.literal('target'), ...filterRule, targetIndex: natural }),
  z.strictObject({ type: z.literal('memcg'), ...filterRule, path: z.string() }),
  z.strictObject({ type: z.literal('hugepage_size'), ...filterRule, minBytes: natural, maxBytes: natural }),
  z.strictObject({ type: z.enum(['anon', 'active', 'young', 'unmapped']), ...filterRule }),
]);

export const resolvedScheme = z.strictObject({
  action: z.enum(DAMOS_ACTIONS),
  targetNid: z.int().min(-1),
  dests: z.array(z.strictObject({ nid: natural, weight: natural })),
  applyIntervalUs: natural,
  pattern: z.strictObject({
    minSzRegion: natural,
    maxSzRegion: natural,
    minNrAccesses: natural,
    maxNrAccesses: natural,
    minAgeRegion: natural,
    maxAgeRegion: natural,
  }),
  quota: z.strictObject({
    timeMs: natural,
    szBytes: natural,
    resetIntervalMs: natural,
    goals: z.array(
      z.strictObject({
        metric: z.enum(GOAL_METRICS),
        targetValue: natural.min(1),
        currentValue: natural,
        nid: natural,
        memcgPath: z.string(),
      }),
    ),
    goalTuner: z.enum(['consist', 'temporal']),
    failChargeNum: natural,
    failChargeDenom: natural,
    weightSz: natural,
    weightNrAccesses: natural,
    weightAge: natural,
  }),
  watermarks: z.strictObject({
    metric: z.enum(['none', 'free_mem_rate']),
    intervalUs: natural,
    high: natural,
    mid: natural,
    low: natural,
  }),
  filters: z.array(schemeFilter),
  maxNrSnapshots: natural,
});
