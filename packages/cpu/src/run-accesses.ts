import { PS_PER_NS } from '@damonlab/base';
import type { PlacedRegion } from '@damonlab/mm';
import { type AccessBatch, BatchKind } from '@damonlab/workload';
import type { AccessCore } from './access-core.js';
import type { AccessSampler } from './access-sampler.js';
import { nextOfPages, runPages } from './run-pages.js';
import { nextOfSequence, runSequence } from './run-sequence.js';
import type { SteadyRegion } from './steady-region.js';

/** What the access loops of one CPU work with. */
export interface AccessEngine {
  readonly core: AccessCore;
  readonly steady: SteadyRegion;
  /** Null: this CPU has no sampling hardware, or nobody wants it. */
  readonly sampler: AccessSampler | null;
}

/**
 * Make the accesses of `batch` from `now` on; an access starts while the clock is before `limit`. The loops skip and count
 * accesses by the million and know nothing of samples: they get the batch in pieces that end before a sample, and the sampled access
 * is made by itself. So which access is the Nth is never an estimate.
 *
 * @returns the time after the last access made, and its interrupt; the batch stands behind it.
 */
export function runAccesses(engine: AccessEngine, batch: AccessBatch, region: PlacedRegion, now: number, limit: number): number {
  const { core, sampler } = engine;
  if (sampler === null || !sampler.on) return run(engine, batch, region, now, limit);
  let time = now;
  while (batch.remaining > 0 && time < limit) {
    const { remaining } = batch;
    const piece = Math.min(remaining, sampler.left - 1);
    if (piece > 0) {
      batch.remaining = piece;
      time = run(engine, batch, region, time, limit);
      sampler.left -= piece - batch.remaining;
      batch.remaining += remaining - piece;
      continue;
    }
    time = batch.kind === BatchKind.sequence ? nextOfSequence(core, batch, region, time) : nextOfPages(core, batch, region.firstPte, time);
    core.reportSample(batch.write, time);
    time += sampler.config.costNs * PS_PER_NS;
    sampler.left = sampler.config.every;
  }
  return time;
}

function run({ core, steady }: AccessEngine, batch: AccessBatch, region: PlacedRegion, now: number, limit: number): number {
  if (batch.kind === BatchKind.sequence) return runSequence(core, batch, region, now, limit);
  return runPages(core, steady, batch, region, now, limit);
}
