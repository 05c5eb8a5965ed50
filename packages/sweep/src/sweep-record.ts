import { UserError } from '@damonlab/base';
import { scenarioHash } from '@damonlab/record';
import type { RunStore, SweepRecord } from '@damonlab/store';
import { nrPoints, type SweepPlan } from './plan.js';
import { sweepVersion } from './version.js';

/** What the store keeps of a plan. */
export function recordOf(plan: SweepPlan): SweepRecord {
  return {
    name: plan.name,
    planHash: planHash(plan),
    exporter: sweepVersion(),
    state: 'running',
    nrPoints: nrPoints(plan),
    plan,
  };
}

/** The plan of a record that `recordOf` made, which the version of the record's layout vouches for. */
export function planOf(record: SweepRecord): SweepPlan {
  return record.plan as SweepPlan;
}

/** What the points of a sweep are kept under: another plan of the same name, or other code, is another sweep. */
export function sweepId({ name, planHash, exporter }: SweepRecord): string {
  return `${name}@${scenarioHash([planHash, exporter]).slice(0, 12)}`;
}

/** @throws UserError if the store has no such sweep */
export async function findSweep(store: RunStore, name: string, where: string): Promise<SweepRecord> {
  const record = await store.getSweep(name);
  if (record !== null) return record;
  const names = (await store.sweeps()).map((sweep) => sweep.name);
  throw new UserError('no such sweep', { where, expected: names.length === 0 ? 'there is none yet' : names.join(', '), actual: name });
}

/** @throws UserError if this code must not work on the sweep */
export function checkVersion({ name, exporter }: SweepRecord): void {
  if (exporter === sweepVersion()) return;
  throw new UserError('the sweep belongs to another version of damonlab', {
    where: name,
    expected: exporter,
    actual: `${sweepVersion()} is here`,
    hint: 'use the version that began it, or begin it again with this one',
  });
}

/** The same whatever place the plan's file and its traces have, and whatever line a key of it. */
function planHash(plan: SweepPlan): string {
  return scenarioHash(JSON.parse(JSON.stringify(plan, (key, value) => (key === 'where' || key === 'dir' ? undefined : value))));
}
