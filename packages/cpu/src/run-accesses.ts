import { PS_PER_NS } from '@damonlab/base';
import type { PlacedRegion } from '@damonlab/mm';
import { type AccessBatch, BatchKind } from '@damonlab/workload';
import type { AccessCore } from './access-core.js';
import type { AccessSampler } from './access-sampler.js';
import type { LatencyProbe } from './latency-probe.js';
import { nextOfPages, runPages } from './run-pages.js';
import { nextOfSequence, runSequence } from './run-sequence.js';
import type { SumsRunner } from './run-sums.js';
import type { SteadyRegion } from './steady-region.js';

/** What the access loops of one CPU work with. */
export interface AccessEngine {
  readonly core: AccessCore;
  readonly steady: SteadyRegion;
  readonly sums: SumsRunner;
  /** Null: this CPU has no sampling hardware, or nobody wants it. */
  readonly sampler: AccessSampler | null;
  /** Null: nobody wants to know how long its accesses take, and where they go. */
  readonly probe: LatencyProbe | null;
}

/**
 * Make the accesses of `batch` from `now` on; an access starts while the clock is before `limit`. The loops skip and count
 * accesses by the million and know nothing of samples: they get the batch in pieces that end before an access that is sampled or
 * timed, and that one is made by itself. So which access is the Nth is never an estimate.
 *
 * @returns the time after the last access made, and its interrupt; the batch stands behind it.
 */
export function runAccesses(engine: AccessEngine, batch: AccessBatch, region: PlacedRegion, now: number, limit: number): number {
  const { sampler, probe } = engine;
  if ((sampler === null || !sampler.on) && probe === null) return run(engine, batch, region, now, limit);
  const sampling = sampler?.on === true ? sampler : null;
  let time = now;
  while (batch.remaining > 0 && time < limit) {
    const { remaining } = batch;
    const next = Math.min(sampling?.left ?? Number.POSITIVE_INFINITY, probe?.left ?? Number.POSITIVE_INFINITY);
    const piece = Math.min(remaining, next - 1);
    if (piece === 0) {
      time = runOne(engine, sampling, batch, region, time);
      continue;
    }
    batch.remaining = piece;
    time = run(engine, batch, region, time, limit);
    const made = piece - batch.remaining;
    if (sampling !== null) sampling.left -= made;
    if (probe !== null) probe.left -= made;
    batch.remaining += remaining - piece;
  }
  return time;
}

/** An access that is sampled or timed. Returns the time after it and its interrupt. */
function runOne(
  { core, probe }: AccessEngine,
  sampling: AccessSampler | null,
  batch: AccessBatch,
  region: PlacedRegion,
  now: number,
): number {
  const faults = core.pageFaults;
  const time =
    batch.kind === BatchKind.sequence ? nextOfSequence(core, batch, region, now) : nextOfPages(core, batch, region.firstPte, now);
  probe?.next(time - now - batch.computePs, core.pageFaults !== faults, core.lastNid, batch.write);
  if (sampling === null || --sampling.left > 0) return time;
  sampling.left = sampling.config.every;
  core.reportSample(batch.write, time);
  return time + sampling.config.costNs * PS_PER_NS;
}

function run({ core, steady }: AccessEngine, batch: AccessBatch, region: PlacedRegion, now: number, limit: number): number {
  if (batch.kind === BatchKind.sequence) return runSequence(core, batch, region, now, limit);
  return runPages(core, steady, batch, region, now, limit);
}
