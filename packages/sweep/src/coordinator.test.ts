import { RunError } from '@damonlab/base';
import { type Backend, openEmbedded, type RunStore } from '@damonlab/store';
import { withTempDir } from '@damonlab/testkit';
import { expect, it } from 'vitest';
import { Coordinator, type PointRunner } from './coordinator.js';
import type { PointReply } from './point-task.js';
import { recordOf } from './sweep-record.js';
import { plan } from './testing/plans.js';

/** Points that cost nothing. */
const MADE: PointReply = { state: 'done', bits: 'b', figures: { 'summary.n_snap': 1 }, missing: [], run: null, ms: 1 };

/** A sweep of 40 points whose store does `broken` otherwise; how it ends. */
async function sweep(dir: string, broken: Partial<RunStore>) {
  const backend = await openEmbedded(dir);
  const store = new Proxy(backend.store, {
    get(target, key: keyof RunStore) {
      const own = target[key];
      return broken[key] ?? (typeof own === 'function' ? own.bind(target) : own);
    },
  });
  const changed: Backend = { ...backend, store };
  const record = recordOf(plan({}, { seeds: { from: 1, count: 40 } }));
  await backend.store.putSweep(record);
  let made = 0;
  const pool: PointRunner = {
    run: async () => {
      made++;
      return MADE;
    },
    stop: () => {},
  };
  try {
    const end = await new Coordinator(changed, record, pool, { jobs: 2, runsDir: dir }).run();
    return { end, made };
  } finally {
    await backend.close();
  }
}

it('ends at once and with the cause when results cannot be kept, though its own state still can', async () => {
  const full = async () => {
    throw new RunError('no space left on the disk');
  };
  await withTempDir(async (dir) => {
    await expect(sweep(dir, { putResult: full })).rejects.toThrow('no space left on the disk');
  });
  await withTempDir(async (dir) => {
    await expect(sweep(dir, { finish: full })).rejects.toThrow('no space left on the disk');
  });
});

it('makes each point once when nothing is in the way', async () => {
  await withTempDir(async (dir) => {
    const { end, made } = await sweep(dir, {});
    expect({ state: end.state, done: end.progress.done, made }).toEqual({ state: 'complete', done: 40, made: 40 });
  });
});
