import { UserError } from '@damonlab/base';
import { type Backend, ownerName, type SweepRecord } from '@damonlab/store';
import { Coordinator, type CoordinatorOptions, type SweepEnd } from './coordinator.js';
import { nrPoints, type SweepPlan } from './plan.js';
import { PointPool } from './point-pool.js';
import { checkVersion, planOf, recordOf, sweepId } from './sweep-record.js';

export interface RunSweepOptions extends CoordinatorOptions {
  /** Go on with the sweep of this name: what has ended stays, failed points too. Else it begins anew, with the results that are there. */
  readonly resume?: boolean;
}

/**
 * Run a sweep to its end.
 * @throws UserError: somebody coordinates it already, nothing to resume, figures that no run has. RunError: the store fails. What has
 * ended until then stays.
 */
export async function runSweep(backend: Backend, plan: SweepPlan, options: RunSweepOptions): Promise<SweepEnd> {
  const { store } = backend;
  const owner = ownerName();
  if (!(await store.claim(plan.name, owner))) {
    throw new UserError('another process coordinates this sweep', { where: plan.name, hint: `damonlab sweep status ${plan.name}` });
  }
  const pool = options.jobs > 0 ? new PointPool(options.jobs) : null;
  try {
    const record = await begin(backend, recordOf(plan), options.resume === true);
    const end = await ended(backend, record, new Coordinator(backend, record, pool, options));
    return end;
  } finally {
    await pool?.close();
    await store.release(plan.name, owner);
  }
}

/** The failed points of a sweep are to be tried again; `runSweep` with `resume` does so. Returns how many. */
export async function unpark(backend: Backend, record: SweepRecord): Promise<number> {
  const failed: number[] = [];
  for await (const [index, outcome] of backend.store.outcomes(sweepId(record), 0, nrPoints(planOf(record)))) {
    if (outcome.state === 'failed') failed.push(index);
  }
  await backend.store.forget(sweepId(record), failed);
  return failed.length;
}

async function begin({ store }: Backend, record: SweepRecord, resume: boolean): Promise<SweepRecord> {
  const { name } = record;
  const before = await store.getSweep(name);
  if (resume) {
    if (before === null) throw new UserError('there is no such sweep to resume', { where: name, hint: 'leave out --resume' });
    checkVersion(before);
    if (before.planHash !== record.planHash) {
      throw new UserError('the sweep file has changed since it was begun', { where: name, hint: 'begin it anew without --resume' });
    }
    await store.setState(name, 'running');
    return before;
  }
  // Results stay: what another plan of this name has in common with this one is not run again.
  if (before !== null) await store.forgetAll(sweepId(before), before.nrPoints);
  await store.putSweep(record);
  return record;
}

async function ended({ store }: Backend, record: SweepRecord, coordinator: Coordinator): Promise<SweepEnd> {
  try {
    const end = await coordinator.run();
    if (end.state !== 'cancelled') await store.setState(record.name, end.state);
    await store.publish({ type: 'progress', sweep: record.name, progress: end.progress });
    return end;
  } catch (error) {
    await store.setState(record.name, 'interrupted').catch(() => {});
    throw error;
  }
}
