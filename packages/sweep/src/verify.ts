import { assert, Prng } from '@damonlab/base';
import { scenarioHash } from '@damonlab/record';
import { findTraces, resolveBundle } from '@damonlab/scenario';
import type { Backend, SweepRecord } from '@damonlab/store';
import { pointOf, type SweepPlan } from './plan.js';
import { PointPool } from './point-pool.js';
import { differs } from './point-taker.js';
import { pointRows } from './sweep-data.js';
import { planOf } from './sweep-record.js';

export interface Verification {
  readonly checked: number;
  /** One sentence for each point that came out otherwise. */
  readonly differences: readonly string[];
}

export interface VerifyOptions {
  /** How many points; all if there are fewer. */
  readonly points: number;
  readonly jobs: number;
  readonly signal?: AbortSignal;
}

/** Run random points of a sweep again, and compare all that they record, bit for bit, with what the sweep has. */
export async function verifySweep(backend: Backend, record: SweepRecord, options: VerifyOptions): Promise<Verification> {
  const recorded = planOf(record);
  const plan = { ...recorded, bundle: findTraces(recorded.bundle, '.', record.name) };
  const chosen = await choose(backend, record, options.points);
  const pool = new PointPool(options.jobs);
  const onAbort = () => pool.stop();
  options.signal?.addEventListener('abort', onAbort);
  try {
    const results = await Promise.all(chosen.map(({ index, bits }) => again(pool, plan, index, bits)));
    const ended = results.filter((result) => result !== null);
    return { checked: ended.length, differences: ended.filter((result) => result !== '') };
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    await pool.close();
  }
}

/** Empty: the same; null: stopped; else what is different. */
async function again(pool: PointPool, plan: SweepPlan, index: number, bits: string): Promise<string | null> {
  const { overrides } = pointOf(plan, index);
  const hash = scenarioHash(resolveBundle(plan.bundle, overrides));
  const reply = await pool.run({ bundle: plan.bundle, overrides, scenarioHash: hash, paths: [], runs: null });
  if (reply.state === 'stopped') return null;
  if (reply.state === 'failed') return `point ${index}: it failed this time: ${reply.error}`;
  assert(reply.state === 'done', 'this very process resolved the scenario');
  return reply.bits === bits ? '' : `point ${index}: ${differs(bits, reply.bits)}`;
}

/** Some of the points that are done: a reservoir, so that nobody has to hold all of them. */
async function choose(backend: Backend, record: SweepRecord, most: number): Promise<{ index: number; bits: string }[]> {
  const prng = Prng.stream(Date.now(), 'verify');
  const chosen: { index: number; bits: string }[] = [];
  let seen = 0;
  for await (const { index, outcome } of pointRows(backend, record)) {
    if (outcome.state !== 'done') continue;
    const place = seen < most ? seen : prng.below(seen + 1);
    if (place < most) chosen[place] = { index, bits: outcome.bits };
    seen++;
  }
  return chosen;
}
