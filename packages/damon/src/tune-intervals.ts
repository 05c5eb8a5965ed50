import type { DamonContext } from './context.js';
import { mulDiv } from './exact.js';
import { feedLoopNextInput } from './feed-loop.js';
import { setAttrs } from './set-attrs.js';

const BP = 10_000;
const LAST_INPUT = 100_000_000n;

/**
 * Scale both intervals so that observed accesses approach the goal: ×0.5 to ×2 a step, the sampling interval within the goal's
 * bounds. Call at the end of a window. Returns whether the intervals were set anew (if to the same values).
 *
 * @kernel mm/damon/core.c kdamond_tune_intervals (7.3)
 */
export function tuneIntervals(ctx: DamonContext): boolean {
  const { attrs } = ctx;
  const goal = attrs.intervalsGoal;
  const factorBp = intervalsFactorBp(ctx);
  if (factorBp === BP) return false;
  const scaledUs = mulDiv(attrs.sampleUs, factorBp, BP);
  const sampleUs = Math.max(Math.min(scaledUs, goal.maxSampleUs), goal.minSampleUs);
  setAttrs(ctx, { ...attrs, sampleUs, aggrUs: sampleUs * ctx.aggrSamples }, ctx.aggrSamples);
  return true;
}

/** Factor of the next intervals in 1/10000: 5000 to 20000. @kernel mm/damon/core.c damon_get_intervals_adaptation_bp (7.3) */
export function intervalsFactorBp(ctx: DamonContext): number {
  const factorBp = Number(feedLoopNextInput(LAST_INPUT, intervalsScore(ctx)) / BigInt(BP));
  return factorBp <= BP ? BP / 2 + Math.floor(factorBp / 2) : factorBp;
}

/** Observed accesses over wanted ones in 1/10000. Bytes times counts pass 2^53 on large machines, so this sums in BigInt. */
function intervalsScore(ctx: DamonContext): bigint {
  let events = 0n;
  let maxEvents = 0n;
  for (const { regions } of ctx.targets) {
    for (let i = 0; i < regions.length; i++) {
      const nr = regions.nrAccesses[i];
      if (nr > 0) events += BigInt(regions.end[i] - regions.start[i]) * BigInt(nr);
    }
    maxEvents += BigInt(regions.totalBytes()) * BigInt(ctx.aggrSamples);
  }
  const wanted = (maxEvents * BigInt(ctx.attrs.intervalsGoal.accessBp)) / BigInt(BP);
  return (events * BigInt(BP)) / (wanted > 0n ? wanted : 1n);
}
